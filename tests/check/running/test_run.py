"""Code that accepts only some cases: one kernel per channel, one image, another course's dict of settings."""

from __future__ import annotations

import numpy as np
import pytest

import rot180.functional as F
from rot180.check import layer
from rot180.errors import GradientError
from tests.mistakes.right_loops import conv, conv_backward


def per_channel(x, w, b):
    assert w.shape[1] == 1 and len(w) == x.shape[1], "one kernel per channel"
    return np.concatenate([conv(x[:, c : c + 1], w[c : c + 1], b[c : c + 1]) for c in range(len(w))], 1)


def per_channel_backward(dy, x, w, b):
    found = [conv_backward(dy[:, [c]], x[:, [c]], w[[c]], b[[c]]) for c in range(len(w))]
    dx, dw, db = zip(*found, strict=True)
    return np.concatenate(dx, 1), np.concatenate(dw), np.concatenate(db)


@pytest.mark.parametrize("settings", [{}, {"groups": 2}, {"groups": 3}])
def test_one_kernel_per_channel(settings):
    report = layer(per_channel, per_channel_backward, **settings)
    assert report.ok, report.render()
    assert any("The check used one kernel per channel" in text for text in report.remarks)


def test_mistake_with_one_kernel_per_channel_is_named():
    def backward(dy, x, w, b):
        return per_channel_backward(dy, x, w[:, :, ::-1, ::-1], b)

    report = layer(per_channel, backward)
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("dx-kernel-not-rotated", "dx")], report.render()


def test_one_image_only():
    def forward(x, w, b):
        (_,) = x
        return conv(x, w, b)

    report = layer(forward, lambda dy, x, w, b: conv_backward(dy, x, w, b))
    assert report.ok, report.render()
    assert any("used a single image" in text and "did not check" in text for text in report.remarks)


def windows(x, f, stride):
    found = np.lib.stride_tricks.sliding_window_view(x, (f, f), (1, 2))
    return found[:, ::stride, ::stride]


def pool_forward(A_prev, hparameters, mode="max"):
    f, stride = hparameters["f"], hparameters["stride"]
    return windows(A_prev, f, stride).max((-1, -2)), (A_prev, hparameters)


def pool_backward(dA, cache, mode="max"):
    A, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dx = np.zeros_like(A)
    for n, i, j, c in np.ndindex(*dA.shape):
        window = A[n, i * stride : i * stride + f, j * stride : j * stride + f, c]
        dx[n, i * stride : i * stride + f, j * stride : j * stride + f, c] += dA[n, i, j, c] * (window == window.max())
    return dx


def test_pooling_with_f_in_a_dict():
    report = layer(pool_forward, pool_backward, "max_pool2d", layout="nhwc")
    assert report.ok, report.render()


def test_pooling_that_refuses_every_case():
    def forward(x):
        raise ValueError("nothing fits")

    with pytest.raises(GradientError, match=r"refused every case.*nothing fits"):
        layer(forward, lambda dy, x: dy, "avg_pool2d")


# ---- settings that are written into the code ----


@pytest.mark.parametrize("slope", [0.25, 0.15, 0.333])
def test_unusual_slope_is_recognised(slope):
    def forward(x):
        return np.where(x > 0, x, slope * x)

    report = layer(forward, lambda dy, x: np.where(x > 0, dy, slope * dy), "leaky_relu")
    assert report.ok, report.render()
    assert any(f"The forward uses negative_slope {slope} instead of" in text for text in report.remarks)
    report = layer(forward, lambda dy, x: np.where(x > 0, dy, 0), "leaky_relu")
    assert [d.argument for d in (*report.diagnoses, *report.unexplained)] == ["dx"], report.render()
    assert not layer(lambda x: np.where(x > 0, x, -slope * x), lambda dy, x: dy, "leaky_relu").ok


@pytest.mark.parametrize("eps", [2e-5, 5e-4, 0.02])
@pytest.mark.parametrize("seed", range(3))
def test_unusual_eps_is_recognised(eps, seed):
    def forward(x, gamma, beta):
        x_hat = (x - x.mean(0)) / np.sqrt(x.var(0) + eps)
        return gamma * x_hat + beta, (x_hat, gamma, x.var(0) + eps)

    def backward(dy, cache):
        x_hat, gamma, v = cache
        dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
        return gamma / np.sqrt(v) * (dy - dbeta / len(dy) - x_hat * dgamma / len(dy)), dgamma, dbeta

    report = layer(forward, backward, "batch_norm", seed=seed)
    assert report.ok, report.render()
    assert any(f"The forward uses eps {eps} instead of" in text for text in report.remarks)


def test_padding_with_an_unknown_name_is_recognised():
    def forward(x, w, b, stride=1, pad_size=1):
        return conv(x, w, b, stride, pad_size)

    def backward(dy, x, w, b, stride=1, pad_size=1):
        return conv_backward(dy, x, w, b, stride, pad_size)

    report = layer(forward, backward)
    assert report.ok, report.render()
    assert any("The forward uses padding 1 instead of 0, so it is judged with" in text for text in report.remarks)
    assert any("stride 2, padding 1" in case for case in report.tried)
    report = layer(forward, lambda dy, x, w, b, stride=1: conv_backward(dy, x, w, b, stride))
    assert [d.argument for d in (*report.diagnoses, *report.unexplained)][:1] == ["dx"], report.render()


def baked(stride, padding):
    """A convolution with fixed settings in its code."""

    def forward(x, w, b):
        return F.conv2d(x, w, b, stride=stride, padding=padding)

    def backward(dy, x, w, b):
        return F.conv2d_backward(dy, x, w, stride=stride, padding=padding)

    return forward, backward


@pytest.mark.parametrize(
    ("stride", "padding", "settings"), [(2, 0, "stride 2"), (1, 1, "padding 1"), (2, 1, "stride 2 and padding 1")]
)
def test_fixed_settings_of_a_convolution_are_recognised(stride, padding, settings):
    report = layer(*baked(stride, padding), "conv2d")
    assert report.ok, report.render()
    assert any(f"The forward uses {settings} instead of" in remark for remark in report.remarks)
    assert not layer(*baked(stride, padding), "conv2d", stride=3).ok  # a setting that is passed takes precedence


def test_mistake_next_to_fixed_settings_is_named():
    forward, backward = baked(2, 1)
    report = layer(
        forward, lambda dy, x, w, b: (lambda dx, dw, db: (dx, dw[..., ::-1, ::-1], db))(*backward(dy, x, w, b))
    )
    assert [d.slug for d in report.diagnoses] == ["dw-rotated"]


# ---- the advice if every case is refused ----


@pytest.mark.parametrize(
    ("op", "error", "advice"),
    [
        ("linear", NameError("name 'dyy' is not defined"), "fix this error first$"),
        ("linear", NotImplementedError(), "fix this error first$"),
        ("linear", ValueError("shapes"), "; pass the layout that the code is written for$"),
        ("avg_pool2d", ValueError("shapes"), "the settings, the kernel_size and the layout .* layout=.channels_last.$"),
        ("batch_norm", ValueError("shapes"), "; pass the settings and the layout that the code"),
    ],
)  # fmt: skip
def test_advice_fits_the_error_and_the_operation(op, error, advice):
    def forward(x, *parameters):
        raise error

    names = {"linear": ("x", "w", "b"), "batch_norm": ("x", "gamma", "beta")}.get(op, ("x",))
    with pytest.raises(GradientError, match=advice):
        layer(forward, lambda dy, x: dy, op, forward_arguments=names)
