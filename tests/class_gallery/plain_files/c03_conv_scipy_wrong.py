import numpy as np
from scipy.signal import correlate2d


class Conv2D:
    def __init__(self, input_shape, filter_size, num_filters):
        self.in_depth, self.in_h, self.in_w = input_shape
        self.num_filters = num_filters
        self.input_shape = input_shape
        self.filters = np.random.randn(num_filters, self.in_depth, filter_size, filter_size) * 0.1
        self.bias = np.zeros(num_filters)

    def forward(self, image):
        self.last_input = image
        rows = []
        for f in range(self.num_filters):
            acc = sum(correlate2d(image[c], self.filters[f, c], mode="valid") for c in range(self.in_depth))
            rows.append(acc + self.bias[f])
        return np.stack(rows)

    def backward(self, grad_output, lr=0.01):
        grad_filters = np.zeros_like(self.filters)
        grad_input = np.zeros(self.input_shape)
        for f in range(self.num_filters):
            for c in range(self.in_depth):
                grad_filters[f, c] = correlate2d(self.last_input[c], grad_output[f], mode="valid")
                grad_input[c] += correlate2d(grad_output[f], self.filters[f, c], mode="full")
        grad_bias = grad_output.sum(axis=(1, 2))
        self.filters -= lr * grad_filters
        self.bias -= lr * grad_bias
        return grad_input
