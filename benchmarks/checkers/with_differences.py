"""The check of CS231n's assignments: central differences of each cell, and the largest relative error."""

import numpy as np

STEP = 1e-5
LIMIT = 1e-7


def numerical_gradient(f, x, dy):
    """The course's `eval_numerical_gradient_array`, which changes x in place, one cell at a time."""
    gradient = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        old = x[index]
        x[index] = old + STEP
        above = np.array(f())
        x[index] = old - STEP
        below = np.array(f())
        x[index] = old
        gradient[index] = np.sum((above - below) * dy) / (2 * STEP)
    return gradient


def relative_error(a, b):
    """The course's `rel_error`."""
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))


def check(layer, limit=LIMIT):
    """Raise an error if the relative error is above the limit, or if the code fails."""
    numerical = [numerical_gradient(lambda: layer.forward(*layer.inputs)[0], x, layer.dy) for x in layer.inputs]
    _, kept = layer.forward(*layer.inputs)
    for name, one, other in zip(layer.code.returns, layer.backward(layer.dy, kept), numerical, strict=True):
        if np.shape(one) != other.shape:
            raise AssertionError(f"d{name} has shape {np.shape(one)} instead of {other.shape}")
        error = relative_error(one, other)
        if not error <= limit:
            raise AssertionError(f"relative error of d{name}: {error:.1e}")
