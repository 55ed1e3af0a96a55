"""Adapters for the layers of parameter_lists.py."""


def affine(target, x, w, b=None):
    layer = target(w.T) if b is None else target(w.T, b)

    def backward(dy):
        dx = layer.backward(dy)
        return dx, layer.grads[0].T.copy(), *(grad.copy() for grad in layer.grads[1:])

    return layer.forward, backward


def conv(target, x, w, b, stride=1, padding=0):
    layer = target(w, b, stride, padding)
    return layer.forward, lambda dy: (layer.backward(dy), *layer.grads)


def activation(target, x):
    layer = target()
    return layer.forward, lambda dy: (layer.backward(dy),)


ADAPTERS = {"linear": affine, "conv1d": conv, "conv2d": conv, "relu": activation, "softmax": activation}
