"""Settings that an operation does not have, that are invalid, or that no small problem fits; names of gradients."""

import numpy as np
import pytest

import rot180.functional as F
from rot180.check import layer
from rot180.errors import ShapeError


def conv(x, w, b, stride=1, padding=0, dilation=1, groups=1):
    return F.conv2d(x, w, b, stride, padding, dilation, groups), (x, w, stride, padding, dilation, groups)


def conv_backward(dy, cache):
    x, w, stride, padding, dilation, groups = cache
    return F.conv2d_backward(dy, x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)


def transposed(x, w, b, stride=1, padding=0, output_padding=0):
    return F.conv_transpose2d(x, w, b, stride, padding, output_padding)


def transposed_backward(dy, x, w, b, stride=1, padding=0, output_padding=0):
    return F.conv_transpose2d_backward(dy, x, w, stride=stride, padding=padding, output_padding=output_padding)


def average(x, kernel_size, stride):
    return F.avg_pool2d(x, kernel_size, stride)


def average_backward(dy, x, kernel_size, stride):
    sizes = [(k, k) if isinstance(k, int) else k for k in (kernel_size, stride)]
    (k, l), (s, t) = sizes
    dx = np.zeros_like(x)
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            dx[:, :, i * s : i * s + k, j * t : j * t + l] += dy[:, :, i, j][..., None, None] / (k * l)
    return dx


def relu(x):
    return np.maximum(x, 0)


def relu_backward(dy, x):
    return dy * (x > 0)


CODE = {
    "conv2d": (conv, conv_backward), "conv_transpose2d": (transposed, transposed_backward),
    "avg_pool2d": (average, average_backward), "relu": (relu, relu_backward),
    "layer_norm": (lambda x, gamma, beta: x, lambda dy, x, gamma, beta: dy),
    "leaky_relu": (relu, relu_backward),
}  # fmt: skip


@pytest.mark.parametrize(
    ("op", "settings", "message"),
    [
        ("conv2d", {"stride": 0}, r"conv2d: stride must be at least 1; got 0"),
        ("conv2d", {"stride": (1, -1)}, r"conv2d: stride must be at least 1; got \(1, -1\)"),
        ("conv2d", {"stride": (1, 2, 3)}, r"conv2d: stride must be an int or 2 ints.*got \(1, 2, 3\)"),
        ("conv2d", {"stride": 2.0}, r"conv2d: stride must be an int or 2 ints.*got 2\.0"),
        ("conv2d", {"dilation": 0}, r"conv2d: dilation must be at least 1; got 0"),
        ("conv2d", {"padding": -1}, r"conv2d: padding must be at least 0; got -1"),
        ("conv2d", {"groups": 0}, r"conv2d: groups must be an int of at least 1; got 0"),
        ("conv2d", {"groups": (2, 2)}, r"conv2d: groups must be an int.*got \(2, 2\)"),
        ("conv2d", {"kernel_size": 0}, r"conv2d: kernel_size must be at least 1; got 0"),
        ("conv2d", {"kernel_size": 50}, r"conv2d: .* needs 50 cells .* use a smaller kernel or dilation"),
        ("conv2d", {"dilation": 40}, r"conv2d: .* needs 81 cells .* use a smaller kernel or dilation"),
        (
            "conv_transpose2d",
            {"output_padding": 5},
            r"output_padding is 5 on spatial axis 0; it must be at least 0 and smaller",
        ),
        ("conv_transpose2d", {"padding": 20}, r"conv_transpose2d: .*padding"),
        ("avg_pool2d", {"kernel_size": 50}, r"avg_pool2d: .* needs 50 cells .* use a smaller kernel or dilation"),
        ("avg_pool2d", {"padding": 5}, r"avg_pool2d: padding is \(5, 5\); it must be at most half the kernel"),
        ("avg_pool2d", {"stride": 0}, r"avg_pool2d: stride must be at least 1; got 0"),
        ("layer_norm", {"normalized_shape": 0}, r"layer_norm: normalized_shape must be an int of at least 1; got 0"),
        ("layer_norm", {"eps": -1.0}, r"layer_norm: eps must be .*got -1\.0"),
        ("leaky_relu", {"negative_slope": float("nan")}, r"leaky_relu: negative_slope must be finite; got nan"),
    ],
)
def test_invalid_settings(op, settings, message):
    with pytest.raises((ShapeError, ValueError), match=message):
        layer(*CODE[op], op, **settings)


@pytest.mark.parametrize(("op", "name"), [("relu", "kernel_size"), ("relu", "stride"), ("conv2d", "eps")])
def test_unknown_settings(op, name):
    with pytest.raises(
        TypeError, match=rf"check\.layer: {op} has no setting '{name}'; its settings are (none|stride, .*)"
    ):
        layer(*CODE[op], op, **{name: 1})


@pytest.mark.parametrize(
    ("op", "settings"),
    [
        ("conv2d", {"kernel_size": 9}),
        ("conv2d", {"kernel_size": [7, 1], "stride": [2, 1]}),
        ("conv2d", {"kernel_size": 3, "dilation": 5}),
        ("conv_transpose2d", {"kernel_size": 6, "padding": 2}),
        ("avg_pool2d", {"kernel_size": 11}),
        ("avg_pool2d", {"kernel_size": (7, 2), "stride": 3}),
    ],
)
def test_large_kernels_get_a_larger_x(op, settings):
    report = layer(*CODE[op], op, **settings)
    assert report.ok and len(report.tried) >= 5, report.render()


@pytest.mark.parametrize(
    ("returns", "message"),
    [
        (["q"], r"check\.layer: returns is 'q', but conv2d has gradients of x, w, b, each at most once"),
        (["x", "w", "b", "q"], "returns is 'x', 'w', 'b', 'q', but conv2d has"),
        (["x", "x"], "returns is 'x', 'x', but conv2d has"),
    ],
)
def test_names_of_gradients(returns, message):
    with pytest.raises(ValueError, match=message):
        layer(*CODE["conv2d"], returns=returns)
