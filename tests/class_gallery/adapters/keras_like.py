"""Adapters for the layers of keras_like.py: built at the first call, channels last."""

import numpy as np


def dense(target, x, w, b):
    layer = target(len(w))
    layer(x)
    layer.kernel, layer.bias = w.T, b
    return layer, lambda dy: (layer.backward(dy), layer.gradients[0].T, layer.gradients[1])


def conv(target, x, w, b, stride=1, padding=0):
    mode = "same" if padding == "same" else "valid"
    layer = target(len(w), w.shape[2:], strides=(stride, stride), padding=mode)
    layer(np.moveaxis(x, 1, -1))
    layer.kernel, layer.bias = w.transpose(2, 3, 1, 0), b

    def backward(dy):
        dx = layer.backward(np.moveaxis(dy, 1, -1))
        return np.moveaxis(dx, -1, 1), layer.gradients[0].transpose(3, 2, 0, 1), layer.gradients[1]

    return lambda x: np.moveaxis(layer(np.moveaxis(x, 1, -1)), -1, 1), backward


def conv_transpose(target, x, w, b, stride=1):
    layer = target(w.shape[1], w.shape[2:], strides=stride)
    layer(np.moveaxis(x, 1, -1))
    layer.kernel, layer.bias = w.transpose(2, 3, 1, 0), b

    def backward(dy):
        dx = layer.backward(np.moveaxis(dy, 1, -1))
        return np.moveaxis(dx, -1, 1), layer.gradients[0].transpose(3, 2, 0, 1), layer.gradients[1]

    return lambda x: np.moveaxis(layer(np.moveaxis(x, 1, -1)), -1, 1), backward


def batch_norm(target, x, w, b, eps=1e-3):
    layer = target(epsilon=eps)
    layer(np.moveaxis(x, 1, -1))
    layer.gamma, layer.beta = w, b

    def backward(dy):
        dx = layer.backward(np.moveaxis(dy, 1, -1))
        return np.moveaxis(dx, -1, 1), *layer.gradients

    return lambda x: np.moveaxis(layer(np.moveaxis(x, 1, -1)), -1, 1), backward


ADAPTERS = {"linear": dense, "conv2d": conv, "conv_transpose2d": conv_transpose, "batch_norm": batch_norm}
