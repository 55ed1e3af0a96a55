"""Layers as dataclasses, with the learning rate as a field and an `update()` method.

Kernels are stored as a matrix (out, in * k * k) or as (in, out, k, k), biases as columns (out, 1).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


def unfold(x: np.ndarray, k: int, stride: int) -> np.ndarray:
    """Columns (N, C * k * k, places) of a padded image."""
    n, c, h, w = x.shape
    rows, cols = (h - k) // stride + 1, (w - k) // stride + 1
    out = np.empty((n, c, k, k, rows, cols), dtype=x.dtype)
    for i in range(k):
        for j in range(k):
            out[:, :, i, j] = x[:, :, i : i + stride * rows : stride, j : j + stride * cols : stride]
    return out.reshape(n, c * k * k, rows * cols)


def fold(columns: np.ndarray, shape: tuple[int, ...], k: int, stride: int) -> np.ndarray:
    n, c, h, w = shape
    rows, cols = (h - k) // stride + 1, (w - k) // stride + 1
    columns = columns.reshape(n, c, k, k, rows, cols)
    image = np.zeros(shape)
    for i in range(k):
        for j in range(k):
            image[:, :, i : i + stride * rows : stride, j : j + stride * cols : stride] += columns[:, :, i, j]
    return image


@dataclass
class LinearLayer:
    in_features: int
    out_features: int
    learning_rate: float = 0.01
    weights: np.ndarray = field(init=False, repr=False)
    biases: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.weights = np.random.randn(self.out_features, self.in_features) * 0.1
        self.biases = np.zeros((self.out_features, 1))

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ self.weights.T + self.biases.T

    def backward(self, grad: np.ndarray) -> np.ndarray:
        self.weights_grad = grad.T @ self.x
        self.biases_grad = grad.sum(axis=0)[:, None]
        return grad @ self.weights

    def update(self) -> None:
        self.weights -= self.learning_rate * self.weights_grad
        self.biases -= self.learning_rate * self.biases_grad


@dataclass
class LinearLayerReshaped(LinearLayer):
    """Mistake: the product for the weights' gradient is (in, out), and a reshape makes it (out, in)."""

    def backward(self, grad: np.ndarray) -> np.ndarray:
        dx = super().backward(grad)
        self.weights_grad = (self.x.T @ grad).reshape(self.weights.shape)
        return dx


@dataclass
class FlatConv:
    in_channels: int
    out_channels: int
    kernel_size: int = 3
    stride: int = 1
    padding: int = 0
    learning_rate: float = 0.01

    def __post_init__(self) -> None:
        self.weights = np.random.randn(self.out_channels, self.in_channels * self.kernel_size**2) * 0.1
        self.biases = np.zeros((self.out_channels, 1))

    def forward(self, x: np.ndarray) -> np.ndarray:
        p, k = self.padding, self.kernel_size
        self.x_shape = x.shape
        padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        self.padded_shape = padded.shape
        self.columns = unfold(padded, k, self.stride)
        rows = (padded.shape[2] - k) // self.stride + 1
        return (self.weights @ self.columns + self.biases).reshape(len(x), self.out_channels, rows, -1)

    def backward(self, grad: np.ndarray) -> np.ndarray:
        flat = grad.reshape(len(grad), self.out_channels, -1)
        self.weights_grad = np.einsum("nop,nkp->ok", flat, self.columns)
        self.biases_grad = flat.sum(axis=(0, 2))[:, None]
        return self.image_gradient(self.weights.T @ flat, grad.shape)

    def image_gradient(self, columns: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        p = self.padding
        padded = fold(columns, self.padded_shape, self.kernel_size, self.stride)
        return padded[:, :, p : p + self.x_shape[2], p : p + self.x_shape[3]]

    def update(self) -> None:
        self.weights -= self.learning_rate * self.weights_grad
        self.biases -= self.learning_rate * self.biases_grad


@dataclass
class FlatConvTight(FlatConv):
    """Mistake: the canvas is only as large as the windows reach, not as the image is."""

    def image_gradient(self, columns: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        k, s, p = self.kernel_size, self.stride, self.padding
        canvas = (*self.padded_shape[:2], (shape[2] - 1) * s + k, (shape[3] - 1) * s + k)
        padded = fold(columns, canvas, k, s)
        return padded[:, :, p : p + self.x_shape[2], p : p + self.x_shape[3]]


@dataclass
class InputFirstConv:
    """The kernels are (in, out, k, k)."""

    in_channels: int
    out_channels: int
    kernel_size: int = 3
    stride: int = 1
    padding: int = 0

    def __post_init__(self) -> None:
        shape = (self.in_channels, self.out_channels, self.kernel_size, self.kernel_size)
        self.weights = np.random.randn(*shape) * 0.1
        self.bias = np.zeros(self.out_channels)

    def forward(self, x: np.ndarray) -> np.ndarray:
        p, k, s = self.padding, self.kernel_size, self.stride
        self.padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        view = np.lib.stride_tricks.sliding_window_view(self.padded, (k, k), axis=(2, 3))
        self.view = view[:, :, ::s, ::s]
        return np.einsum("nchwij,coij->nohw", self.view, self.weights) + self.bias[:, None, None]

    def backward(self, grad: np.ndarray) -> np.ndarray:
        p, k, s = self.padding, self.kernel_size, self.stride
        self.d_weights = np.einsum("nchwij,nohw->coij", self.view, grad)
        self.d_bias = grad.sum(axis=(0, 2, 3))
        d_columns = np.einsum("nohw,coij->ncijhw", grad, self.weights)
        padded = fold(d_columns, self.padded.shape, k, s)
        return padded[:, :, p : padded.shape[2] - p, p : padded.shape[3] - p]


@dataclass
class MaxPool:
    kernel_size: int = 2
    stride: int = 2

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        n, c, h, w = x.shape
        columns = unfold(x.reshape(n * c, 1, h, w), self.kernel_size, self.stride)
        self.winners = columns.argmax(axis=1)
        self.columns_shape = columns.shape
        return columns.max(axis=1).reshape(n, c, (h - self.kernel_size) // self.stride + 1, -1)

    def backward(self, grad: np.ndarray) -> np.ndarray:
        n, c, h, w = self.x.shape
        columns = self.empty_columns()
        np.put_along_axis(columns, self.winners[:, None], grad.reshape(n * c, 1, -1), axis=1)
        return fold(columns, (n * c, 1, h, w), self.kernel_size, self.stride).reshape(n, c, h, w)

    def empty_columns(self) -> np.ndarray:
        return np.zeros(self.columns_shape)


@dataclass
class MaxPoolOfIntegers(MaxPool):
    """Mistake: the gradient is gathered in an array of integers."""

    def empty_columns(self) -> np.ndarray:
        return np.zeros(self.columns_shape, dtype=int)


@dataclass
class SquaredError:
    """The mean over all elements."""

    def forward(self, prediction: np.ndarray, target: np.ndarray) -> float:
        self.difference = prediction - target
        return float(np.mean(self.difference**2))

    def backward(self) -> np.ndarray:
        return 2 * self.difference / self.difference.size


@dataclass
class SquaredErrorPerSample(SquaredError):
    """Mistake: the gradient is divided by the number of samples, the loss by that of all elements."""

    def backward(self) -> np.ndarray:
        return 2 * self.difference / len(self.difference)
