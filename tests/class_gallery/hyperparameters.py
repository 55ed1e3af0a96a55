"""Layers in the style of an online specialisation: channels last, settings in a dictionary `hparameters`.

Images are (m, n_H, n_W, n_C) and filters (f, f, n_C_prev, n_C), with a bias (1, 1, 1, n_C). A dense layer has a column
for each sample: A_prev is (n_prev, m), W (n, n_prev) and b (n, 1). `backward(dZ)` returns (dA_prev, dW, db).
"""

import numpy as np


def zero_pad(X, pad):
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="constant", constant_values=0)


class ConvLayer:
    def __init__(self, n_C_prev, n_C, f, hparameters=None):
        self.hparameters = hparameters if hparameters is not None else {"stride": 1, "pad": 0}
        self.W = np.random.randn(f, f, n_C_prev, n_C)
        self.b = np.zeros((1, 1, 1, n_C))

    def conv_single_step(self, a_slice_prev, W, b):
        return np.sum(a_slice_prev * W) + float(b[0, 0, 0])

    def forward(self, A_prev):
        m, n_H_prev, n_W_prev, _ = A_prev.shape
        f, f, _, n_C = self.W.shape
        stride, pad = self.hparameters["stride"], self.hparameters["pad"]
        n_H = int((n_H_prev - f + 2 * pad) / stride) + 1
        n_W = int((n_W_prev - f + 2 * pad) / stride) + 1
        Z = np.zeros((m, n_H, n_W, n_C))
        A_prev_pad = zero_pad(A_prev, pad)
        for i in range(m):
            a_prev_pad = A_prev_pad[i]
            for h in range(n_H):
                for w in range(n_W):
                    for c in range(n_C):
                        vert_start, horiz_start = h * stride, w * stride
                        a_slice_prev = a_prev_pad[vert_start : vert_start + f, horiz_start : horiz_start + f, :]
                        Z[i, h, w, c] = self.conv_single_step(a_slice_prev, self.W[:, :, :, c], self.b[:, :, :, c])
        self.cache = (A_prev, self.W, self.b, self.hparameters)
        return Z

    def backward(self, dZ):
        A_prev, W, _, hparameters = self.cache
        stride, pad = hparameters["stride"], hparameters["pad"]
        f, f, n_C_prev, n_C = W.shape
        m, n_H, n_W, n_C = dZ.shape
        dW = np.zeros((f, f, n_C_prev, n_C))
        db = np.zeros((1, 1, 1, n_C))
        A_prev_pad = zero_pad(A_prev, pad)
        dA_prev_pad = np.zeros_like(A_prev_pad)
        for i in range(m):
            for h in range(n_H):
                for w in range(n_W):
                    for c in range(n_C):
                        rows = slice(h * stride, h * stride + f)
                        cols = slice(w * stride, w * stride + f)
                        a_slice = A_prev_pad[i, rows, cols, :]
                        dA_prev_pad[i, rows, cols, :] += W[:, :, :, c] * dZ[i, h, w, c]
                        dW[:, :, :, c] += a_slice * self.weight_factor(dZ[i, h, w], c)
                        db[:, :, :, c] += dZ[i, h, w, c]
        return self.without_padding(dA_prev_pad, A_prev, pad), dW, db

    def weight_factor(self, dz, c):
        return dz[c]

    def without_padding(self, dA_prev_pad, A_prev, pad):
        return dA_prev_pad[:, pad : pad + A_prev.shape[1], pad : pad + A_prev.shape[2], :]


class ConvLayerPadded(ConvLayer):
    """Mistake: the gradient of the padded image is returned."""

    def without_padding(self, dA_prev_pad, A_prev, pad):
        return dA_prev_pad


class ConvLayerFirstChannel(ConvLayer):
    """Mistake: all filters get the gradient of the first output channel."""

    def weight_factor(self, dz, c):
        return dz[0]


class PoolLayer:
    def __init__(self, hparameters, mode="max"):
        self.hparameters = hparameters
        self.mode = mode

    def forward(self, A_prev):
        m, n_H_prev, n_W_prev, n_C = A_prev.shape
        f, stride = self.hparameters["f"], self.hparameters["stride"]
        n_H = int(1 + (n_H_prev - f) / stride)
        n_W = int(1 + (n_W_prev - f) / stride)
        A = np.zeros((m, n_H, n_W, n_C))
        for h in range(n_H):
            for w in range(n_W):
                a_slice = A_prev[:, h * stride : h * stride + f, w * stride : w * stride + f, :]
                if self.mode == "max":
                    A[:, h, w, :] = np.max(a_slice, axis=(1, 2))
                elif self.mode == "average":
                    A[:, h, w, :] = np.mean(a_slice, axis=(1, 2))
        self.cache = (A_prev, self.hparameters)
        return A

    def create_mask_from_window(self, x):
        return x == np.max(x)

    def distribute_value(self, dz, shape):
        n_H, n_W = shape
        return np.ones(shape) * dz / (n_H * n_W)

    def backward(self, dA):
        A_prev, hparameters = self.cache
        f, stride = hparameters["f"], hparameters["stride"]
        m, n_H, n_W, n_C = dA.shape
        dA_prev = np.zeros(A_prev.shape)
        for i in range(m):
            for h in range(n_H):
                for w in range(n_W):
                    for c in range(n_C):
                        rows = slice(h * stride, h * stride + f)
                        cols = slice(w * stride, w * stride + f)
                        if self.mode == "max":
                            mask = self.create_mask_from_window(A_prev[i, rows, cols, c])
                            dA_prev[i, rows, cols, c] += mask * dA[i, h, w, c]
                        elif self.mode == "average":
                            dA_prev[i, rows, cols, c] += self.distribute_value(dA[i, h, w, c], (f, f))
        return dA_prev


class AveragePool(PoolLayer):
    def __init__(self, hparameters):
        super().__init__(hparameters, mode="average")


class DenseColumns:
    """A column for each sample."""

    def __init__(self, n_prev, n):
        self.W = np.random.randn(n, n_prev) * 0.01
        self.b = np.zeros((n, 1))

    def forward(self, A_prev):
        self.cache = (A_prev, self.W, self.b)
        return np.dot(self.W, A_prev) + self.b

    def backward(self, dZ):
        A_prev, W, _ = self.cache
        dW = np.dot(dZ, A_prev.T)
        db = np.sum(dZ, axis=1, keepdims=True)
        dA_prev = np.dot(W.T, dZ)
        return dA_prev, dW, db


class DenseColumnsAveraged(DenseColumns):
    """Mistake: dW and db are means over the samples, as in the course, but the cost given here is already a mean."""

    def backward(self, dZ):
        m = dZ.shape[1]
        dA_prev, dW, db = super().backward(dZ)
        return dA_prev, dW / m, db / m
