import numpy as np


class ConvLayer:
    def __init__(self, f, n_C_prev, n_C, hparameters):
        self.f = f
        self.stride = hparameters["stride"]
        self.pad = hparameters["pad"]
        self.W = np.random.randn(f, f, n_C_prev, n_C) * 0.1
        self.b = np.zeros((1, 1, 1, n_C))

    def forward(self, A_prev):
        p, s, f = self.pad, self.stride, self.f
        self.A_prev = A_prev
        self.A_pad = np.pad(A_prev, ((0, 0), (p, p), (p, p), (0, 0)))
        n_H = (A_prev.shape[1] - f + 2 * p) // s + 1
        n_W = (A_prev.shape[2] - f + 2 * p) // s + 1
        Z = np.zeros((A_prev.shape[0], n_H, n_W, self.W.shape[3]))
        for h in range(n_H):
            for w in range(n_W):
                a = self.A_pad[:, h * s : h * s + f, w * s : w * s + f, :]
                Z[:, h, w, :] = np.tensordot(a, self.W, axes=([1, 2, 3], [0, 1, 2])) + self.b[0, 0, 0]
        return Z

    def backward(self, dZ):
        p, s, f = self.pad, self.stride, self.f
        dA = np.zeros_like(self.A_pad)
        self.dW = np.zeros_like(self.W)
        for h in range(dZ.shape[1]):
            for w in range(dZ.shape[2]):
                a = self.A_pad[:, h * s : h * s + f, w * s : w * s + f, :]
                self.dW += np.tensordot(a, dZ[:, h, w, :], axes=([0], [0]))
                dA[:, h * s : h * s + f, w * s : w * s + f, :] += np.tensordot(dZ[:, h, w, :], self.W, axes=([1], [3]))
        self.db = dZ.sum(axis=(0, 1, 2), keepdims=True)
        return dA[:, p : dA.shape[1] - p, p : dA.shape[2] - p, :]
