"""Parameters in other forms than PyTorch's: vectors with more axes, samples in columns, one-hot labels, tuples."""

from __future__ import annotations

import numpy as np
import pytest

from rot180.check import layer
from tests.mistakes.right_loops import conv, conv_backward, conv_per_axis, conv_per_axis_backward
from tests.mistakes.right_small import linear


def has_remark(report, words):
    return any(words in text for text in report.remarks)


NAMED = {"backward_arguments": ["dy", "x", "w", "b"]}


# ---- vectors in the shape of their gradients ----


def test_bias_is_a_row_if_its_gradient_is():
    def backward(dZ, X, W, b):
        return dZ @ W.T, X.T @ dZ, dZ.sum(0, keepdims=True)

    report = layer(lambda X, W, b: X @ W + b, backward, "linear")
    assert report.ok, report.render()
    assert has_remark(report, "b is passed as (1, C) for C channels, because db has this shape")
    report = layer(lambda X, W, b: X @ W + b, lambda *a: (*backward(*a)[:2], 2 * backward(*a)[2]), "linear", **NAMED)
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("scaled", "db")], report.render()


def test_bias_of_out_in_weights_is_a_row_if_its_gradient_is():
    report = layer(linear, lambda dy, x, w, b: (dy @ w, dy.T @ x, dy.sum(0, keepdims=True)), "linear")
    assert report.ok, report.render()
    assert has_remark(report, "b is passed as (1, C) for C channels, because db has this shape")


def test_row_is_not_a_gradient_of_a_bias_that_must_be_flat():
    def forward(x, w, b):
        (_,) = b.shape
        return linear(x, w, b)

    report = layer(forward, lambda dy, x, w, b: (dy @ w, dy.T @ x, dy.sum(0, keepdims=True)), "linear")
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("db-not-summed", "db")], report.render()


def test_four_axes_are_not_a_gradient_of_a_bias_with_one():
    def backward(dy, x, w, b):
        return (*conv_backward(dy, x, w, b.ravel())[:2], dy.sum((0, 2, 3), keepdims=True))

    report = layer(lambda x, w, b: conv(x, w, b.ravel()), backward)
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("db-not-summed", "db")], report.render()


def test_gamma_and_beta_as_rows():
    def forward(x, gamma, beta, eps=1e-5):
        x_hat = (x - x.mean(0)) / np.sqrt(x.var(0) + eps)
        return gamma * x_hat + beta, (x_hat, gamma, x.var(0) + eps)

    def backward(dy, cache):
        x_hat, gamma, v = cache
        dgamma, dbeta = (dy * x_hat).sum(0, keepdims=True), dy.sum(0, keepdims=True)
        return gamma / np.sqrt(v) * (dy - dbeta / len(dy) - x_hat * dgamma / len(dy)), dgamma, dbeta

    report = layer(forward, backward, "batch_norm")
    assert report.ok, report.render()
    assert has_remark(report, "gamma and beta are passed as (1, C)")


# ---- forms that are needed, because everything else is refused ----


def columns(X, W, b):
    return W @ X + b


def columns_backward(dZ, X, W, b):
    return W.T @ dZ, dZ @ X.T, dZ.sum(1, keepdims=True)


def test_samples_in_columns():
    report = layer(columns, columns_backward, "linear")
    assert report.ok, report.render()
    assert has_remark(report, "x is passed as (in, samples), one sample per column")
    assert has_remark(report, "b is passed as (C, 1)")
    report = layer(columns, lambda *a: (*columns_backward(*a)[:2], a[0][:, :1]), "linear",
                   backward_arguments=["dy", "x", "w", "b"])  # fmt: skip
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("loop-ends-early", "db")], report.render()


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_one_hot_labels(reduction):
    def probabilities(logits):
        e = np.exp(logits - logits.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    count = len if reduction == "mean" else lambda t: 1
    functions = (
        lambda logits, one_hot: -(one_hot * np.log(probabilities(logits))).sum() / count(one_hot),
        lambda logits, one_hot: (probabilities(logits) - one_hot) / count(one_hot),
    )
    report = layer(*functions, "softmax_cross_entropy", reduction=reduction)
    assert report.ok, report.render()
    assert has_remark(report, "t is passed as one-hot rows (N, C)")
    report = layer(functions[0], lambda logits, t: logits - t, "softmax_cross_entropy", reduction=reduction)
    assert not report.ok


def test_settings_as_tuples():
    def forward(x, w, b, stride, padding):
        return conv_per_axis(x, w, b, stride, padding)

    def backward(dy, x, w, b, stride, padding):
        return conv_per_axis_backward(dy, x, w, b, stride, padding)

    report = layer(forward, backward)
    assert report.ok, report.render()
    assert has_remark(report, "one number per axis, for example stride (1, 1)")
