import numpy as np


def tconv(x, w, s=1, p=0):
    n, ci, h, wd = x.shape
    _, co, kh, kw = w.shape
    y = np.zeros((n, co, (h - 1) * s + kh, (wd - 1) * s + kw))
    for i in range(h):
        for j in range(wd):
            y[:, :, i * s : i * s + kh, j * s : j * s + kw] += np.tensordot(x[:, :, i, j], w, ((1,), (0,)))
    out = y[:, :, p : y.shape[2] - p, p : y.shape[3] - p]
    return out, (x, w, s, p)


def tconv_back(g, state):
    x, w, s, p = state
    kh, kw = w.shape[2:]
    gp = np.pad(g, ((0, 0), (0, 0), (p, p), (p, p)))
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            win = gp[:, :, i * s : i * s + kh, j * s : j * s + kw]
            dx[:, :, i, j] = np.tensordot(win, w, ((1, 2, 3), (1, 2, 3)))
            dw += np.tensordot(x[:, :, i, j], win, ((0,), (0,)))
    return dx, dw
