import numpy as np


def conv2d(x, k, s=1, p=0):
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    kh, kw = k.shape[-2:]
    v = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(2, 3))[:, :, ::s, ::s]
    return np.einsum("ncyxij,fcij->nfyx", v, k)


def conv2d_grad(g, x, k, s=1, p=0):
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    kh, kw = k.shape[-2:]
    v = np.lib.stride_tricks.sliding_window_view(xp, (kh, kw), axis=(2, 3))[:, :, ::s, ::s]
    dk = np.einsum("nfyx,ncyxij->fcij", g, v)
    dxp = np.zeros_like(xp)
    oh, ow = g.shape[2:]
    for i in range(kh):
        for j in range(kw):
            dxp[:, :, i : i + s * oh : s, j : j + s * ow : s] += np.einsum("nfyx,fc->ncyx", g, k[:, :, i, j])
    return dxp[:, :, p : p + x.shape[2], p : p + x.shape[3]], dk
