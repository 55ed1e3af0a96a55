"""Adapters for the layers of factories.py."""


def dense(target, x, w, b):
    layer = target(w.shape[1], w.shape[0])
    layer.params.update(w=w.T, b=b)
    return layer.forward, lambda dy: (layer.backward(dy), layer.grads["w"].T, layer.grads["b"])


def conv(target, x, w, b, stride=1, padding=0):
    layer = target(w.shape[1], w.shape[0], w.shape[2], stride, padding)
    layer.params.update(w=w, b=b)
    return layer.forward, lambda dy: (layer.backward(dy), layer.grads["w"], layer.grads["b"])


def activation(target, x, negative_slope=0.1):
    layer = target(negative_slope)
    return layer.forward, lambda dy: (layer.backward(dy),)


ADAPTERS = {"linear": dense, "conv2d": conv, "conv1d": conv, "leaky_relu": activation}
