"""Adapters for the layers of hyperparameters.py: channels last, or a column for each sample."""

import numpy as np


def conv(target, x, w, b, stride=1, padding=0):
    layer = target(w.shape[1], w.shape[0], w.shape[2], {"stride": stride, "pad": padding})
    layer.W, layer.b = w.transpose(2, 3, 1, 0), b.reshape(1, 1, 1, -1)

    def forward(x):
        return np.moveaxis(layer.forward(np.moveaxis(x, 1, -1)), -1, 1)

    def backward(dy):
        dx, dw, db = layer.backward(np.moveaxis(dy, 1, -1))
        return np.moveaxis(dx, -1, 1), dw.transpose(3, 2, 0, 1), db.ravel()

    return forward, backward


def pool(target, x, kernel_size=2, stride=2):
    layer = target({"f": kernel_size, "stride": stride})

    def forward(x):
        return np.moveaxis(layer.forward(np.moveaxis(x, 1, -1)), -1, 1)

    def backward(dy):
        return (np.moveaxis(layer.backward(np.moveaxis(dy, 1, -1)), -1, 1),)

    return forward, backward


def dense(target, x, w, b):
    layer = target(w.shape[1], w.shape[0])
    layer.W, layer.b = w, b[:, None]

    def backward(dy):
        dx, dw, db = layer.backward(dy.T)
        return dx.T, dw, db[:, 0]

    return lambda x: layer.forward(x.T).T, backward


ADAPTERS = {"conv2d": conv, "max_pool2d": pool, "avg_pool2d": pool, "linear": dense}
