"""Adapters for the ops of tensor_ops.py, which have no bias."""


def conv(target, x, w, stride=1, groups=1):
    op = target()
    return lambda x: op.forward(x, w, stride, groups), op.backward


def conv_transpose(target, x, w, stride=1, padding=0):
    op = target()
    return lambda x: op.forward(x, w, stride, padding), op.backward


def pool(target, x, kernel_size=2, stride=2):
    op = target()
    return lambda x: op.forward(x, (kernel_size, kernel_size)), lambda dy: (op.backward(dy),)


def activation(target, x):
    op = target()
    return op.forward, lambda dy: (op.backward(dy),)


ADAPTERS = {
    "conv2d": conv, "conv_transpose2d": conv_transpose, "avg_pool2d": pool, "relu": activation, "sigmoid": activation,
    "softmax": activation,
}  # fmt: skip
