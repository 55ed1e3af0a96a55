"""Adapters for the layers of book_im2col.py."""


def affine(target, x, w, b):
    layer = target(w.T, b)
    return layer.forward, lambda dy: (layer.backward(dy), layer.dW.T, layer.db)


def conv(target, x, w, b, stride=1, padding=0):
    layer = target(w, b, stride, padding)
    return layer.forward, lambda dy: (layer.backward(dy), layer.dW, layer.db)


def pool(target, x, kernel_size=2, stride=1):
    layer = target(kernel_size, kernel_size, stride)
    return layer.forward, lambda dy: (layer.backward(dy),)


def activation(target, x):
    layer = target()
    return layer.forward, lambda dy: (layer.backward(dy),)


def loss(target, x, t):
    layer = target()
    return lambda x: layer.forward(x, t), lambda dy: (dy * layer.backward(),)


ADAPTERS = {
    "linear": affine, "conv2d": conv, "max_pool2d": pool, "relu": activation, "sigmoid": activation,
    "cross_entropy": loss,
}  # fmt: skip
