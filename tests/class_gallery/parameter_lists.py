"""Layers with lists `params` and `grads` of equal order, in the style of a book on language models.

The array module is called xp, so that CuPy could take NumPy's place. `grads` is filled in place, because the optimiser
holds the same list; `backward` returns dx.
"""

import numpy as np

xp = np


class MatMul:
    def __init__(self, W):
        self.params = [W]
        self.grads = [xp.zeros_like(W)]
        self.x = None

    def forward(self, x):
        (W,) = self.params
        self.x = x
        return xp.dot(x, W)

    def backward(self, dout):
        (W,) = self.params
        dx = xp.dot(dout, W.T)
        self.grads[0][...] = xp.dot(self.x.T, dout)
        return dx


class Affine:
    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [xp.zeros_like(W), xp.zeros_like(b)]
        self.x = None

    def forward(self, x):
        W, b = self.params
        self.x = x
        return xp.dot(x, W) + b

    def backward(self, dout):
        W, _ = self.params
        dx = xp.dot(dout, W.T)
        self.grads[0][...] = xp.dot(self.x.T, dout)
        self.grads[1][...] = xp.sum(dout, axis=0)
        return dx


class AffineAccumulating(Affine):
    """Mistake: the gradients are added up over the calls, and nothing clears them."""

    def backward(self, dout):
        W, _ = self.params
        dx = xp.dot(dout, W.T)
        self.grads[0] += xp.dot(self.x.T, dout)
        self.grads[1] += xp.sum(dout, axis=0)
        return dx


class ReLUInPlace:
    """Mistake: the negative numbers of the caller's array are erased."""

    def __init__(self):
        self.params, self.grads = [], []
        self.mask = None

    def forward(self, x):
        self.mask = x > 0
        x *= self.mask
        return x

    def backward(self, dout):
        return dout * self.mask


class Softmax:
    def __init__(self):
        self.params, self.grads = [], []
        self.out = None

    def forward(self, x):
        e = xp.exp(x - x.max(axis=-1, keepdims=True))
        self.out = e / e.sum(axis=-1, keepdims=True)
        return self.out

    def backward(self, dout):
        dx = self.out * dout
        sumdx = xp.sum(dx, axis=-1, keepdims=True)
        dx -= self.out * sumdx
        return dx


class Conv1d:
    """W is (out, in, kernel), b is (out,)."""

    def __init__(self, W, b, stride=1, pad=0):
        self.params = [W, b]
        self.grads = [xp.zeros_like(W), xp.zeros_like(b)]
        self.stride = stride
        self.pad = pad

    def forward(self, x):
        W, b = self.params
        k = W.shape[2]
        x_pad = xp.pad(x, ((0, 0), (0, 0), (self.pad, self.pad)))
        length = (x_pad.shape[2] - k) // self.stride + 1
        out = xp.empty((x.shape[0], W.shape[0], length))
        for t in range(length):
            out[:, :, t] = xp.tensordot(x_pad[:, :, t * self.stride : t * self.stride + k], W, ([1, 2], [1, 2])) + b
        self.x, self.x_pad = x, x_pad
        return out

    def backward(self, dout):
        W, _ = self.params
        k = W.shape[2]
        dx_pad, dW = xp.zeros_like(self.x_pad), xp.zeros_like(W)
        for t in range(dout.shape[2]):
            span = slice(t * self.stride, t * self.stride + k)
            dW += xp.tensordot(dout[:, :, t], self.x_pad[:, :, span], (0, 0))
            dx_pad[:, :, span] += xp.tensordot(dout[:, :, t], W, (1, 0))
        self.grads[0][...] = dW
        self.grads[1][...] = dout.sum(axis=(0, 2))
        return self.crop(dx_pad)

    def crop(self, dx_pad):
        return dx_pad[:, :, self.pad : self.pad + self.x.shape[2]]


class Conv1dShifted(Conv1d):
    """Mistake: the padding is cut one cell too late."""

    def crop(self, dx_pad):
        start = self.pad + 1 if self.pad else 0
        return xp.pad(dx_pad, ((0, 0), (0, 0), (0, 1)))[:, :, start : start + self.x.shape[2]]


class Conv2d:
    """W is (out, in, rows, columns); the windows are views made with strides."""

    def __init__(self, W, b, stride=1, pad=0):
        self.params = [W, b]
        self.grads = [xp.zeros_like(W), xp.zeros_like(b)]
        self.stride = stride
        self.pad = pad

    def windows(self, x, kh, kw):
        n, c, h, w = x.shape
        s = self.stride
        sn, sc, sh, sw = x.strides
        shape = (n, c, (h - kh) // s + 1, (w - kw) // s + 1, kh, kw)
        return xp.lib.stride_tricks.as_strided(x, shape, (sn, sc, sh * s, sw * s, sh, sw))

    def forward(self, x):
        W, b = self.params
        p = self.pad
        self.x_pad = xp.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        return xp.einsum("ncyxij,ocij->noyx", self.windows(self.x_pad, *W.shape[2:]), W) + b[:, None, None]

    def backward(self, dout):
        W, _ = self.params
        kh, kw = W.shape[2:]
        s, p = self.stride, self.pad
        self.grads[0][...] = xp.einsum("ncyxij,noyx->ocij", self.windows(self.x_pad, kh, kw), dout)
        self.grads[1][...] = dout.sum(axis=(0, 2, 3))
        # A correlation of the dilated gradient with the rotated kernel.
        n, _, height, width = self.x_pad.shape
        spread = xp.zeros((n, W.shape[0], height + kh - 1, width + kw - 1))
        rows, cols = (dout.shape[2] - 1) * s + 1, (dout.shape[3] - 1) * s + 1
        spread[:, :, kh - 1 : kh - 1 + rows : s, kw - 1 : kw - 1 + cols : s] = dout
        view = xp.lib.stride_tricks.sliding_window_view(spread, (kh, kw), axis=(2, 3))
        dx = xp.einsum("noyxij,ocij->ncyx", view, self.turned(W))
        return dx[:, :, p : height - p, p : width - p]

    def turned(self, W):
        return W[:, :, ::-1, ::-1]


class Conv2dUnturned(Conv2d):
    """Mistake: the kernel isn't rotated for the input's gradient."""

    def turned(self, W):
        return W
