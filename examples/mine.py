"""A convolution layer as a user might have written it, with one mistake in its backward.

`rot180 check examples/mine.py --op conv2d` names the mistake and exits with status 1.
"""

import numpy as np


def forward(x, w, b):
    """y (N, F, P, Q) from x (N, C, H, W), w (F, C, R, S) and b (F,): stride 1, no padding."""
    n, _, h, width = x.shape
    f, _, r, s = w.shape
    y = np.zeros((n, f, h - r + 1, width - s + 1), x.dtype)
    for i in range(y.shape[2]):
        for j in range(y.shape[3]):
            patch = x[:, :, i : i + r, j : j + s]
            y[:, :, i, j] = np.tensordot(patch, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return y


def backward(dy, x, w, b):
    """dx, dw and db for the cotangent dy of y."""
    r, s = w.shape[2:]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    padded = np.pad(dy, ((0, 0), (0, 0), (r - 1, r - 1), (s - 1, s - 1)))
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            window = padded[:, :, i : i + r, j : j + s]
            dx[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [0, 2, 3]))
    for i in range(dy.shape[2]):
        for j in range(dy.shape[3]):
            patch = x[:, :, i : i + r, j : j + s]
            dw += np.tensordot(dy[:, :, i, j], patch, axes=(0, 0))
    return dx, dw, dy.sum((0, 2, 3))
