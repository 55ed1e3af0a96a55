"""Smooth activations: tanh, sigmoid and functions composed of them.

An op keeps its output if the derivative can be computed from it, else its input.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..tape.arithmetic import choose
from ..tape.elementary import exp
from ..tape.operands import floating, raw, real
from ..tape.primitives import primitive
from ..tape.record import Array
from ..tape.types import ArrayLike, T
from .piecewise_activation import hardtanh


@primitive(keep=("output",), name="tanh", fresh=True)
def _tanh(x: Array) -> Array:
    return np.tanh(x)


@_tanh.vjp
def tanh_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    return (g - g * y * y,)


def tanh(input: T | ArrayLike) -> T:
    """The hyperbolic tangent; its derivative is 1 - tanh(x)**2."""
    return _tanh(floating("tanh", input))


@primitive(keep=("x",), name="arctan")
def _arctan(x: Array) -> Array:
    return np.arctan(x)


@_arctan.vjp
def arctan_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    with np.errstate(over="ignore"):  # where x * x overflows, the derivative is 0
        return (g / (x * x + 1.0),)


def arctan(input: T | ArrayLike) -> T:
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


def sigmoid(input: T | ArrayLike) -> T:
    """1 / (1 + exp(-x)); its derivative is y * (1 - y)."""
    return _sigmoid(floating("sigmoid", input))


@primitive(keep=("x",), name="logsigmoid")
def _logsigmoid(x: Array) -> Array:
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


@_logsigmoid.vjp
def logsigmoid_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    return (g * sigmoid(-x),)


def logsigmoid(input: T | ArrayLike) -> T:
    """log(sigmoid(x)) without overflow; its derivative is sigmoid(-x)."""
    return _logsigmoid(floating("logsigmoid", input))


@primitive(keep=("x",), name="softplus")
def _softplus(x: Array, beta: float, threshold: float) -> Array:
    with np.errstate(over="ignore"):  # an infinite z is above the threshold, or exp(z) is 0
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
    """Return beta as a float; raise ValueError if it is 0, because softplus divides by it."""
    number = real(op, "beta", beta)
    if number == 0:
        raise ValueError(f"{op}: beta must not be 0")
    return number


def softplus(input: T | ArrayLike, beta: float = 1.0, threshold: float = 20.0) -> T:
    """log(1 + exp(beta * x)) / beta, and x itself where beta * x exceeds the threshold. beta must not be 0."""
    beta = check_beta("softplus", beta)
    return _softplus(floating("softplus", input), beta, real("softplus", "threshold", threshold))


@primitive(keep=("x", "output"), name="silu")
def _silu(x: Array) -> Array:
    with np.errstate(over="ignore"):  # x / inf is 0, the right limit
        return x / (np.exp(-x) + 1)


@_silu.vjp
def silu_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    s = sigmoid(x)
    return (g * (y * (1.0 - s) + s),)  # x * s would be wrong: `sigmoid` never reaches 0


def silu(input: T | ArrayLike) -> T:
    """x * sigmoid(x), also called swish; Ramachandran et al., "Searching for Activation Functions" (2017)."""
    return _silu(floating("silu", input))


_FLAT_LEFT, _FLAT_RIGHT = -1000.0, 40.0  # beyond these limits, the slope of mish is 0 or 1 in float64


@primitive(keep=("x",), name="mish")
def _mish(x: Array) -> Array:
    e = np.exp(np.minimum(x, _FLAT_RIGHT))
    n = e * (e + 2)
    return x * (n / (n + 2))


@_mish.vjp
def mish_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    z = hardtanh(x, _FLAT_LEFT, _FLAT_RIGHT)
    e = exp(z)
    n = e * (e + 2.0)
    return (g * ((n + z * (e * (e + 1.0)) * 4.0 / (n + 2.0)) / (n + 2.0)),)


def mish(input: T | ArrayLike) -> T:
    """x * tanh(softplus(x)), Misra, "Mish" (2019).

    With e = exp(x) and n = e * (e + 2), tanh(softplus(x)) is n / (n + 2) with the slope 4 * e * (e + 1) / (n + 2)**2.
    """
    return _mish(floating("mish", input))
