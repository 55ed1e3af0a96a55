"""Adapters for the functions of autograd_functions.py."""

from tests.class_gallery.autograd_functions import Context


def linear(target, x, w, b):
    ctx = Context()
    return lambda x: target.forward(ctx, x, w, b), lambda dy: target.backward(ctx, dy)


def conv(target, x, w, b, stride=1, padding=0, dilation=1):
    ctx = Context()
    settings = stride, padding, dilation
    return lambda x: target.forward(ctx, x, w, b, *settings), lambda dy: target.backward(ctx, dy)[:3]


def activation(target, x):
    ctx = Context()
    return lambda x: target.forward(ctx, x), lambda dy: (target.backward(ctx, dy),)


def leaky(target, x, negative_slope=0.01):
    ctx = Context()
    return lambda x: target.forward(ctx, x, negative_slope), lambda dy: target.backward(ctx, dy)[:1]


def loss(target, x, t):
    ctx = Context()
    return lambda x: target.forward(ctx, x, t), lambda dy: target.backward(ctx, dy)[:1]


ADAPTERS = {
    "linear": linear, "conv2d": conv, "tanh": activation, "leaky_relu": leaky, "cross_entropy": loss,
    "mse_loss": loss,
}  # fmt: skip
