"""Piecewise linear and piecewise exponential activations: relu and its variants.

An op keeps its output if the derivative can be computed from it, else its input.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from ..errors import DtypeError, ShapeError
from ..tape.arithmetic import choose, unbroadcast
from ..tape.elementary import exp
from ..tape.operands import floating, raw, real
from ..tape.primitives import primitive
from ..tape.record import Array
from ..tape.types import ArrayLike, T


@primitive(keep=("output",), name="relu", fresh=True)
def _relu(x: Array) -> Array:
    return kernels.relu_y(x)


@_relu.vjp
def relu_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    return (choose(raw(y) <= 0, 0.0, g),)


@_relu.array_vjp
def relu_array_vjp(g: Array, needs: Any, overwrite: bool, y: Array, x: Any) -> Any:
    return (kernels.relu_x(g, y, overwrite),)


def relu(input: T | ArrayLike) -> T:
    """max(x, 0); the gradient at 0 is 0."""
    return _relu(floating("relu", input))


def _sides(x: Any) -> tuple[Array, Array]:
    """Two masks of x's dtype: x > 0, and not x > 0. Sums of products with them are exact, and faster than `where`."""
    positive = np.asarray(raw(x) > 0, raw(x).dtype)
    return positive, 1 - positive


@primitive(keep=("x",), name="leaky_relu", fresh=True)
def _leaky_relu(x: Array, negative_slope: float) -> Array:
    return kernels.leaky_relu_y(x, negative_slope)


@_leaky_relu.vjp
def leaky_relu_vjp(g: Any, needs: Any, y: Any, x: Any, negative_slope: float) -> Any:
    positive, others = _sides(x)
    return (g * (others * negative_slope + positive),)


@_leaky_relu.array_vjp
def leaky_relu_array_vjp(g: Array, needs: Any, overwrite: bool, y: Any, x: Array, negative_slope: float) -> Any:
    return (kernels.leaky_relu_x(g, x, negative_slope, overwrite),)


def leaky_relu(input: T | ArrayLike, negative_slope: float = 0.01) -> T:
    """x where x is positive, else negative_slope * x."""
    return _leaky_relu(floating("leaky_relu", input), real("leaky_relu", "negative_slope", negative_slope))


@primitive(arrays=2, keep=("x", "w"), name="prelu")
def _prelu(x: Array, w: Array) -> Array:
    return np.maximum(x, 0) + np.minimum(x, 0) * w


@_prelu.vjp
def prelu_vjp(g: Any, needs: Any, y: Any, x: Any, w: Any) -> Any:
    positive, others = _sides(x)
    gx = g * (w * others + positive) if needs[0] else None
    return gx, unbroadcast(g * choose(raw(x) > 0, 0.0, x), w.shape) if needs[1] else None


def prelu(input: T | ArrayLike, weight: T | ArrayLike) -> T:
    """x where x is positive, else weight * x; He et al., "Delving Deep into Rectifiers" (2015), equation 1.

    Args:
        input: (N, C, ...) or any other shape.
        weight: one slope for all cells, () or (1,), or one for each channel, (C,). The channels are on axis 1.

    Raises ShapeError for another number of slopes, DtypeError if the dtypes differ.
    """
    x, w = floating("prelu", input), floating("prelu", weight)
    channels = x.shape[1] if x.ndim > 1 else 1
    if w.ndim > 1 or (w.ndim == 1 and w.shape[0] not in (1, channels)):
        raise ShapeError(
            f"prelu: weight has shape {w.shape}; (1,) or, for input of shape {x.shape}, ({channels},) is needed"
        )
    if raw(x).dtype != raw(w).dtype:
        raise DtypeError(f"prelu: input is {raw(x).dtype} but weight is {raw(w).dtype}; convert one with .astype")
    per_channel = w.ndim == 1 and w.shape[0] > 1
    return _prelu(x, w.reshape(-1, *(1,) * (x.ndim - 2)) if per_channel else w.reshape(()))  # (C, 1, ...) or ()


@primitive(keep=("x",), name="elu")
def _elu(x: Array, alpha: float) -> Array:
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0))


@_elu.vjp
def elu_vjp(g: Any, needs: Any, y: Any, x: Any, alpha: float) -> Any:
    positive, others = _sides(x)
    e = exp(_hardtanh(x, -math.inf, 0.0))  # exp(x) of the negative cells, without overflow
    return (g * (e * (others * alpha) + positive),)


def elu(input: T | ArrayLike, alpha: float = 1.0) -> T:
    """x where x is positive, else alpha * (exp(x) - 1); Clevert et al. (2016), equation 15."""
    return _elu(floating("elu", input), real("elu", "alpha", alpha))


# Klambauer et al., "Self-Normalizing Neural Networks" (2017), equation 14. They preserve mean 0 and variance 1.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def selu(input: T | ArrayLike) -> T:
    """SELU_SCALE * elu(x, SELU_ALPHA); Klambauer et al. (2017)."""
    return _elu(floating("selu", input), SELU_ALPHA) * SELU_SCALE


@primitive(keep=("x",), name="hardtanh")
def _hardtanh(x: Array, low: float, high: float) -> Array:
    return np.clip(x, low, high)


@_hardtanh.vjp
def hardtanh_vjp(g: Any, needs: Any, y: Any, x: Any, low: float, high: float) -> Any:
    return (choose((raw(x) > low) & (raw(x) < high), g, 0.0),)


def hardtanh(input: T | ArrayLike, min_val: float = -1.0, max_val: float = 1.0) -> T:
    """x limited to the range from min_val to max_val. The gradient at the limits is 0 (for `clamp` it is 1)."""
    low, high = real("hardtanh", "min_val", min_val), real("hardtanh", "max_val", max_val)
    if low > high:
        raise ValueError(f"hardtanh: min_val must not be greater than max_val; got {min_val} and {max_val}")
    return _hardtanh(floating("hardtanh", input), low, high)


def relu6(input: T | ArrayLike) -> T:
    """min(max(x, 0), 6)."""
    return _hardtanh(floating("relu6", input), 0.0, 6.0)


def hardsigmoid(input: T | ArrayLike) -> T:
    """relu6(x + 3) / 6."""
    return _hardtanh(floating("hardsigmoid", input) + 3.0, 0.0, 6.0) / 6.0


@primitive(keep=("x",), name="hardswish")
def _hardswish(x: Array) -> Array:
    return x * (np.clip(x + 3, 0, 6) / 6)


@_hardswish.vjp
def hardswish_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    above = np.asarray(raw(x) >= 3, raw(x).dtype)
    inside = np.asarray(raw(x) > -3, raw(x).dtype) - above
    return (g * ((_hardtanh(x, -3.0, 3.0) * (1 / 3) + 0.5) * inside + above),)


def hardswish(input: T | ArrayLike) -> T:
    """x * relu6(x + 3) / 6; Howard et al., "Searching for MobileNetV3" (2019), section 5.2."""
    return _hardswish(floating("hardswish", input))
