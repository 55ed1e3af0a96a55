import numpy as np


class Conv:
    def __init__(self, config):
        self.c_in = config["in_channels"]
        self.c_out = config["out_channels"]
        self.ksize = config["kernel_size"]
        self.stride = config.get("stride", 1)
        self.pad = config.get("padding", 0)
        fan_in = self.c_in * self.ksize**2
        self.weight = np.random.normal(0, np.sqrt(2 / fan_in), (self.c_out, self.c_in, self.ksize, self.ksize))
        self.bias = np.zeros(self.c_out)

    def forward(self, x):
        n, c, h, w = x.shape
        p, s, k = self.pad, self.stride, self.ksize
        self.xp = np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)])
        oh, ow = (h + 2 * p - k) // s + 1, (w + 2 * p - k) // s + 1
        y = np.zeros((n, self.c_out, oh, ow))
        for i in range(oh):
            for j in range(ow):
                win = self.xp[:, :, i * s : i * s + k, j * s : j * s + k]
                y[:, :, i, j] = np.einsum("nchw,ochw->no", win, self.weight) + self.bias
        return y

    def backward(self, delta):
        p, s, k = self.pad, self.stride, self.ksize
        dxp = np.zeros_like(self.xp)
        self.grad_weight = np.zeros_like(self.weight)
        self.grad_bias = delta.sum(axis=(0, 2, 3))
        for i in range(delta.shape[2]):
            for j in range(delta.shape[3]):
                win = self.xp[:, :, i * s : i * s + k, j * s : j * s + k]
                d = delta[:, :, i, j]
                self.grad_weight += np.einsum("no,nchw->ochw", d, win)
                dxp[:, :, i * s : i * s + k, j * s : j * s + k] += np.einsum("no,ochw->nchw", d, self.weight)
        return dxp[:, :, p : dxp.shape[2] - p, p : dxp.shape[3] - p]
