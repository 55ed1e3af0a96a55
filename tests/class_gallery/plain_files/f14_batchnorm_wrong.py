import numpy as np


def bn_forward(X, gamma, beta):
    mu = np.mean(X, axis=0)
    var = np.var(X, axis=0)
    X_norm = (X - mu) / np.sqrt(var + 1e-8)
    out = gamma * X_norm + beta
    return out, (X, X_norm, mu, var, gamma, beta)


def bn_backward(dout, cache):
    X, X_norm, mu, var, gamma, beta = cache
    N, D = X.shape
    X_mu = X - mu
    std_inv = 1.0 / np.sqrt(var + 1e-8)
    dX_norm = dout * gamma
    dvar = np.sum(dX_norm * X_mu, axis=0) * -0.5 * std_inv**3
    dmu = np.sum(dX_norm * -std_inv, axis=0) + dvar * np.mean(-2.0 * X_mu, axis=0)
    dX = (dX_norm * std_inv) + (dvar * X_mu / N) + (dmu / N)
    dgamma = np.sum(dout * X_norm, axis=0)
    dbeta = np.sum(dout, axis=0)
    return dX, dgamma, dbeta
