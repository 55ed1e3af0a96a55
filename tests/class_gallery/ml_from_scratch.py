"""Layers in the style of a course that builds a small Keras on NumPy.

A base class `Layer` with `forward_pass(X, training)` and `backward_pass(accum_grad)`. The network calls `initialize`
with an optimiser, which each layer copies for every parameter. The parameters are called W and w0 and are updated
inside `backward_pass`, which returns the gradient with respect to the input.
"""

import copy
import math

import numpy as np


class StochasticGradientDescent:
    def __init__(self, learning_rate=0.01, momentum=0):
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.w_updt = None

    def update(self, w, grad_wrt_w):
        if self.w_updt is None:
            self.w_updt = np.zeros(np.shape(w))
        self.w_updt = self.momentum * self.w_updt + (1 - self.momentum) * grad_wrt_w
        return w - self.learning_rate * self.w_updt


class Layer:
    def set_input_shape(self, shape):
        """The shape of one sample, without the batch."""
        self.input_shape = shape

    def layer_name(self):
        return self.__class__.__name__

    def parameters(self):
        return 0

    def forward_pass(self, X, training):
        raise NotImplementedError()

    def backward_pass(self, accum_grad):
        raise NotImplementedError()

    def output_shape(self):
        raise NotImplementedError()


def determine_padding(filter_shape, output_shape="same"):
    if output_shape == "valid":
        return (0, 0), (0, 0)
    fh, fw = filter_shape
    pad_h1, pad_h2 = math.floor((fh - 1) / 2), math.ceil((fh - 1) / 2)
    pad_w1, pad_w2 = math.floor((fw - 1) / 2), math.ceil((fw - 1) / 2)
    return (pad_h1, pad_h2), (pad_w1, pad_w2)


def get_im2col_indices(images_shape, filter_shape, padding, stride=1):
    _, channels, height, width = images_shape
    fh, fw = filter_shape
    out_h = (height + sum(padding[0]) - fh) // stride + 1
    out_w = (width + sum(padding[1]) - fw) // stride + 1
    i0 = np.tile(np.repeat(np.arange(fh), fw), channels)
    i1 = stride * np.repeat(np.arange(out_h), out_w)
    j0 = np.tile(np.arange(fw), fh * channels)
    j1 = stride * np.tile(np.arange(out_w), out_h)
    i = i0.reshape(-1, 1) + i1.reshape(1, -1)
    j = j0.reshape(-1, 1) + j1.reshape(1, -1)
    k = np.repeat(np.arange(channels), fh * fw).reshape(-1, 1)
    return k, i, j


def image_to_column(images, filter_shape, stride, output_shape="same"):
    padding = determine_padding(filter_shape, output_shape)
    padded = np.pad(images, ((0, 0), (0, 0), *padding), mode="constant")
    k, i, j = get_im2col_indices(images.shape, filter_shape, padding, stride)
    cols = padded[:, k, i, j]
    return cols.transpose(1, 2, 0).reshape(filter_shape[0] * filter_shape[1] * images.shape[1], -1)


def column_to_image(cols, images_shape, filter_shape, stride, output_shape="same"):
    batch_size, channels, height, width = images_shape
    (pad_h, pad_h2), (pad_w, pad_w2) = determine_padding(filter_shape, output_shape)
    images = np.zeros((batch_size, channels, height + pad_h + pad_h2, width + pad_w + pad_w2))
    k, i, j = get_im2col_indices(images_shape, filter_shape, ((pad_h, pad_h2), (pad_w, pad_w2)), stride)
    cols = cols.reshape(channels * filter_shape[0] * filter_shape[1], -1, batch_size).transpose(2, 0, 1)
    np.add.at(images, (slice(None), k, i, j), cols)
    return images[:, :, pad_h : height + pad_h, pad_w : width + pad_w]


class Dense(Layer):
    """A fully-connected layer of n_units units."""

    def __init__(self, n_units, input_shape=None):
        self.layer_input = None
        self.input_shape = input_shape
        self.n_units = n_units
        self.trainable = True
        self.W = None
        self.w0 = None

    def initialize(self, optimizer):
        limit = 1 / math.sqrt(self.input_shape[0])
        self.W = np.random.uniform(-limit, limit, (self.input_shape[0], self.n_units))
        self.w0 = np.zeros((1, self.n_units))
        self.W_opt = copy.copy(optimizer)
        self.w0_opt = copy.copy(optimizer)

    def parameters(self):
        return np.prod(self.W.shape) + np.prod(self.w0.shape)

    def forward_pass(self, X, training=True):
        self.layer_input = X
        return X.dot(self.W) + self.w0

    def backward_pass(self, accum_grad):
        W = self.W
        if self.trainable:
            grad_w = self.layer_input.T.dot(accum_grad)
            grad_w0 = np.sum(accum_grad, axis=0, keepdims=True)
            self.W = self.W_opt.update(self.W, grad_w)
            self.w0 = self.w0_opt.update(self.w0, grad_w0)
        return accum_grad.dot(W.T)

    def output_shape(self):
        return (self.n_units,)


class DenseStaleOrder(Dense):
    """Mistake: the input's gradient is computed with the weights of after the update."""

    def backward_pass(self, accum_grad):
        if self.trainable:
            self.W = self.W_opt.update(self.W, self.layer_input.T.dot(accum_grad))
            self.w0 = self.w0_opt.update(self.w0, np.sum(accum_grad, axis=0, keepdims=True))
        return accum_grad.dot(self.W.T)


class Conv2D(Layer):
    def __init__(self, n_filters, filter_shape, input_shape=None, padding="valid", stride=1):
        self.n_filters = n_filters
        self.filter_shape = filter_shape
        self.padding = padding
        self.stride = stride
        self.input_shape = input_shape
        self.trainable = True

    def initialize(self, optimizer):
        filter_height, filter_width = self.filter_shape
        channels = self.input_shape[0]
        limit = 1 / math.sqrt(np.prod(self.filter_shape))
        self.W = np.random.uniform(-limit, limit, size=(self.n_filters, channels, filter_height, filter_width))
        self.w0 = np.zeros((self.n_filters, 1))
        self.W_opt = copy.copy(optimizer)
        self.w0_opt = copy.copy(optimizer)

    def forward_pass(self, X, training=True):
        batch_size = X.shape[0]
        self.layer_input = X
        self.X_col = image_to_column(X, self.filter_shape, self.stride, self.padding)
        self.W_col = self.W.reshape((self.n_filters, -1))
        output = self.W_col.dot(self.X_col) + self.w0
        return output.reshape((*self.output_shape(), batch_size)).transpose(3, 0, 1, 2)

    def rows_of(self, accum_grad):
        return accum_grad.transpose(1, 2, 3, 0).reshape(self.n_filters, -1)

    def backward_pass(self, accum_grad):
        accum_grad = self.rows_of(accum_grad)
        if self.trainable:
            grad_w = accum_grad.dot(self.X_col.T).reshape(self.W.shape)
            grad_w0 = np.sum(accum_grad, axis=1, keepdims=True)
            self.W = self.W_opt.update(self.W, grad_w)
            self.w0 = self.w0_opt.update(self.w0, grad_w0)
        accum_grad = self.W_col.T.dot(accum_grad)
        return column_to_image(accum_grad, self.layer_input.shape, self.filter_shape, self.stride, self.padding)

    def output_shape(self):
        _, height, width = self.input_shape
        pad_h, pad_w = determine_padding(self.filter_shape, output_shape=self.padding)
        output_height = (height + np.sum(pad_h) - self.filter_shape[0]) / self.stride + 1
        output_width = (width + np.sum(pad_w) - self.filter_shape[1]) / self.stride + 1
        return self.n_filters, int(output_height), int(output_width)


class Conv2DReshaped(Conv2D):
    """Mistake: the gradient is reshaped to rows of filters without moving the batch last."""

    def rows_of(self, accum_grad):
        return accum_grad.reshape(self.n_filters, -1)


class BatchNormalization(Layer):
    def __init__(self, momentum=0.99):
        self.momentum = momentum
        self.trainable = True
        self.eps = 0.01
        self.running_mean = None
        self.running_var = None

    def initialize(self, optimizer):
        self.gamma = np.ones(self.input_shape)
        self.beta = np.zeros(self.input_shape)
        self.gamma_opt = copy.copy(optimizer)
        self.beta_opt = copy.copy(optimizer)

    def forward_pass(self, X, training=True):
        if self.running_mean is None:
            self.running_mean = np.mean(X, axis=0)
            self.running_var = np.var(X, axis=0)
        if training and self.trainable:
            mean = np.mean(X, axis=0)
            var = np.var(X, axis=0)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            mean, var = self.running_mean, self.running_var
        self.X_centered = X - mean
        self.stddev_inv = 1 / np.sqrt(var + self.eps)
        return self.gamma * (self.X_centered * self.stddev_inv) + self.beta

    def backward_pass(self, accum_grad):
        gamma = self.gamma
        if self.trainable:
            X_norm = self.X_centered * self.stddev_inv
            grad_gamma = np.sum(accum_grad * X_norm, axis=0)
            grad_beta = np.sum(accum_grad, axis=0)
            self.gamma = self.gamma_opt.update(self.gamma, grad_gamma)
            self.beta = self.beta_opt.update(self.beta, grad_beta)
        return self.input_gradient(gamma, accum_grad)

    def input_gradient(self, gamma, accum_grad):
        batch_size = accum_grad.shape[0]
        return (1 / batch_size) * gamma * self.stddev_inv * (
            batch_size * accum_grad
            - np.sum(accum_grad, axis=0)
            - self.X_centered * self.stddev_inv**2 * np.sum(accum_grad * self.X_centered, axis=0)
        )  # fmt: skip

    def output_shape(self):
        return self.input_shape


class BatchNormalizationConstant(BatchNormalization):
    """Mistake: the mean and the variance are taken for constants."""

    def input_gradient(self, gamma, accum_grad):
        return accum_grad * gamma * self.stddev_inv


class PoolingLayer(Layer):
    def __init__(self, pool_shape=(2, 2), stride=1):
        self.pool_shape = pool_shape
        self.stride = stride
        self.trainable = True

    def forward_pass(self, X, training=True):
        self.layer_input = X
        batch_size, channels, height, width = X.shape
        X = X.reshape(batch_size * channels, 1, height, width)
        X_col = image_to_column(X, self.pool_shape, self.stride, "valid")
        output = self._pool_forward(X_col)
        out_h = (height - self.pool_shape[0]) // self.stride + 1
        out_w = (width - self.pool_shape[1]) // self.stride + 1
        output = output.reshape(out_h, out_w, batch_size, channels)
        return output.transpose(2, 3, 0, 1)

    def backward_pass(self, accum_grad):
        batch_size, channels, height, width = self.layer_input.shape
        accum_grad = accum_grad.transpose(2, 3, 0, 1).ravel()
        accum_grad_col = self._pool_backward(accum_grad)
        shape = (batch_size * channels, 1, height, width)
        accum_grad = column_to_image(accum_grad_col, shape, self.pool_shape, self.stride, "valid")
        return accum_grad.reshape((batch_size, channels, height, width))


class MaxPooling2D(PoolingLayer):
    def _pool_forward(self, X_col):
        arg_max = np.argmax(X_col, axis=0).flatten()
        self.cache = arg_max
        return X_col[arg_max, range(arg_max.size)]

    def _pool_backward(self, accum_grad):
        accum_grad_col = np.zeros((np.prod(self.pool_shape), accum_grad.size))
        accum_grad_col[self.cache, range(accum_grad.size)] = accum_grad
        return accum_grad_col


class AveragePooling2D(PoolingLayer):
    """Mistake: the gradient is not divided by the number of cells of the window."""

    def _pool_forward(self, X_col):
        return np.mean(X_col, axis=0)

    def _pool_backward(self, accum_grad):
        accum_grad_col = np.zeros((np.prod(self.pool_shape), accum_grad.size))
        accum_grad_col[:, range(accum_grad.size)] = accum_grad
        return accum_grad_col
