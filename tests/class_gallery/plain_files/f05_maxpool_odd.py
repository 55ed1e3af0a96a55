import numpy as np


def maxpool(a, f=2, s=2):
    n, c, h, w = a.shape
    oh, ow = (h - f) // s + 1, (w - f) // s + 1
    z = np.zeros((n, c, oh, ow))
    for i in range(oh):
        for j in range(ow):
            z[:, :, i, j] = a[:, :, i * s : i * s + f, j * s : j * s + f].max(axis=(2, 3))
    return z, (a, z, f, s)


def maxpool_back(upstream, remembered):
    a, z, f, s = remembered
    da = np.zeros_like(a)
    for i in range(z.shape[2]):
        for j in range(z.shape[3]):
            win = a[:, :, i * s : i * s + f, j * s : j * s + f]
            mask = win == z[:, :, i, j][:, :, None, None]
            da[:, :, i * s : i * s + f, j * s : j * s + f] += mask * upstream[:, :, i, j][:, :, None, None]
    return da
