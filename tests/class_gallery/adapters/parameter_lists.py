"""Adapters for the layers of parameter_lists.py."""


def matmul(target, x, w):
    layer = target(w.T)
    return layer.forward, lambda dy: (layer.backward(dy), layer.grads[0].T)


def affine(target, x, w, b):
    layer = target(w.T, b)
    return layer.forward, lambda dy: (layer.backward(dy), layer.grads[0].T, layer.grads[1])


def conv(target, x, w, b, stride=1, padding=0):
    layer = target(w, b, stride, padding)
    return layer.forward, lambda dy: (layer.backward(dy), *layer.grads)


def activation(target, x):
    layer = target()
    return layer.forward, lambda dy: (layer.backward(dy),)


ADAPTERS = {
    "MatMul": matmul,
    "linear": affine,
    "conv1d": conv,
    "conv2d": conv,
    "relu": activation,
    "softmax": activation,
}
