"""Adapters for the functions of autograd_functions.py."""

from tests.class_gallery.autograd_functions import Context


def weighted(target, x, w, b, stride=1, padding=0, dilation=1):
    ctx = Context()
    settings = () if w.ndim == 2 else (stride, padding, dilation)
    return lambda x: target.forward(ctx, x, w, b, *settings), lambda dy: target.backward(ctx, dy)[:3]


def activation(target, x, **settings):
    ctx = Context()

    def backward(dy):
        grads = target.backward(ctx, dy)
        return (grads[0],) if isinstance(grads, tuple) else (grads,)

    return lambda x: target.forward(ctx, x, **settings), backward


def loss(target, x, t):
    ctx = Context()
    return lambda x: target.forward(ctx, x, t), lambda dy: target.backward(ctx, dy)[:1]


ADAPTERS = {
    "linear": weighted, "conv2d": weighted, "tanh": activation, "leaky_relu": activation, "cross_entropy": loss,
    "mse_loss": loss,
}  # fmt: skip
