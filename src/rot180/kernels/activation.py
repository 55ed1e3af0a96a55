"""The activations that networks of convolutions are full of, in NumPy, each with its gradient.

    relu_y(x) -> y                  max(x, 0)                   relu_x(gy, y) -> gx
    leaky_relu_y(x, slope) -> y     x, times slope below 0      leaky_relu_x(gy, x, slope) -> gx
    sigmoid_y(x) -> y               1 / (1 + exp(-x))           sigmoid_x(gy, y) -> gx

A NaN stays one. Who may import it: the engine table. The others live in functional/activation.py: no profile of a
training step asks for them.
"""

from __future__ import annotations

import numpy as np

from .mask import masked
from .walk import Array

# Constants as 0-d arrays: a Python number costs a ufunc a third of a microsecond more.
_FLOATS = (np.float32, np.float64)
_ONE = {np.dtype(kind): np.ones((), kind) for kind in _FLOATS}
_LARGEST = {np.dtype(kind): np.asarray(np.log(np.finfo(kind).max) * 0.999, kind) for kind in _FLOATS}


def relu_y(x: Array) -> Array:
    """max(x, 0)."""
    return np.maximum(x, 0)


def relu_x(gy: Array, y: Array, overwrite: bool = False) -> Array:
    """gy, but 0 where y is; in an array of its own."""
    keep = ~(y <= 0)
    return masked(gy, keep) if y.ndim else np.where(keep, gy, 0)


def leaky_relu_y(x: Array, slope: float) -> Array:
    """x where it is positive, else x * slope."""
    return np.maximum(x, 0) + np.minimum(x, 0) * slope


def leaky_relu_x(gy: Array, x: Array, slope: float, overwrite: bool = False) -> Array:
    """gy where x is positive, else gy * slope; in an array of its own."""
    positive = np.asarray(x > 0, x.dtype)
    return gy * ((1 - positive) * slope + positive)  # a sum of both sides is exact, and faster than a choice


def sigmoid_y(x: Array) -> Array:
    """1 / (1 + exp(-x))."""
    one = _ONE[x.dtype]
    e = np.minimum(-x, _LARGEST[x.dtype])  # exp must not overflow; np.errstate would cost more than all of this
    return one / (one + np.exp(e))


def sigmoid_x(gy: Array, y: Array) -> Array:
    """gy * y * (1 - y)."""
    return gy * (y - y * y)
