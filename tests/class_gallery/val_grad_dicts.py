"""Layers whose parameters are dictionaries {"val": ..., "grad": ...}, in the style of a repository of a LeNet.

`backward(dout)` returns the gradients of the input and of the parameters, and an optimiser goes over `get_params()`.
Kernels are square.
"""

import numpy as np


def indices(shape, k, stride, pad):
    _, c, h, w = shape
    out_h = (h + 2 * pad - k) // stride + 1
    out_w = (w + 2 * pad - k) // stride + 1
    rows = np.tile(np.repeat(np.arange(k), k), c)[:, None] + stride * np.repeat(np.arange(out_h), out_w)
    cols = np.tile(np.arange(k), c * k)[:, None] + stride * np.tile(np.arange(out_w), out_h)
    return np.repeat(np.arange(c), k * k)[:, None], rows, cols, out_h, out_w


class Conv:
    def __init__(self, nb_filters, filter_size, nb_channels, stride=1, padding=0):
        self.n_F = nb_filters
        self.f = filter_size
        self.n_C = nb_channels
        self.s = stride
        self.p = padding
        bound = 1 / np.sqrt(self.f * self.f)
        shape = (self.n_F, self.n_C, self.f, self.f)
        self.W = {"val": np.random.uniform(-bound, bound, size=shape), "grad": np.zeros(shape)}
        self.b = {"val": np.random.uniform(-bound, bound, size=self.n_F), "grad": np.zeros(self.n_F)}
        self.cache = None

    def get_params(self):
        return [self.W, self.b]

    def forward(self, X):
        m = X.shape[0]
        padded = np.pad(X, ((0, 0), (0, 0), (self.p, self.p), (self.p, self.p)))
        c, i, j, n_H, n_W = indices(X.shape, self.f, self.s, self.p)
        X_col = np.concatenate(padded[:, c, i, j], axis=-1)
        out = self.W["val"].reshape(self.n_F, -1) @ X_col + self.b["val"].reshape(-1, 1)
        out = np.array(np.hsplit(out, m)).reshape(m, self.n_F, n_H, n_W)
        self.cache = X, X_col
        return out

    def columns(self, dout):
        """The gradient as (filters, samples * places)."""
        return np.concatenate(dout.reshape(dout.shape[0], self.n_F, -1), axis=-1)

    def scatter(self, dX_col, X):
        m, _, h, w = X.shape
        c, i, j, _, _ = indices(X.shape, self.f, self.s, self.p)
        dX = np.zeros((m, self.n_C, h + 2 * self.p, w + 2 * self.p))
        np.add.at(dX, (slice(None), c, i, j), np.array(np.hsplit(dX_col, m)))
        return dX[:, :, self.p : self.p + h, self.p : self.p + w]

    def backward(self, dout):
        X, X_col = self.cache
        self.b["grad"] = np.sum(dout, axis=(0, 2, 3))
        dout = self.columns(dout)
        dX = self.scatter(self.W["val"].reshape(self.n_F, -1).T @ dout, X)
        self.W["grad"] = self.kernel_gradient(dout @ X_col.T)
        return dX, self.W["grad"], self.b["grad"]

    def kernel_gradient(self, dw_col):
        return dw_col.reshape((self.n_F, self.n_C, self.f, self.f))


class ConvSwappedAxes(Conv):
    """Mistake: rows and columns of the kernel's gradient are exchanged."""

    def kernel_gradient(self, dw_col):
        return dw_col.reshape((self.n_F, self.n_C, self.f, self.f)).transpose(0, 1, 3, 2)


class ConvShortBias(Conv):
    """Mistake: the bias's gradient is summed over the image, but not over the batch."""

    def backward(self, dout):
        dX, dW, _ = super().backward(dout)
        self.b["grad"] = np.sum(dout, axis=(2, 3))
        return dX, dW, self.b["grad"]


class Fc:
    """Weights are (outputs, inputs) and the bias is a row."""

    def __init__(self, row, column):
        self.row = row
        self.col = column
        bound = 1 / np.sqrt(self.row)
        self.W = {"val": np.random.uniform(-bound, bound, size=(column, row)), "grad": 0}
        self.b = {"val": np.random.uniform(-bound, bound, size=(1, column)), "grad": 0}
        self.cache = None

    def get_params(self):
        return [self.W, self.b]

    def forward(self, fc):
        self.cache = fc
        return np.dot(fc, self.W["val"].T) + self.b["val"]

    def backward(self, deltaL):
        fc = self.cache
        self.W["grad"] = np.dot(deltaL.T, fc)
        self.b["grad"] = np.sum(deltaL, axis=0, keepdims=True)
        return np.dot(deltaL, self.W["val"]), self.W["grad"], self.b["grad"]


class FcClipped(Fc):
    """Mistake: the gradient is clipped inside the layer, against explosions."""

    def backward(self, deltaL):
        dX, dW, db = super().backward(deltaL)
        self.W["grad"] = np.clip(dW, -1, 1)
        return dX, self.W["grad"], db


class AvgPool:
    def __init__(self, filter_size, stride=1, padding=0):
        self.f = filter_size
        self.s = stride
        self.p = padding
        self.cache = None

    def forward(self, X):
        self.cache = X
        m, n_C, h, w = X.shape
        padded = np.pad(X, ((0, 0), (0, 0), (self.p, self.p), (self.p, self.p)))
        n_H = (h + 2 * self.p - self.f) // self.s + 1
        n_W = (w + 2 * self.p - self.f) // self.s + 1
        A = np.zeros((m, n_C, n_H, n_W))
        for i in range(n_H):
            for j in range(n_W):
                region = padded[:, :, i * self.s : i * self.s + self.f, j * self.s : j * self.s + self.f]
                A[:, :, i, j] = np.mean(region, axis=(2, 3))
        return A

    def backward(self, dout):
        m, n_C, h, w = self.cache.shape
        dX = np.zeros((m, n_C, h + 2 * self.p, w + 2 * self.p))
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                average = dout[:, :, i, j, None, None] / (self.f * self.f)
                dX[:, :, i * self.s : i * self.s + self.f, j * self.s : j * self.s + self.f] += average
        return dX[:, :, self.p : self.p + h, self.p : self.p + w]


class TanH:
    def __init__(self, alpha=1.7159):
        self.alpha = alpha
        self.cache = None

    def forward(self, X):
        self.cache = X
        return np.tanh(X)

    def backward(self, new_deltaL):
        return new_deltaL * (1 - np.tanh(self.cache) ** 2)


class TanHOfOutput(TanH):
    """Mistake: the cache holds the output, and backward takes its tanh again."""

    def forward(self, X):
        self.cache = np.tanh(X)
        return self.cache
