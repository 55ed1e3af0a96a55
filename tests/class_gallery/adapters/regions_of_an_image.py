"""Adapters for the layers of regions_of_an_image.py: one image, channels last, a learning rate of 1."""

import numpy as np


def conv(target, x, w, b=None):
    """Grey images have no bias and no gradient of the input."""
    if b is None:
        layer = target(len(w))
        layer.filters = w[:, 0].copy()
        forward = lambda x: np.moveaxis(layer.forward(x[0, 0]), -1, 0)[None]  # noqa: E731
    else:
        layer = target(w.shape[1], w.shape[0], w.shape[2])
        layer.filters, layer.bias = np.moveaxis(w, 1, -1).copy(), b.copy()
        forward = lambda x: np.moveaxis(layer.forward(np.moveaxis(x[0], 0, -1)), -1, 0)[None]  # noqa: E731

    def backward(dy):
        dx = layer.backprop(np.moveaxis(dy[0], 0, -1), 1.0)
        if b is None:
            return None, w - layer.filters[:, None]
        return np.moveaxis(dx, -1, 0)[None], w - np.moveaxis(layer.filters, -1, 1), b - layer.bias

    return forward, backward


def pool(target, x, kernel_size=2, stride=2):
    layer = target()

    def forward(x):
        return np.moveaxis(layer.forward(np.moveaxis(x[0], 0, -1)), -1, 0)[None]

    def backward(dy):
        return (np.moveaxis(layer.backprop(np.moveaxis(dy[0], 0, -1)), -1, 0)[None],)

    return forward, backward


ADAPTERS = {"conv2d": conv, "max_pool2d": pool}
