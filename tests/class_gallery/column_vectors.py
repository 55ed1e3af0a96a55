"""Layers in the style of a video course: one sample, column vectors, SciPy's correlations.

A dense layer maps a column (inputs, 1) to a column (outputs, 1). A convolutional layer is given its input's shape
(depth, height, width). `backward(output_gradient, learning_rate)` updates the parameters and returns the input's
gradient. An activation is a layer made of a function and its derivative.
"""

import numpy as np

try:
    from scipy import signal
except ImportError:  # only the convolutions need it
    signal = None


class Layer:
    def __init__(self):
        self.input = None
        self.output = None

    def forward(self, input):
        pass

    def backward(self, output_gradient, learning_rate):
        pass


class Dense(Layer):
    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(output_size, input_size)
        self.bias = np.random.randn(output_size, 1)

    def forward(self, input):
        self.input = input
        return np.dot(self.weights, self.input) + self.bias

    def backward(self, output_gradient, learning_rate):
        weights_gradient = np.dot(output_gradient, self.input.T)
        input_gradient = np.dot(self.weights.T, output_gradient)
        self.weights -= learning_rate * weights_gradient
        self.bias -= learning_rate * output_gradient
        return input_gradient


class DenseEager(Dense):
    """Mistake: the weights are updated before the input's gradient is computed."""

    def backward(self, output_gradient, learning_rate):
        self.weights -= learning_rate * np.dot(output_gradient, self.input.T)
        self.bias -= learning_rate * output_gradient
        return np.dot(self.weights.T, output_gradient)


class Convolutional(Layer):
    """One bias for each kernel."""

    def __init__(self, input_shape, kernel_size, depth):
        input_depth, input_height, input_width = input_shape
        self.depth = depth
        self.input_shape = input_shape
        self.input_depth = input_depth
        self.output_shape = (depth, input_height - kernel_size + 1, input_width - kernel_size + 1)
        self.kernels_shape = (depth, input_depth, kernel_size, kernel_size)
        self.kernels = np.random.randn(*self.kernels_shape)
        self.biases = np.random.randn(depth)

    def forward(self, input):
        self.input = input
        self.output = np.zeros(self.output_shape) + self.biases[:, None, None]
        for i in range(self.depth):
            for j in range(self.input_depth):
                self.output[i] += signal.correlate2d(self.input[j], self.kernels[i, j], "valid")
        return self.output

    def backward(self, output_gradient, learning_rate):
        kernels_gradient = np.zeros(self.kernels_shape)
        input_gradient = np.zeros(self.input_shape)
        for i in range(self.depth):
            for j in range(self.input_depth):
                kernels_gradient[i, j] = signal.correlate2d(self.input[j], output_gradient[i], "valid")
                input_gradient[j] += signal.convolve2d(output_gradient[i], self.kernels[i, j], "full")
        self.kernels -= learning_rate * kernels_gradient
        self.biases -= learning_rate * output_gradient.sum(axis=(1, 2))
        return input_gradient


class ConvolutionalCorrelated(Convolutional):
    """Mistake: the input's gradient is a correlation with the kernel too."""

    def backward(self, output_gradient, learning_rate):
        input_gradient = np.zeros(self.input_shape)
        for i in range(self.depth):
            for j in range(self.input_depth):
                input_gradient[j] += signal.correlate2d(output_gradient[i], self.kernels[i, j], "full")
        super().backward(output_gradient, learning_rate)
        return input_gradient


class ConvolutionalFlipped(Convolutional):
    """Mistake: SciPy's convolve2d rotates the kernel, which a convolutional layer doesn't do.

    The gradients are those of this forward.
    """

    def forward(self, input):
        self.input = input
        self.output = np.zeros(self.output_shape) + self.biases[:, None, None]
        for i in range(self.depth):
            for j in range(self.input_depth):
                self.output[i] += signal.convolve2d(self.input[j], self.kernels[i, j], "valid")
        return self.output

    def backward(self, output_gradient, learning_rate):
        kernels_gradient = np.zeros(self.kernels_shape)
        input_gradient = np.zeros(self.input_shape)
        for i in range(self.depth):
            for j in range(self.input_depth):
                correlation = signal.correlate2d(self.input[j], output_gradient[i], "valid")
                kernels_gradient[i, j] = np.rot90(correlation, 2)
                input_gradient[j] += signal.correlate2d(output_gradient[i], self.kernels[i, j], "full")
        self.kernels -= learning_rate * kernels_gradient
        self.biases -= learning_rate * output_gradient.sum(axis=(1, 2))
        return input_gradient


class Activation(Layer):
    def __init__(self, activation, activation_prime):
        self.activation = activation
        self.activation_prime = activation_prime

    def forward(self, input):
        self.input = input
        return self.activation(self.input)

    def backward(self, output_gradient, learning_rate):
        return np.multiply(output_gradient, self.activation_prime(self.input))


class Tanh(Activation):
    def __init__(self):
        def tanh(x):
            return np.tanh(x)

        def tanh_prime(x):
            return 1 - np.tanh(x) ** 2

        super().__init__(tanh, tanh_prime)


class Sigmoid(Activation):
    """Mistake: the derivative in terms of the output is applied to the input."""

    def __init__(self):
        def sigmoid(x):
            return 1 / (1 + np.exp(-x))

        def sigmoid_prime(x):
            return x * (1 - x)

        super().__init__(sigmoid, sigmoid_prime)


class Softmax(Layer):
    def forward(self, input):
        tmp = np.exp(input - np.max(input))
        self.output = tmp / np.sum(tmp)
        return self.output

    def backward(self, output_gradient, learning_rate):
        n = np.size(self.output)
        return np.dot((np.identity(n) - self.output.T) * self.output, output_gradient)
