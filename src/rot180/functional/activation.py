"""Activations, cell by cell: a forward and its vjp each. First those made of pieces, then the smooth ones.

An op keeps its output where the derivative can be read off it (relu, tanh, sigmoid), else its input.
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


@primitive(keep=("output",), name="relu", fresh=True)
def _relu(x: Array) -> Array:
    return kernels.relu_y(x)


@_relu.vjp
def relu_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    return (choose(raw(y) <= 0, 0.0, g),)


@_relu.array_vjp
def relu_array_vjp(g: Array, needs: Any, overwrite: bool, y: Array, x: Any) -> Any:
    return (kernels.relu_x(g, y, overwrite),)


def relu(input: Any) -> Any:
    """max(x, 0); the gradient at 0 is 0."""
    return _relu(floating("relu", input))


def _sides(x: Any) -> tuple[Array, Array]:
    """(1 where x is positive, 1 where it is not), else 0: sums of both sides are exact and faster than a choice."""
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


def leaky_relu(input: Any, negative_slope: float = 0.01) -> Any:
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


def prelu(input: Any, weight: Any) -> Any:
    """x where x is positive, else weight * x; He et al., "Delving Deep into Rectifiers" (2015), equation 1.

    Args:
        input: (N, C, ...) or any other shape.
        weight: () or (1,), one slope for all cells, or (C,), one for each channel, which are on axis 1.

    Raises ShapeError for another number of slopes, DtypeError where the dtypes differ.
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
    e = exp(_hardtanh(x, -math.inf, 0.0))  # of the negative cells: it must not overflow
    return (g * (e * (others * alpha) + positive),)


def elu(input: Any, alpha: float = 1.0) -> Any:
    """x where x is positive, else alpha * (exp(x) - 1); Clevert et al. (2016), equation 15."""
    return _elu(floating("elu", input), real("elu", "alpha", alpha))


# Klambauer et al., "Self-Normalizing Neural Networks" (2017), equation 14: mean 0 and variance 1 are a fixed point.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def selu(input: Any) -> Any:
    """SELU_SCALE * elu(x, SELU_ALPHA); Klambauer et al. (2017)."""
    return _elu(floating("selu", input), SELU_ALPHA) * SELU_SCALE


@primitive(keep=("x",), name="hardtanh")
def _hardtanh(x: Array, low: float, high: float) -> Array:
    return np.clip(x, low, high)


@_hardtanh.vjp
def hardtanh_vjp(g: Any, needs: Any, y: Any, x: Any, low: float, high: float) -> Any:
    return (choose((raw(x) > low) & (raw(x) < high), g, 0.0),)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """x, no smaller than min_val and no larger than max_val; at these the gradient is 0 (that of `clamp` passes)."""
    low, high = real("hardtanh", "min_val", min_val), real("hardtanh", "max_val", max_val)
    if low > high:
        raise ValueError(f"hardtanh: min_val must not be greater than max_val; got {min_val} and {max_val}")
    return _hardtanh(floating("hardtanh", input), low, high)


def relu6(input: Any) -> Any:
    """min(max(x, 0), 6)."""
    return _hardtanh(floating("relu6", input), 0.0, 6.0)


def hardsigmoid(input: Any) -> Any:
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


def hardswish(input: Any) -> Any:
    """x * relu6(x + 3) / 6; Howard et al., "Searching for MobileNetV3" (2019), section 5.2."""
    return _hardswish(floating("hardswish", input))


# ---- smooth ----


@primitive(keep=("output",), name="tanh", fresh=True)
def _tanh(x: Array) -> Array:
    return np.tanh(x)


@_tanh.vjp
def tanh_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    return (g - g * y * y,)


def tanh(input: Any) -> Any:
    """The hyperbolic tangent; its derivative is 1 - tanh(x)**2."""
    return _tanh(floating("tanh", input))


@primitive(keep=("x",), name="arctan")
def _arctan(x: Array) -> Array:
    return np.arctan(x)


@_arctan.vjp
def arctan_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    with np.errstate(over="ignore"):  # where x * x overflows, the derivative is 0
        return (g / (x * x + 1.0),)


def arctan(input: Any) -> Any:
    """The arc tangent; its derivative is 1 / (1 + x**2)."""
    return _arctan(floating("arctan", input))


@primitive(keep=("output",), name="sigmoid", fresh=True)
def _sigmoid(x: Array) -> Array:
    return kernels.sigmoid_y(x)


@_sigmoid.vjp
def sigmoid_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    return (g * (y - y * y),)


@_sigmoid.array_vjp
def sigmoid_array_vjp(g: Array, needs: Any, overwrite: bool, y: Array, x: Any) -> Any:
    return (kernels.sigmoid_x(g, y),)


def sigmoid(input: Any) -> Any:
    """1 / (1 + exp(-x)); its derivative is y * (1 - y)."""
    return _sigmoid(floating("sigmoid", input))


@primitive(keep=("x",), name="logsigmoid")
def _logsigmoid(x: Array) -> Array:
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


@_logsigmoid.vjp
def logsigmoid_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    return (g * sigmoid(-x),)


def logsigmoid(input: Any) -> Any:
    """log(sigmoid(x)) without overflow; its derivative is sigmoid(-x)."""
    return _logsigmoid(floating("logsigmoid", input))


@primitive(keep=("x",), name="softplus")
def _softplus(x: Array, beta: float, threshold: float) -> Array:
    with np.errstate(over="ignore"):  # what overflows is above the threshold, or its exp is 0
        z = x * beta
    y = (np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))) / beta
    above = z > threshold
    return np.where(above, x, y) if above.any() else y


@_softplus.vjp
def softplus_vjp(g: Any, needs: Any, y: Any, x: Any, beta: float, threshold: float) -> Any:
    with np.errstate(over="ignore"):
        z = x * beta
    return (choose(raw(z) > threshold, g, g * sigmoid(z)),)


def check_beta(op: str, beta: float) -> float:
    """beta as a float; ValueError for 0, by which softplus would divide."""
    number = real(op, "beta", beta)
    if number == 0:
        raise ValueError(f"{op}: beta is 0; a number other than 0 is needed")
    return number


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + exp(beta * x)) / beta, and x itself where beta * x is above the threshold. beta must not be 0."""
    beta = check_beta("softplus", beta)
    return _softplus(floating("softplus", input), beta, real("softplus", "threshold", threshold))


@primitive(keep=("x", "output"), name="silu")
def _silu(x: Array) -> Array:
    with np.errstate(over="ignore"):  # x / inf is the 0 that it should be
        return x / (np.exp(-x) + 1)


@_silu.vjp
def silu_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    s = sigmoid(x)
    return (g * (y * (1.0 - s) + s),)  # y, not x * s: `sigmoid` stops short of 0, which a huge x would show


def silu(input: Any) -> Any:
    """x * sigmoid(x), also called swish; Ramachandran et al., "Searching for Activation Functions" (2017)."""
    return _silu(floating("silu", input))


_FLAT_LEFT, _FLAT_RIGHT = -1000.0, 40.0  # beyond, the slope of mish is 0 and 1 in float64


@primitive(keep=("x",), name="mish")
def _mish(x: Array) -> Array:
    e = np.exp(np.minimum(x, _FLAT_RIGHT))
    n = e * (e + 2)
    return x * (n / (n + 2))


@_mish.vjp
def mish_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    z = _hardtanh(x, _FLAT_LEFT, _FLAT_RIGHT)
    e = exp(z)
    n = e * (e + 2.0)
    return (g * ((n + z * (e * (e + 1.0)) * 4.0 / (n + 2.0)) / (n + 2.0)),)


def mish(input: Any) -> Any:
    """x * tanh(softplus(x)), Misra, "Mish" (2019).

    With e = exp(x) and n = e * (e + 2) that tanh is n / (n + 2), and its slope 4 * e * (e + 1) / (n + 2)**2.
    """
    return _mish(floating("mish", input))
