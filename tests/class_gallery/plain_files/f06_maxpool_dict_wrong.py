import numpy as np


def max_pool_forward(x, pool_param):
    ph, pw, st = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    oh, ow = 1 + (H - ph) // st, 1 + (W - pw) // st
    out = np.zeros((N, C, oh, ow))
    for i in range(oh):
        for j in range(ow):
            out[:, :, i, j] = np.max(x[:, :, i * st : i * st + ph, j * st : j * st + pw], axis=(2, 3))
    return out, {"x": x, "pool_param": pool_param}


def max_pool_backward(dout, cache):
    x, pool_param = cache["x"], cache["pool_param"]
    ph, pw, st = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros_like(x)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    win = x[n, c, i * st : i * st + ph, j * st : j * st + pw]
                    a, b = np.unravel_index(np.argmax(win), win.shape)
                    dx[n, c, i + a, j + b] += dout[n, c, i, j]
    return dx
