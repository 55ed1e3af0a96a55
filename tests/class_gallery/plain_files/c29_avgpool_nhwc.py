import numpy as np


class AveragePooling2D:
    def __init__(self, pool_size=(2, 2), strides=None):
        self.pool_size = pool_size
        self.strides = strides if strides is not None else pool_size

    def forward(self, A_prev):
        self.A_prev = A_prev
        m, n_H_prev, n_W_prev, n_C = A_prev.shape
        f_h, f_w = self.pool_size
        s_h, s_w = self.strides
        n_H = 1 + (n_H_prev - f_h) // s_h
        n_W = 1 + (n_W_prev - f_w) // s_w
        A = np.zeros((m, n_H, n_W, n_C))
        for h in range(n_H):
            for w in range(n_W):
                A[:, h, w, :] = A_prev[:, h * s_h : h * s_h + f_h, w * s_w : w * s_w + f_w, :].mean(axis=(1, 2))
        return A

    def backward(self, dA):
        f_h, f_w = self.pool_size
        s_h, s_w = self.strides
        dA_prev = np.zeros(self.A_prev.shape)
        for h in range(dA.shape[1]):
            for w in range(dA.shape[2]):
                part = dA[:, h, w, :][:, None, None, :] / (f_h * f_w)
                dA_prev[:, h * s_h : h * s_h + f_h, w * s_w : w * s_w + f_w, :] += part
        return dA_prev
