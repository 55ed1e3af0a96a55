"""ReLU, leaky ReLU and sigmoid, each with its gradient.

    relu_y(x) -> y                  max(x, 0)                        relu_x(gy, y) -> gx
    leaky_relu_y(x, slope) -> y     x, multiplied by slope below 0   leaky_relu_x(gy, x, slope) -> gx
    sigmoid_y(x) -> y               1 / (1 + exp(-x))                sigmoid_x(gy, y) -> gx

NaN stays NaN. The other activations are ops in functional/, because they take too little of a training step to justify
a kernel.
"""

from __future__ import annotations

import numpy as np

from ..dispatch import Array, kernel
from .mask import masked

# Constants are 0-d arrays: with a Python number, a ufunc takes a third of a microsecond longer.
_FLOATS = (np.float32, np.float64)
_ONE = {np.dtype(kind): np.ones((), kind) for kind in _FLOATS}
_LARGEST_EXPONENT = {np.dtype(kind): np.asarray(np.log(np.finfo(kind).max) * 0.999, kind) for kind in _FLOATS}


@kernel
def relu_y(x: Array) -> Array:
    """Return max(x, 0)."""
    return np.maximum(x, 0)


@kernel
def relu_x(gy: Array, y: Array, overwrite: bool = False) -> Array:
    """Return gy with 0 where y is 0; an engine may compute it in the memory of gy if `overwrite`."""
    keep = ~(y <= 0)
    return masked(gy, keep) if y.ndim else np.where(keep, gy, 0)


@kernel
def leaky_relu_y(x: Array, slope: float) -> Array:
    """Return x where it is positive, and x * slope elsewhere."""
    return np.maximum(x, 0) + np.minimum(x, 0) * slope


@kernel
def leaky_relu_x(gy: Array, x: Array, slope: float, overwrite: bool = False) -> Array:
    """Return gy where x is positive and gy * slope elsewhere; an engine may write into gy if `overwrite`."""
    positive = np.asarray(x > 0, x.dtype)
    return gy * ((1 - positive) * slope + positive)  # adding both cases is exact, and faster than np.where


@kernel
def sigmoid_y(x: Array) -> Array:
    """Return 1 / (1 + exp(-x))."""
    one = _ONE[x.dtype]
    e = np.minimum(-x, _LARGEST_EXPONENT[x.dtype])  # avoids an overflow; np.errstate would cost more than the rest
    return one / (one + np.exp(e))


@kernel
def sigmoid_x(gy: Array, y: Array) -> Array:
    """Return gy * y * (1 - y)."""
    return gy * (y - y * y)
