import numpy as np


class Conv:
    def __init__(self, in_c, out_c, k):
        self.k = k
        self.w = np.random.randn(out_c, in_c, k, k) * 0.1
        self.b = np.zeros(out_c)

    def forward(self, x):
        self.x = x
        n, _, h, w = x.shape
        k = self.k
        out = np.zeros((n, self.w.shape[0], h - k + 1, w - k + 1))
        for m in range(n):
            for f in range(self.w.shape[0]):
                for i in range(h - k + 1):
                    for j in range(w - k + 1):
                        out[m, f, i, j] = (x[m, :, i : i + k, j : j + k] * self.w[f]).sum() + self.b[f]
        return out

    def backward(self, top_grad):
        k = self.k
        dx = np.zeros_like(self.x)
        for m in range(top_grad.shape[0]):
            self.dw = np.zeros_like(self.w)
            self.db = np.zeros_like(self.b)
            for f in range(top_grad.shape[1]):
                for i in range(top_grad.shape[2]):
                    for j in range(top_grad.shape[3]):
                        g = top_grad[m, f, i, j]
                        self.dw[f] += g * self.x[m, :, i : i + k, j : j + k]
                        self.db[f] += g
                        dx[m, :, i : i + k, j : j + k] += g * self.w[f]
        return dx
