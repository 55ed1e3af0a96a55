"""Results that check.layer accepts: gradients in lists, under other names, or in rows of numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from rot180.check import layer
from rot180.check.adapter.signature import CallingError
from tests.mistakes.right_loops import conv, conv_backward


def plain(x, w, b):
    return conv(x, w, b)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def softmax_backward(dy, y):
    return y * (dy - (y * dy).sum(-1, keepdims=True))


def half_squares(x, t):
    return 0.5 * ((x - t) ** 2).sum()


# ---- a single gradient in rows of numbers ----


@pytest.mark.parametrize(
    "form",
    [
        lambda dx: dx.tolist(), list, lambda dx: [list(row) for row in dx], lambda dx: tuple(map(tuple, dx.tolist())),
        lambda dx: (dx,), lambda dx: [dx], lambda dx: [dx.tolist()], lambda dx: (dx, None), lambda dx: [dx, None],
    ],
)  # fmt: skip
def test_single_gradient_in_rows(form):
    report = layer(softmax, lambda dy, y: form(softmax_backward(dy, y)), "softmax")
    assert report.ok, report.render()
    report = layer(half_squares, lambda x, t: (x - t).tolist(), "half_squared_error")
    assert report.ok, report.render()


def test_mistake_in_rows_of_numbers_is_found():
    report = layer(half_squares, lambda x, t: (t - x).tolist(), "half_squared_error")
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("sign-inverted", "dx")], report.render()
    report = layer(half_squares, lambda x, t: (x - t)[:1].tolist(), "half_squared_error")
    assert not report.ok


# ---- gradients by names ----


def in_names(*names):
    return lambda dy, x, w, b: dict(zip(names, conv_backward(dy, x, w, b), strict=True))


@pytest.mark.parametrize(
    "names",
    [
        ("dx", "dw", "db"), ("dX", "dW", "dB"), ("grad_x", "grad_w", "grad_b"), ("input", "weight", "bias"),
        ("dinput", "dweight", "dbias"), ("d_input", "d_kernel", "d_bias"), ("x_grad", "w_grad", "b_grad"),
        ("gradX", "gradW", "gradB"), ("dA_prev", "dW", "db"), ("x", "w", "b"), ("dinputs", "dfilters", "dbiases"),
        ("grad_input", "grad_weight", "grad_bias"), ("data", "filter", "bias"), ("dIn_", "dW", "db"),
    ],
)  # fmt: skip
def test_gradients_by_names(names):
    report = layer(plain, in_names(*names))
    assert report.ok, report.render()


def test_unclear_names_of_gradients_are_an_error():
    with pytest.raises(
        CallingError, match="'third'; these names do not say which is dx and which is dw and which is db"
    ):
        layer(plain, in_names("first", "second", "third"))


def test_gradient_missing_among_names():
    report = layer(plain, lambda dy, x, w, b: dict(zip(("dx", "dw"), conv_backward(dy, x, w, b)[:2], strict=True)))
    assert [(d.slug, d.argument) for d in report.unexplained] == [("unknown", "db")], report.render()


@dataclass
class Gradients:
    x: np.ndarray
    weight: np.ndarray
    db: np.ndarray


def test_gradients_in_a_dataclass_and_from_a_generator():
    report = layer(plain, lambda dy, x, w, b: Gradients(*conv_backward(dy, x, w, b)))
    assert report.ok, report.render()
    report = layer(softmax, lambda dy, y: {"gradient": softmax_backward(dy, y)}, "softmax")
    assert report.ok, report.render()
    report = layer(plain, lambda dy, x, w, b: (g for g in conv_backward(dy, x, w, b)))
    assert report.ok, report.render()


# ---- the result and the cache ----


@pytest.mark.parametrize(
    "form",
    [
        lambda y, x, w, b: [y, (x, w, b)], lambda y, x, w, b: [y.tolist(), (x, w, b)],
        lambda y, x, w, b: {"y": y, "cache": (x, w, b)}, lambda y, x, w, b: {"out": y, "ctx": [x, w, b]},
        lambda y, x, w, b: (y, x, w, b), lambda y, x, w, b: [y, x, w, b],
    ],
)  # fmt: skip
def test_result_with_a_cache(form):
    report = layer(lambda x, w, b: form(conv(x, w, b), x, w, b), lambda dy, cache: conv_backward(dy, *cache))
    assert report.ok, report.render()


def test_result_in_rows_and_loss_with_its_gradient():
    report = layer(lambda x, w, b: list(conv(x, w, b)), lambda dy, x, w, b: conv_backward(dy, x, w, b))
    assert report.ok, report.render()
    report = layer(lambda x, t: [half_squares(x, t), x - t], op="half_squared_error")
    assert report.ok, report.render()
    report = layer(lambda x, t: [0.5 * ((a - b) ** 2).sum() for a, b in zip(x, t, strict=True)], lambda x, t: x - t,
                   "half_squared_error")  # fmt: skip
    assert not report.ok
    report = layer(lambda x, w, b: {"y": conv(x, w, b)}, lambda dy, x, w, b: conv_backward(dy, x, w, b))
    assert report.ok, report.render()


@pytest.mark.parametrize("names", ["first second", "y z_1", "y out"])
def test_unclear_names_of_results_are_an_error(names):
    with pytest.raises(
        CallingError, match=r"returns a dict with '.*', '.*'; these names do not say which is the result"
    ):
        layer(lambda x, w, b: dict.fromkeys(names.split(), conv(x, w, b)), lambda dy, cache: conv_backward(dy, *cache))
