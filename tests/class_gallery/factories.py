"""Functions that build layers: no class, the state lives in the closure.

`make_...` returns a namespace with `forward`, `backward`, `params` and `grads`.
"""

from types import SimpleNamespace

import numpy as np


def correlate_rows(x, w, stride, pad):
    """A one-dimensional correlation of (N, C, L) with (O, C, K), and the windows that it used."""
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2], axis=2)[:, :, ::stride]
    return np.einsum("nclk,ock->nol", windows, w), windows


def make_dense(n_in, n_out, rng=None):
    rng = rng or np.random.default_rng()
    params = {"w": rng.normal(size=(n_in, n_out)) / np.sqrt(n_in), "b": np.zeros(n_out)}
    grads = {}
    last = {}

    def forward(x):
        last["x"] = x
        return x @ params["w"] + params["b"]

    def backward(grad):
        grads["w"] = last["x"].T @ grad
        grads["b"] = grad.sum(axis=0)
        return grad @ params["w"].T

    return SimpleNamespace(forward=forward, backward=backward, params=params, grads=grads)


def make_conv1d(in_channels, out_channels, kernel_size, stride=1, padding=0):
    params = {"w": np.random.randn(out_channels, in_channels, kernel_size), "b": np.zeros(out_channels)}
    grads = {}
    cache = {}

    def forward(x):
        y, cache["windows"] = correlate_rows(x, params["w"], stride, padding)
        cache["length"] = x.shape[2]
        return y + params["b"][:, None]

    def backward(dy):
        grads["w"] = np.einsum("nol,nclk->ock", dy, cache["windows"])
        grads["b"] = dy.sum(axis=(0, 2))
        dx = np.zeros((dy.shape[0], in_channels, cache["length"] + 2 * padding))
        for k in range(kernel_size):
            stop = k + stride * (dy.shape[2] - 1) + 1
            dx[:, :, k:stop:stride] += np.einsum("nol,oc->ncl", dy, params["w"][:, :, k])
        return dx[:, :, padding : padding + cache["length"]]

    return SimpleNamespace(forward=forward, backward=backward, params=params, grads=grads)


def make_conv1d_accumulating(in_channels, out_channels, kernel_size, stride=1, padding=0):
    """Mistake: the buffers of the gradients are made once, added to, and never cleared."""
    layer = make_conv1d(in_channels, out_channels, kernel_size, stride, padding)
    totals = {name: np.zeros_like(value) for name, value in layer.params.items()}

    def backward(dy):
        dx = layer.backward(dy)
        for name in totals:
            totals[name] += layer.grads[name]
        return dx

    return SimpleNamespace(forward=layer.forward, backward=backward, params=layer.params, grads=totals)


def make_conv(in_channels, out_channels, kernel_size, stride=1, padding=0):
    k = kernel_size
    params = {
        "w": np.random.randn(out_channels, in_channels, k, k) * np.sqrt(2 / (in_channels * k * k)),
        "b": np.zeros(out_channels),
    }
    grads = {}
    saved = None

    def forward(x):
        nonlocal saved
        padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (k, k), axis=(2, 3))[:, :, ::stride, ::stride]
        saved = windows, padded.shape, x.shape
        return np.einsum("nchwij,ocij->nohw", windows, params["w"]) + params["b"][:, None, None]

    def backward(dy):
        windows, padded_shape, shape = saved
        grads["w"] = np.einsum("nohw,nchwij->ocij", dy, windows)
        grads["b"] = np.einsum("nohw->o", dy)
        dx = np.zeros(padded_shape)
        for i in range(k):
            for j in range(k):
                rows = slice(i, i + stride * (dy.shape[2] - 1) + 1, stride)
                cols = slice(j, j + stride * (dy.shape[3] - 1) + 1, stride)
                dx[:, :, rows, cols] += np.einsum("nohw,oc->nchw", dy, params["w"][:, :, i, j])
        return dx[:, :, padding : padding + shape[2], padding : padding + shape[3]]

    return SimpleNamespace(forward=forward, backward=backward, params=params, grads=grads)


def make_conv_rotated(in_channels, out_channels, kernel_size, stride=1, padding=0):
    """Mistake: the kernel's gradient is rotated, as if the forward were a mathematical convolution."""
    layer = make_conv(in_channels, out_channels, kernel_size, stride, padding)
    inner = layer.backward

    def backward(dy):
        dx = inner(dy)
        layer.grads["w"] = layer.grads["w"][:, :, ::-1, ::-1]
        return dx

    layer.backward = backward
    return layer


def make_leaky_relu(slope=0.1):
    cache = {}

    def forward(x):
        cache["positive"] = x > 0
        return np.where(cache["positive"], x, slope * x)

    def backward(dy):
        return dy * np.where(cache["positive"], 1.0, slope)

    return SimpleNamespace(forward=forward, backward=backward, params={}, grads={})


def make_leaky_relu_without_leak(slope=0.1):
    """Mistake: the gradient is that of the plain ReLU."""
    cache = {}

    def forward(x):
        cache["positive"] = x > 0
        return np.where(cache["positive"], x, slope * x)

    def backward(dy):
        return dy * cache["positive"]

    return SimpleNamespace(forward=forward, backward=backward, params={}, grads={})
