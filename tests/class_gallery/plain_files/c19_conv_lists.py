import numpy as np


class ConvLayer:
    def __init__(self, in_ch, out_ch, ksize, stride=1, pad=0):
        self.stride, self.pad, self.ksize = stride, pad, ksize
        w = np.random.randn(out_ch, in_ch, ksize, ksize) / np.sqrt(in_ch * ksize * ksize)
        b = np.zeros((out_ch,))
        self.params = [w, b]
        self.grads = [np.zeros_like(w), np.zeros_like(b)]

    def forward(self, bottom):
        w, b = self.params
        k, s, p = self.ksize, self.stride, self.pad
        n, c, h, wd = bottom.shape
        self.padded = np.pad(bottom, ((0, 0), (0, 0), (p, p), (p, p)), "constant")
        oh = (h + 2 * p - k) // s + 1
        ow = (wd + 2 * p - k) // s + 1
        top = np.empty((n, w.shape[0], oh, ow))
        for y in range(oh):
            for x in range(ow):
                patch = self.padded[:, :, y * s : y * s + k, x * s : x * s + k]
                top[:, :, y, x] = np.tensordot(patch, w, axes=([1, 2, 3], [1, 2, 3])) + b
        return top

    def backward(self, top_grad):
        w, b = self.params
        k, s, p = self.ksize, self.stride, self.pad
        dw = np.zeros_like(w)
        dpad = np.zeros_like(self.padded)
        for y in range(top_grad.shape[2]):
            for x in range(top_grad.shape[3]):
                patch = self.padded[:, :, y * s : y * s + k, x * s : x * s + k]
                g = top_grad[:, :, y, x]
                dw += np.tensordot(g, patch, axes=([0], [0]))
                dpad[:, :, y * s : y * s + k, x * s : x * s + k] += np.tensordot(g, w, axes=([1], [0]))
        self.grads[0][...] = dw
        self.grads[1][...] = top_grad.sum(axis=(0, 2, 3))
        h, wd = dpad.shape[2:]
        return dpad[:, :, p : h - p, p : wd - p]
