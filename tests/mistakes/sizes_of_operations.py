"""Operations other than convolutions that are wrong only at certain sizes or for large numbers.

Each has a branch or a formula that holds for the sizes its author tried. The name of an entry says which sizes show the
mistake.
"""

from __future__ import annotations

import numpy as np

from .entry import Entry

# ---- linear ----


def linear(x, w, b):
    return x @ w.T + b


def linear_backward_outer(dy, x, w, b):
    """The outer product of one sample has the axes in the order (in, out)."""
    dw = np.outer(x, dy) if len(x) == 1 else dy.T @ x
    return dy @ w, dw, dy.sum(0)


# ---- pooling ----


def max_pool(x, kernel_size=2, stride=2):
    n, c, h, w = x.shape
    k, s = kernel_size, stride
    y = np.zeros((n, c, (h - k) // s + 1, (w - k) // s + 1))
    for i, j in np.ndindex(*y.shape[2:]):
        y[:, :, i, j] = x[:, :, i * s : i * s + k, j * s : j * s + k].max((2, 3))
    return y


def max_pool_backward(dy, x, kernel_size=2, stride=2):
    dx, k, s = np.zeros_like(x), kernel_size, stride
    for i, j in np.ndindex(*dy.shape[2:]):
        window = x[:, :, i * s : i * s + k, j * s : j * s + k]
        mask = window == window.max((2, 3), keepdims=True)
        dx[:, :, i * s : i * s + k, j * s : j * s + k] += mask * dy[:, :, i : i + 1, j : j + 1]
    return dx


def max_pool_backward_rest(dy, x, kernel_size=2, stride=2):
    """Cells after the last window get one row and one column of zeros, however many there are."""
    dx = max_pool_backward(dy, x, kernel_size, stride)
    covered = [(n - 1) * stride + kernel_size for n in dy.shape[2:]]
    more = [int(n > used) for n, used in zip(x.shape[2:], covered, strict=True)]
    return np.pad(dx[:, :, : covered[0], : covered[1]], [(0, 0), (0, 0), (0, more[0]), (0, more[1])])


def max_pool_backward_single_channel(dy, x, kernel_size=2, stride=2):
    """Takes the maximum of the whole image if there is a single channel."""
    if x.shape[1] > 1:
        return max_pool_backward(dy, x, kernel_size, stride)
    dx, k, s = np.zeros_like(x), kernel_size, stride
    for i, j in np.ndindex(*dy.shape[2:]):
        window = x[:, 0, i * s : i * s + k, j * s : j * s + k]
        mask = window == window.max()
        dx[:, 0, i * s : i * s + k, j * s : j * s + k] += mask * dy[:, 0, i : i + 1, j : j + 1]
    return dx


def avg_pool(x, kernel_size=2, stride=2):
    """The weight is written for windows of 2 and 3 cells."""
    n, c, h, w = x.shape
    k, s = kernel_size, stride
    y = np.zeros((n, c, (h - k) // s + 1, (w - k) // s + 1))
    for i, j in np.ndindex(k, k):
        y += x[:, :, i : i + s * y.shape[2] : s, j : j + s * y.shape[3] : s][:, :, : y.shape[2], : y.shape[3]]
    return y * (1 / 4 if k == 2 else 1 / 9)


def avg_pool_backward(dy, x, kernel_size=2, stride=2):
    dx, k, s = np.zeros_like(x), kernel_size, stride
    for i, j in np.ndindex(*dy.shape[2:]):
        dx[:, :, i * s : i * s + k, j * s : j * s + k] += dy[:, :, i : i + 1, j : j + 1] * (1 / 4 if k == 2 else 1 / 9)
    return dx


# ---- norms, activations and losses ----


def batch_norm(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0)
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma * x_hat + beta, (x_hat, gamma, var, eps)


def batch_norm_backward_single(dy, cache):
    """One channel is squeezed, so that the mean of its gradient is left out."""
    x_hat, gamma, var, eps = cache
    d = (dy * gamma).squeeze()
    if d.ndim == 1:
        d, x_hat_ = d[:, None], x_hat
        dx = (d - x_hat_ * (d * x_hat_).mean(0)) / np.sqrt(var + eps)
    else:
        dx = (d - d.mean(0) - x_hat * (d * x_hat).mean(0)) / np.sqrt(var + eps)
    return dx, (dy * x_hat).sum(0), dy.sum(0)


def relu6(x):
    return np.clip(x, 0, 6)


def relu6_backward(dy, x):
    return dy * ((x > 0) & (x < 6))


def softmax_cross_entropy(x, t):
    """Recognises one-hot labels of a single sample by their length, which can be the number of samples."""
    e = np.exp(x - x.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    if t.size == x.shape[1]:
        return -np.log(p[np.arange(len(x)), np.argmax(t)]).mean(), (p, t)
    return -np.log(p[np.arange(len(t)), t]).mean(), (p, t)


def softmax_cross_entropy_backward(dout, cache):
    p, t = cache
    dx = p.copy()
    if t.size == p.shape[1]:
        dx[:, np.argmax(t)] -= 1
    else:
        dx[np.arange(len(t)), t] -= 1
    return dout * dx / len(p)


def mse_loss(x, t):
    """Divides by the number of samples if there is one output, otherwise by the number of cells."""
    return ((x - t) ** 2).mean(), (x, t)


def mse_loss_backward_single(dout, cache):
    """A single sample counts as a sum."""
    x, t = cache
    return dout * 2 * (x - t) / (x.size if len(x) > 1 else 1)


ENTRIES = [
    Entry("linear, one sample", linear, linear_backward_outer, "linear"),
    Entry("max pool, two cells after the last window", max_pool, max_pool_backward_rest, "max_pool2d"),
    Entry("max pool, one channel", max_pool, max_pool_backward_single_channel, "max_pool2d"),
    Entry("average pool, kernel 4", avg_pool, avg_pool_backward, "avg_pool2d"),
    Entry("batch norm, one channel", batch_norm, batch_norm_backward_single, "batch_norm"),
    Entry("relu, large numbers", relu6, relu6_backward, "relu"),
    Entry("as many samples as classes", softmax_cross_entropy, softmax_cross_entropy_backward, "softmax_cross_entropy"),
    Entry("mean squared error, one sample", mse_loss, mse_loss_backward_single, "mse_loss"),
]
