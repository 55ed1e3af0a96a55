"""Right layers of a few lines: linear ones, single matrices, NumPy's correlation of one axis."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .entry import Entry

# ---- linear: PyTorch's weight, the CS231n one (in, out), and einsum without a bias ----


def linear(x, w, b):
    return x @ w.T + b


def linear_backward(grad_output, x, w, b):
    return grad_output @ w, grad_output.T @ x, grad_output.sum(0)


def affine_forward(x, w, b):
    return x.reshape(len(x), -1).dot(w) + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, _ = cache
    return dout.dot(w.T).reshape(x.shape), x.reshape(len(x), -1).T.dot(dout), np.ones(len(dout)) @ dout


def linear_in_out(x, w, b):
    return np.einsum("ni,io->no", x, w) + b


def linear_in_out_backward(dy, x, w, b):
    return dy @ w.T, x.T @ dy, dy.sum(0)


def project(features, weights):
    return np.einsum("ni,oi->no", features, weights)


def project_backward(g, features, weights):
    return {"dx": np.einsum("no,oi->ni", g, weights), "dw": np.einsum("no,ni->oi", g, features)}


# ---- one axis with np.correlate and np.convolve ----


def conv1d_correlate(x, w, b):
    return np.array([[sum(map(np.correlate, xs, ws)) + bias for ws, bias in zip(w, b, strict=True)] for xs in x])


def conv1d_correlate_backward(dy, x, w, b):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n, o in np.ndindex(*dy.shape[:2]):
        for c in range(x.shape[1]):
            dx[n, c] += np.convolve(dy[n, o], w[o, c])  # full: every cell gets what it gave
            dw[o, c] += np.correlate(x[n, c], dy[n, o])
    return dx, dw, dy.sum((0, 2))


# ---- bare matrices: the plain layer, and the third origin as its answer has it ----


def plane(image, kernel, bias):
    return np.einsum("pqij,ij->pq", sliding_window_view(image, kernel.shape), kernel) + bias


def plane_backward(dout, image, kernel, bias):
    kh, kw = kernel.shape
    dx = plane(np.pad(dout, ((kh - 1, kh - 1), (kw - 1, kw - 1))), kernel[::-1, ::-1], 0)
    return dx, plane(image, dout, 0), dout.sum()


def full_convolution(x, w):
    h, wd = w.shape
    return plane(np.pad(x, ((h - 1, h - 1), (wd - 1, wd - 1))), w, 0)


def full_convolution_backward(dz, x, w):
    return plane(dz, w[::-1, ::-1], 0), plane(dz, x, 0)[::-1, ::-1]


ENTRIES = [
    Entry("linear", linear, linear_backward, "linear"),
    Entry("affine, (in, out)", affine_forward, affine_backward, "linear", check={"layout": "channels_last"}),
    Entry("affine, (in, out), layout not given", affine_forward, affine_backward, "linear"),
    Entry("linear, (in, out), layout not given", linear_in_out, linear_in_out_backward, "linear"),
    Entry("linear by einsum", project, project_backward, "linear"),
    Entry("np.correlate", conv1d_correlate, conv1d_correlate_backward, "conv1d"),
    Entry("bare matrices", plane, plane_backward, check={"layout": "hw"}),
    Entry(
        "the third origin's answer", full_convolution, full_convolution_backward, "conv_transpose2d",
        check={"layout": "hw", "convention": "convolution"},
    ),
]  # fmt: skip
