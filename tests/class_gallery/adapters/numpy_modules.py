"""Adapters for the layers of numpy_modules.py: a first call creates the parameters, images have their channels last."""

import numpy as np


def dense(target, x, w, b):
    layer = target(len(w))
    layer.forward(x, retain_derived=False)
    layer.parameters = {"W": w.T, "b": b[None]}

    def backward(dy):
        layer.gradients = {"W": np.zeros(w.T.shape), "b": np.zeros((1, len(b)))}
        dx = layer.backward(dy)
        return dx, layer.gradients["W"].T, layer.gradients["b"][0]

    return layer.forward, backward


def conv(target, x, w, b, stride=1, padding=0, dilation=1):
    """For one spatial axis or two."""
    kernel = w.shape[2] if w.ndim == 3 else w.shape[2:]
    layer = target(len(w), kernel, pad=padding, stride=stride, dilation=dilation - 1)
    layer.forward(np.moveaxis(x, 1, -1))
    layer.flush_gradients()
    layer.parameters = {"W": np.moveaxis(w, (1, 0), (-2, -1)), "b": b.reshape((1,) * (w.ndim - 1) + (-1,))}

    def forward(x):
        return np.moveaxis(layer.forward(np.moveaxis(x, 1, -1)), -1, 1)

    def backward(dy):
        dx = np.moveaxis(layer.backward(np.moveaxis(dy, 1, -1)), -1, 1)
        return dx, np.moveaxis(layer.gradients["W"], (-2, -1), (1, 0)), layer.gradients["b"].ravel()

    return forward, backward


def layer_norm(target, x, w, b, eps=1e-5):
    layer = target(epsilon=eps)
    layer.forward(x)
    layer.flush_gradients()
    layer.parameters = {"scaler": w, "intercept": b}

    def backward(dy):
        dx = layer.backward(dy)
        return dx, layer.gradients["scaler"], layer.gradients["intercept"]

    return layer.forward, backward


def softmax(target, x):
    layer = target()
    return layer.forward, lambda dy: (layer.backward(dy),)


ADAPTERS = {"linear": dense, "conv2d": conv, "conv1d": conv, "layer_norm": layer_norm, "softmax": softmax}
