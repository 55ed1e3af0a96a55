import numpy as np


def layer_norm(x, g, b, eps=1e-5):
    mean = np.mean(x, axis=-1, keepdims=True)
    variance = np.var(x, axis=-1, keepdims=True)
    norm = (x - mean) / np.sqrt(variance + eps)
    return g * norm + b, (x, norm, g, variance, eps)


def layer_norm_backward(dy, stuff):
    x, norm, g, variance, eps = stuff
    dg = (dy * x).sum(axis=0)
    db = dy.sum(axis=0)
    dn = dy * g
    dx = (dn - dn.mean(-1, keepdims=True) - norm * (dn * norm).mean(-1, keepdims=True)) / np.sqrt(variance + eps)
    return dx, dg, db
