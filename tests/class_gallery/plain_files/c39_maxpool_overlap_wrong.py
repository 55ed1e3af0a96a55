import numpy as np


class MaxPooling:
    def __init__(self, size=2, stride=2):
        self.size, self.stride = size, stride

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        self.x = x
        N, C, H, W = x.shape
        oh = (H - self.size) // self.stride + 1
        ow = (W - self.size) // self.stride + 1
        out = np.zeros((N, C, oh, ow))
        self.where = {}
        for n in range(N):
            for c in range(C):
                for i in range(oh):
                    for j in range(ow):
                        r, q = i * self.stride, j * self.stride
                        win = x[n, c, r : r + self.size, q : q + self.size]
                        a, b = np.unravel_index(win.argmax(), win.shape)
                        out[n, c, i, j] = win[a, b]
                        self.where[n, c, i, j] = (r + a, q + b)
        return out

    def backward(self, grads):
        dx = np.zeros_like(self.x)
        for (n, c, i, j), (r, q) in self.where.items():
            dx[n, c, r, q] = grads[n, c, i, j]
        return dx
