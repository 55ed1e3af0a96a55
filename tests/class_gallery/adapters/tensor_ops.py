"""Adapters for the ops of tensor_ops.py, which have no bias."""


def conv(target, x, w, **settings):
    op = target()
    return lambda x: op.forward(x, w, **settings), op.backward


def pool(target, x, kernel_size, stride):
    op = target()
    return lambda x: op.forward(x, (kernel_size, kernel_size)), lambda dy: (op.backward(dy),)


def activation(target, x):
    op = target()
    return op.forward, lambda dy: (op.backward(dy),)


ADAPTERS = {
    "conv2d": conv, "conv_transpose2d": conv, "avg_pool2d": pool, "relu": activation, "sigmoid": activation,
    "softmax": activation,
}  # fmt: skip
