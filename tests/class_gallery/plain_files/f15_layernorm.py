import numpy as np


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    mu = x.mean(axis=1, keepdims=True)
    var = x.var(axis=1, keepdims=True)
    inv = 1 / np.sqrt(var + eps)
    xn = (x - mu) * inv
    return gamma * xn + beta, (xn, inv, gamma)


def layernorm_backward(dout, cache):
    xn, inv, gamma = cache
    D = dout.shape[1]
    dgamma = (dout * xn).sum(0)
    dbeta = dout.sum(0)
    dxn = dout * gamma
    dx = inv / D * (D * dxn - dxn.sum(1, keepdims=True) - xn * (dxn * xn).sum(1, keepdims=True))
    return dx, dgamma, dbeta
