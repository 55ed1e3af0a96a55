"""Layers in the style of Keras: `build(input_shape)` at the first call, `call(inputs)`, kernel and bias, channels last.

A layer is called like a function. `backward(grad)` returns the gradient of the inputs and keeps those of the weights in
`self.gradients`, in the order of `self.trainable_weights`, which lists the arrays.
"""

import numpy as np


def linear(x):
    return x


class Layer:
    def __init__(self, name=None):
        self.built = False
        self.name = name or self.__class__.__name__.lower()
        self.gradients = []

    def build(self, input_shape):
        self.built = True

    def __call__(self, inputs, training=True):
        if not self.built:
            self.build(inputs.shape)
            self.built = True
        return self.call(inputs, training=training)

    @property
    def trainable_weights(self):
        return []

    def apply_gradients(self, learning_rate):
        for weight, gradient in zip(self.trainable_weights, self.gradients, strict=True):
            weight -= learning_rate * gradient


class Dense(Layer):
    def __init__(self, units, activation=None, use_bias=True, name=None):
        super().__init__(name)
        self.units = units
        self.activation = activation
        self.use_bias = use_bias

    def build(self, input_shape):
        limit = np.sqrt(6 / (input_shape[-1] + self.units))
        self.kernel = np.random.uniform(-limit, limit, (input_shape[-1], self.units))
        self.bias = np.zeros(self.units)

    @property
    def trainable_weights(self):
        return [self.kernel, self.bias] if self.use_bias else [self.kernel]

    def call(self, inputs, training=True):
        self.inputs = inputs
        self.z = inputs @ self.kernel
        if self.use_bias:
            self.z = self.z + self.bias
        if self.activation == "relu":
            return np.maximum(self.z, 0)
        return self.z

    def backward(self, grad):
        if self.activation == "relu":
            grad = grad * (self.z > 0)
        self.gradients = [self.inputs.T @ grad]
        if self.use_bias:
            self.gradients.append(grad.sum(axis=0))
        return grad @ self.kernel.T


class Conv2D(Layer):
    def __init__(
        self, filters, kernel_size, strides=(1, 1), padding="valid", activation=None, use_bias=True, name=None
    ):
        super().__init__(name)
        self.filters = filters
        self.kernel_size = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
        self.strides = strides if isinstance(strides, tuple) else (strides, strides)
        if padding not in ("valid", "same"):
            raise ValueError(f"padding must be 'valid' or 'same', got {padding!r}")
        self.padding = padding
        self.activation = activation or linear
        self.use_bias = use_bias

    def build(self, input_shape):
        kh, kw = self.kernel_size
        self.kernel = np.random.randn(kh, kw, input_shape[-1], self.filters) * np.sqrt(2 / (kh * kw * input_shape[-1]))
        self.bias = np.zeros(self.filters)

    @property
    def trainable_weights(self):
        return [self.kernel, self.bias]

    def borders(self, shape):
        """What "same" adds before and after each axis; the odd cell goes to the end."""
        if self.padding == "valid":
            return (0, 0), (0, 0)
        totals = [
            max((-(-n // s) - 1) * s + k - n, 0)
            for n, s, k in zip(shape[1:3], self.strides, self.kernel_size, strict=True)
        ]
        return tuple((total // 2, total - total // 2) for total in totals)

    def call(self, inputs, training=True):
        self.inputs = inputs
        padded = np.pad(inputs, ((0, 0), *self.borders(inputs.shape), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.kernel_size, axis=(1, 2))
        self.windows = windows[:, :: self.strides[0], :: self.strides[1]]
        outputs = np.einsum("nhwcij,ijco->nhwo", self.windows, self.kernel)
        if self.use_bias:
            outputs = outputs + self.bias
        return self.activation(outputs)

    def backward(self, grad):
        self.gradients = [np.einsum("nhwcij,nhwo->ijco", self.windows, grad), grad.sum(axis=(0, 1, 2))]
        (top, bottom), (left, right) = self.borders(self.inputs.shape)
        n, h, w, c = self.inputs.shape
        d_padded = np.zeros((n, h + top + bottom, w + left + right, c))
        sh, sw = self.strides
        for i in range(self.kernel_size[0]):
            for j in range(self.kernel_size[1]):
                rows = slice(i, i + sh * (grad.shape[1] - 1) + 1, sh)
                cols = slice(j, j + sw * (grad.shape[2] - 1) + 1, sw)
                d_padded[:, rows, cols] += grad @ self.matrix_at(i, j)
        return d_padded[:, top : top + h, left : left + w]

    def matrix_at(self, i, j):
        """The kernel's matrix from output channels to input channels."""
        return self.kernel[i, j].T


class Conv2DReshapedKernel(Conv2D):
    """Mistake: the channels of the kernel are reshaped, not transposed, for the gradient of the inputs."""

    def matrix_at(self, i, j):
        return self.kernel[i, j].reshape(self.filters, -1)


class Conv2DTranspose(Layer):
    """The kernel is (rows, columns, filters, input channels)."""

    def __init__(self, filters, kernel_size, strides=1, name=None):
        super().__init__(name)
        self.filters = filters
        self.kernel_size = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
        self.strides = strides

    def build(self, input_shape):
        self.kernel = np.random.randn(*self.kernel_size, self.filters, input_shape[-1]) * 0.1
        self.bias = np.zeros(self.filters)

    @property
    def trainable_weights(self):
        return [self.kernel, self.bias]

    def taps(self, h, w):
        s = self.strides
        for i in range(self.kernel_size[0]):
            for j in range(self.kernel_size[1]):
                yield i, j, slice(i, i + s * (h - 1) + 1, s), slice(j, j + s * (w - 1) + 1, s)

    def call(self, inputs, training=True):
        self.inputs = inputs
        n, h, w, _ = inputs.shape
        kh, kw = self.kernel_size
        outputs = np.zeros((n, (h - 1) * self.strides + kh, (w - 1) * self.strides + kw, self.filters))
        for i, j, rows, cols in self.taps(h, w):
            outputs[:, rows, cols] += inputs @ self.kernel[i, j].T
        return outputs + self.bias

    def backward(self, grad):
        d_inputs, d_kernel = np.zeros_like(self.inputs), np.zeros_like(self.kernel)
        for i, j, rows, cols in self.taps(*self.inputs.shape[1:3]):
            d_inputs += grad[:, rows, cols] @ self.kernel[i, j]
            d_kernel[i, j] = np.einsum("nhwo,nhwc->oc", grad[:, rows, cols], self.inputs)
        self.gradients = [d_kernel, grad.sum(axis=(0, 1, 2))]
        return d_inputs


class Conv2DTransposeLastSample(Conv2DTranspose):
    """Mistake: a loop over the samples assigns the kernel's gradient."""

    def backward(self, grad):
        d_inputs = super().backward(grad)
        d_kernel = np.zeros_like(self.kernel)
        for n in range(len(grad)):
            for i, j, rows, cols in self.taps(*self.inputs.shape[1:3]):
                d_kernel[i, j] = np.einsum("hwo,hwc->oc", grad[n, rows, cols], self.inputs[n])
        self.gradients[0] = d_kernel
        return d_inputs


class BatchNormalization(Layer):
    """Over all axes but the last."""

    def __init__(self, momentum=0.99, epsilon=0.001, name=None):
        super().__init__(name)
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, input_shape):
        self.gamma, self.beta = np.ones(input_shape[-1]), np.zeros(input_shape[-1])
        self.moving_mean, self.moving_variance = np.zeros(input_shape[-1]), np.ones(input_shape[-1])

    @property
    def trainable_weights(self):
        return [self.gamma, self.beta]

    def call(self, inputs, training=True):
        if not training:
            return self.gamma * (inputs - self.moving_mean) / np.sqrt(self.moving_variance + self.epsilon) + self.beta
        self.axes = tuple(range(inputs.ndim - 1))
        mean, variance = inputs.mean(axis=self.axes), inputs.var(axis=self.axes)
        self.moving_mean = self.momentum * self.moving_mean + (1 - self.momentum) * mean
        self.moving_variance = self.momentum * self.moving_variance + (1 - self.momentum) * variance
        self.inv_std = 1 / np.sqrt(variance + self.epsilon)
        self.normalized = (inputs - mean) * self.inv_std
        return self.gamma * self.normalized + self.beta

    def backward(self, grad):
        self.gradients = [(grad * self.normalized).sum(axis=self.axes), grad.sum(axis=self.axes)]
        d_normalized = self.through_gamma(grad)
        return self.inv_std * (
            d_normalized
            - d_normalized.mean(axis=self.axes)
            - self.normalized * (d_normalized * self.normalized).mean(axis=self.axes)
        )

    def through_gamma(self, grad):
        return grad * self.gamma


class BatchNormalizationWithoutGamma(BatchNormalization):
    """Mistake: gamma is missing from the gradient of the inputs."""

    def through_gamma(self, grad):
        return grad
