import numpy as np


class Deconv2D:
    def __init__(self, n_in, n_out, k, stride=2, pad=0):
        self.k, self.stride, self.pad = k, stride, pad
        self.n_in, self.n_out = n_in, n_out
        self.W = np.random.randn(n_in, n_out, k, k) / k
        self.b = np.zeros(n_out)

    def forward(self, inp):
        self.inp = inp
        B, _, H, W = inp.shape
        s, k, p = self.stride, self.k, self.pad
        cols = np.tensordot(inp, self.W, axes=([1], [0]))  # B H W out k k
        big = np.zeros((B, self.n_out, s * (H - 1) + k, s * (W - 1) + k))
        for a in range(k):
            for b in range(k):
                big[:, :, a : a + s * H : s, b : b + s * W : s] += cols[..., a, b].transpose(0, 3, 1, 2)
        self.big_shape = big.shape
        if p > 0:
            big = big[:, :, p:-p, p:-p]
        return big + self.b.reshape(1, -1, 1, 1)

    def backward(self, grad_out):
        s, k, p = self.stride, self.k, self.pad
        B, _, H, W = self.inp.shape
        g = np.zeros(self.big_shape)
        if p > 0:
            g[:, :, p:-p, p:-p] = grad_out
        else:
            g[...] = grad_out
        self.gb = grad_out.sum(axis=(0, 2, 3))
        self.gW = np.zeros_like(self.W)
        gx = np.zeros_like(self.inp)
        for a in range(k):
            for b in range(k):
                part = g[:, :, a : a + s * H : s, b : b + s * W : s]
                self.gW[:, :, a, b] = np.einsum("nihw,nohw->io", self.inp, part)
                gx += np.einsum("io,nohw->nihw", self.W[:, :, a, b], part)
        return gx
