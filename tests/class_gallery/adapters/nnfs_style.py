"""Adapters for the layers of nnfs_style.py, whose results are read from attributes."""


def dense(target, x, w, b):
    layer = target(w.shape[1], w.shape[0])
    layer.weights, layer.biases = w.T, b[None]

    def forward(x):
        layer.forward(x)
        return layer.output

    def backward(dy):
        layer.backward(dy)
        return layer.dinputs, layer.dweights.T, layer.dbiases[0]

    return forward, backward


def conv(target, x, w, b, stride=1, padding=0):
    layer = target(w.shape[1], w.shape[0], w.shape[2], stride, padding)
    layer.weights, layer.biases = w, b

    def forward(x):
        layer.forward(x)
        return layer.output

    def backward(dy):
        layer.backward(dy)
        return layer.dinputs, layer.dweights, layer.dbiases

    return forward, backward


def activation(target, x):
    layer = target()

    def forward(x):
        layer.forward(x)
        return layer.output

    def backward(dy):
        layer.backward(dy)
        return (layer.dinputs,)

    return forward, backward


def loss(target, x, t):
    layer = target()
    if x.ndim != 2:
        raise ValueError("the predictions must be (samples, outputs)")

    def backward(dy):
        layer.backward(x, t)
        return (dy * layer.dinputs,)

    return lambda x: layer.calculate(x, t), backward


ADAPTERS = {"linear": dense, "conv2d": conv, "relu": activation, "softmax": activation, "mse_loss": loss}
