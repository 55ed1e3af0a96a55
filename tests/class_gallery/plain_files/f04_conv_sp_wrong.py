import numpy as np


def forward(x, w, b, s, p):
    n, c, h, wd = x.shape
    f, _, kh, kw = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    oh, ow = (h + 2 * p - kh) // s + 1, (wd + 2 * p - kw) // s + 1
    y = np.zeros((n, f, oh, ow))
    for i in range(oh):
        for j in range(ow):
            y[:, :, i, j] = (
                np.tensordot(xp[:, :, i * s : i * s + kh, j * s : j * s + kw], w, ((1, 2, 3), (1, 2, 3))) + b
            )
    saved = {"xp": xp, "w": w, "s": s, "p": p}
    return y, saved


def backward(up, saved):
    xp, w, s, p = saved["xp"], saved["w"], saved["s"], saved["p"]
    kh, kw = w.shape[2:]
    dxp = np.zeros_like(xp)
    dw = np.zeros_like(w)
    for i in range(up.shape[2]):
        for j in range(up.shape[3]):
            g = up[:, :, i, j]
            dw += np.tensordot(g, xp[:, :, i : i + kh, j : j + kw], ((0,), (0,)))
            dxp[:, :, i * s : i * s + kh, j * s : j * s + kw] += np.tensordot(g, w, ((1,), (0,)))
    db = up.sum(axis=(0, 2, 3))
    dx = dxp[:, :, p : xp.shape[2] - p, p : xp.shape[3] - p]
    return dx, dw, db
