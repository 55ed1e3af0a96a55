"""Adapters for the modules of parameter_objects.py."""


def linear(target, x, w, b):
    layer = target(w.shape[1], w.shape[0])
    layer.weight.data, layer.bias.data = w, b

    def backward(dy):
        layer.zero_grad()
        return layer.backward(dy), layer.weight.grad, layer.bias.grad

    return layer.forward, backward


def conv(target, x, w, b, stride=1, padding=0, dilation=1, groups=1):
    layer = target(x.shape[1], w.shape[0], w.shape[2:], stride, padding, dilation, groups)
    layer.weight.data, layer.bias.data = w, b

    def backward(dy):
        layer.zero_grad()
        return layer.backward(dy), layer.weight.grad, layer.bias.grad

    return layer.forward, backward


def conv_transpose(target, x, w, b, stride=1, padding=0, output_padding=0):
    layer = target(w.shape[0], w.shape[1], w.shape[2:], stride, padding, output_padding)
    layer.weight.data, layer.bias.data = w, b

    def backward(dy):
        layer.zero_grad()
        return layer.backward(dy), layer.weight.grad, layer.bias.grad

    return layer.forward, backward


def norm(target, x, w, b, eps=1e-5):
    layer = target(len(w), eps=eps)
    scale, shift = layer.parameters()
    scale.data, shift.data = w, b

    def backward(dy):
        layer.zero_grad()
        return layer.backward(dy), scale.grad, shift.grad

    return layer.forward, backward


ADAPTERS = {
    "linear": linear,
    "conv2d": conv,
    "conv_transpose2d": conv_transpose,
    "batch_norm": norm,
    "layer_norm": norm,
}
