"""Adapters for the layers of regions_of_an_image.py: one image, channels last, a learning rate of 1."""

import numpy as np


def grey(target, x, w):
    """No bias, and no gradient of the input."""
    layer = target(len(w))
    layer.filters = w[:, 0].copy()

    def backward(dy):
        layer.backprop(np.moveaxis(dy[0], 0, -1), 1.0)
        return None, w - layer.filters[:, None]

    def forward(x):
        (image,) = x[0]
        return np.moveaxis(layer.forward(image), -1, 0)[None]

    return forward, backward


def maps(target, x, w, b):
    layer = target(w.shape[1], w.shape[0], w.shape[2])
    layer.filters, layer.bias = np.moveaxis(w, 1, -1).copy(), b.copy()

    def backward(dy):
        dx = layer.backprop(np.moveaxis(dy[0], 0, -1), 1.0)
        return np.moveaxis(dx, -1, 0)[None], w - np.moveaxis(layer.filters, -1, 1), b - layer.bias

    return lambda x: np.moveaxis(layer.forward(np.moveaxis(x[0], 0, -1)), -1, 0)[None], backward


def pool(target, x, kernel_size=2, stride=2):
    layer = target()

    def forward(x):
        return np.moveaxis(layer.forward(np.moveaxis(x[0], 0, -1)), -1, 0)[None]

    def backward(dy):
        return (np.moveaxis(layer.backprop(np.moveaxis(dy[0], 0, -1)), -1, 0)[None],)

    return forward, backward


ADAPTERS = {"Conv3x3": grey, "Conv3x3Ascending": grey, "conv2d": maps, "max_pool2d": pool}
