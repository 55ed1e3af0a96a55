"""Layers in the style of a book in which nothing is returned.

`forward(inputs)` leaves its result in `self.output`, `backward(dvalues)` leaves `self.dinputs`, `self.dweights` and
`self.dbiases`. Inputs are (samples, features) and the weights (inputs, neurons).
"""

import numpy as np


class Layer_Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.01 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)


class Layer_Dense_Regularized(Layer_Dense):
    """The penalties are zero by default."""

    def __init__(self, n_inputs, n_neurons, weight_regularizer_l1=0, weight_regularizer_l2=0, bias_regularizer_l2=0):
        super().__init__(n_inputs, n_neurons)
        self.weight_regularizer_l1 = weight_regularizer_l1
        self.weight_regularizer_l2 = weight_regularizer_l2
        self.bias_regularizer_l2 = bias_regularizer_l2

    def forward(self, inputs, training=True):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        if self.weight_regularizer_l1 > 0:
            self.dweights += self.weight_regularizer_l1 * np.where(self.weights < 0, -1, 1)
        if self.weight_regularizer_l2 > 0:
            self.dweights += 2 * self.weight_regularizer_l2 * self.weights
        if self.bias_regularizer_l2 > 0:
            self.dbiases += 2 * self.bias_regularizer_l2 * self.biases
        self.dinputs = np.dot(dvalues, self.weights.T)

    def get_parameters(self):
        return self.weights, self.biases

    def set_parameters(self, weights, biases):
        self.weights = weights
        self.biases = biases


class Layer_Dense_Averaged(Layer_Dense):
    """Mistake: the weights' gradient is divided by the number of samples, which the loss has already done."""

    def backward(self, dvalues):
        samples = len(dvalues)
        self.dweights = np.dot(self.inputs.T, dvalues) / samples
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)


class Layer_Conv2D:
    def __init__(self, n_channels, n_filters, kernel_size, stride=1, padding=0):
        self.n_filters = n_filters
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.weights = 0.1 * np.random.randn(n_filters, n_channels, kernel_size, kernel_size)
        self.biases = np.zeros(n_filters)

    def forward(self, inputs):
        self.inputs = inputs
        p, k, s = self.padding, self.kernel_size, self.stride
        self.padded = np.pad(inputs, ((0, 0), (0, 0), (p, p), (p, p)))
        height = (self.padded.shape[2] - k) // s + 1
        width = (self.padded.shape[3] - k) // s + 1
        self.output = np.zeros((len(inputs), self.n_filters, height, width))
        for i in range(height):
            for j in range(width):
                region = self.padded[:, :, i * s : i * s + k, j * s : j * s + k]
                self.output[:, :, i, j] = np.tensordot(region, self.weights, axes=([1, 2, 3], [1, 2, 3]))
        self.output += self.biases[:, None, None]

    def backward(self, dvalues):
        p, k, s = self.padding, self.kernel_size, self.stride
        _, _, height, width = self.inputs.shape
        self.dweights = np.zeros_like(self.weights)
        dpadded = np.zeros_like(self.padded)
        for n in range(len(dvalues)):
            for i in range(dvalues.shape[2]):
                for j in range(dvalues.shape[3]):
                    window = (n, slice(None), slice(i * s, i * s + k), slice(j * s, j * s + k))
                    for f in range(self.n_filters):
                        self.dweights[f] += dvalues[n, f, i, j] * self.padded[window]
                        dpadded[window] += dvalues[n, f, i, j] * self.weights[f]
        self.dbiases = dvalues.sum(axis=(0, 2, 3))
        self.dinputs = dpadded[:, :, p : p + height, p : p + width]


class Layer_Conv2D_LastSample(Layer_Conv2D):
    """Mistake: the weights' gradient is started anew for each sample."""

    def backward(self, dvalues):
        super().backward(dvalues)
        k, s = self.kernel_size, self.stride
        for n in range(len(dvalues)):
            gradient = np.zeros_like(self.weights)
            for i in range(dvalues.shape[2]):
                for j in range(dvalues.shape[3]):
                    region = self.padded[n, :, i * s : i * s + k, j * s : j * s + k]
                    gradient += dvalues[n, :, i, j][:, None, None, None] * region
            self.dweights = gradient


class Activation_ReLU:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)

    def backward(self, dvalues):
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] = 0


class Activation_ReLU_Of_Gradient(Activation_ReLU):
    """Mistake: the mask comes from the gradient."""

    def backward(self, dvalues):
        self.dinputs = dvalues.copy()
        self.dinputs[self.dinputs <= 0] = 0


class Activation_Softmax:
    def forward(self, inputs):
        self.inputs = inputs
        exp_values = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = exp_values / np.sum(exp_values, axis=1, keepdims=True)

    def backward(self, dvalues):
        self.dinputs = np.empty_like(dvalues)
        for index, (single_output, single_dvalues) in enumerate(zip(self.output, dvalues, strict=True)):
            single_output = single_output.reshape(-1, 1)
            jacobian_matrix = np.diagflat(single_output) - np.dot(single_output, single_output.T)
            self.dinputs[index] = np.dot(jacobian_matrix, single_dvalues)


class Loss:
    def calculate(self, output, y):
        return np.mean(self.forward(output, y))


class Loss_MeanSquaredError(Loss):
    """`forward` gives a loss per sample, `calculate` their mean, of which `backward` is the gradient."""

    def forward(self, y_pred, y_true):
        return np.mean((y_true - y_pred) ** 2, axis=-1)

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        outputs = len(dvalues[0])
        self.dinputs = -2 * (y_true - dvalues) / outputs
        self.dinputs = self.dinputs / samples


class Loss_MeanSquaredError_Inverted(Loss_MeanSquaredError):
    """Mistake: the derivative of the square's inside is forgotten, and with it the sign."""

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        outputs = len(dvalues[0])
        self.dinputs = 2 * (y_true - dvalues) / outputs
        self.dinputs = self.dinputs / samples
