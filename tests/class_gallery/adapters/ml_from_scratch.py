"""Adapters for the layers of ml_from_scratch.py: parameters are updated with a learning rate of 1."""

from tests.class_gallery.ml_from_scratch import StochasticGradientDescent


def dense(target, x, w, b):
    layer = target(len(w), input_shape=x.shape[1:])
    layer.initialize(StochasticGradientDescent(learning_rate=1.0))
    layer.W, layer.w0 = w.T.copy(), b[None].copy()

    def backward(dy):
        dx = layer.backward_pass(dy)
        return dx, w - layer.W.T, b - layer.w0[0]

    return layer.forward_pass, backward


def conv(target, x, w, b, stride=1, padding=0):
    mode = "same" if padding == "same" else "valid"
    layer = target(len(w), w.shape[2:], input_shape=x.shape[1:], stride=stride, padding=mode)
    layer.initialize(StochasticGradientDescent(learning_rate=1.0))
    layer.W, layer.w0 = w.copy(), b[:, None].copy()

    def backward(dy):
        dx = layer.backward_pass(dy)
        return dx, w - layer.W, b - layer.w0[:, 0]

    return layer.forward_pass, backward


def batch_norm(target, x, w, b, eps=0.01):
    layer = target()
    layer.set_input_shape(x.shape[1:])
    layer.initialize(StochasticGradientDescent(learning_rate=1.0))
    layer.gamma, layer.beta = w.copy(), b.copy()

    def backward(dy):
        dx = layer.backward_pass(dy)
        return dx, w - layer.gamma, b - layer.beta

    return layer.forward_pass, backward


def pool(target, x, kernel_size=2, stride=1):
    layer = target(pool_shape=(kernel_size, kernel_size), stride=stride)
    return layer.forward_pass, lambda dy: (layer.backward_pass(dy),)


ADAPTERS = {"linear": dense, "conv2d": conv, "batch_norm": batch_norm, "max_pool2d": pool, "avg_pool2d": pool}
