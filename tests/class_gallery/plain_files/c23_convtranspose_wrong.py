import numpy as np


class ConvTranspose2d:
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        self.stride, self.padding, self.kernel_size = stride, padding, kernel_size
        self.out_channels = out_channels
        self.weight = np.random.randn(in_channels, out_channels, kernel_size, kernel_size) * 0.1
        self.bias = np.zeros(out_channels)

    def forward(self, x):
        self.x = x
        n, c, h, w = x.shape
        s, p, k = self.stride, self.padding, self.kernel_size
        full = np.zeros((n, self.out_channels, (h - 1) * s + k, (w - 1) * s + k))
        for i in range(h):
            for j in range(w):
                full[:, :, i * s : i * s + k, j * s : j * s + k] += np.einsum(
                    "nc,cokl->nokl", x[:, :, i, j], self.weight
                )
        out = full[:, :, p : full.shape[2] - p, p : full.shape[3] - p]
        return out + self.bias[:, None, None]

    def backward(self, dy):
        s, p, k = self.stride, self.padding, self.kernel_size
        g = np.pad(dy, ((0, 0), (0, 0), (p, p), (p, p)))
        flipped = self.weight[:, :, ::-1, ::-1]
        dx = np.zeros_like(self.x)
        self.dweight = np.zeros_like(self.weight)
        for i in range(self.x.shape[2]):
            for j in range(self.x.shape[3]):
                win = g[:, :, i * s : i * s + k, j * s : j * s + k]
                dx[:, :, i, j] = np.einsum("nokl,cokl->nc", win, flipped)
                self.dweight += np.einsum("nc,nokl->cokl", self.x[:, :, i, j], win)
        self.dbias = dy.sum((0, 2, 3))
        return dx
