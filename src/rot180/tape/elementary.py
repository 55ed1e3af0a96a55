"""Elementwise functions of one operand, for arrays and Tensors.

The activations of neural networks are in `functional/`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .erf import erf as erf_array
from .operands import floating, raw
from .primitives import primitive
from .record import Array
from .types import ArrayLike, T


@primitive(name="neg")
def _neg(x: Array) -> Array:
    return np.negative(x)


@_neg.vjp
def neg_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    return (-g,)


def neg(x: T | ArrayLike) -> T:
    """-x."""
    return _neg(floating("neg", x))


@primitive(keep=("output",), name="exp")
def _exp(x: Array) -> Array:
    return np.exp(x)


@_exp.vjp
def exp_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    return (g * output,)


def exp(x: T | ArrayLike) -> T:
    """e to the power x."""
    return _exp(floating("exp", x))


@primitive(keep=("x",), name="log")
def _log(x: Array) -> Array:
    return np.log(x)


@_log.vjp
def log_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    return (g / x,)


def log(x: T | ArrayLike) -> T:
    """The natural logarithm."""
    return _log(floating("log", x))


@primitive(keep=("output",), name="sqrt")
def _sqrt(x: Array) -> Array:
    return np.sqrt(x)


@_sqrt.vjp
def sqrt_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    return (g * 0.5 / output,)


def sqrt(x: T | ArrayLike) -> T:
    """The square root."""
    return _sqrt(floating("sqrt", x))


@primitive(keep=("x",), name="abs")
def _absolute(x: Array) -> Array:
    return np.absolute(x)


@_absolute.vjp
def absolute_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    return (g * np.sign(raw(x)),)


def absolute(x: T | ArrayLike) -> T:
    """|x|; the gradient at 0 is 0."""
    return _absolute(floating("abs", x))


@primitive(keep=("x",), name="sin")
def _sin(x: Array) -> Array:
    return np.sin(x)


@_sin.vjp
def sin_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    return (g * cos(x),)


def sin(x: T | ArrayLike) -> T:
    """The sine."""
    return _sin(floating("sin", x))


@primitive(keep=("x",), name="cos")
def _cos(x: Array) -> Array:
    return np.cos(x)


@_cos.vjp
def cos_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    return (-g * sin(x),)


def cos(x: T | ArrayLike) -> T:
    """The cosine."""
    return _cos(floating("cos", x))


@primitive(keep=("x",), name="erf")
def _erf(x: Array) -> Array:
    return erf_array(x)


@_erf.vjp
def erf_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    z = clamp(x, -30.0, 30.0)  # beyond these limits the derivative is 0 in float64; the square must not overflow
    return (g * (exp(-(z * z)) * (2 / math.sqrt(math.pi))),)


def erf(x: T | ArrayLike) -> T:
    """The error function, 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x."""
    return _erf(floating("erf", x))


@primitive(keep=("x",), name="clamp")
def _clamp(x: Array, low: float | None, high: float | None) -> Array:
    return np.clip(x, low, high)


@_clamp.vjp
def clamp_vjp(g: Any, needs: Any, output: Any, x: Any, low: float | None, high: float | None) -> Any:
    inside = (True if low is None else raw(x) >= low) & (True if high is None else raw(x) <= high)
    return (g * np.asarray(inside, raw(g).dtype),)


def clamp(x: T | ArrayLike, min: float | None = None, max: float | None = None) -> T:
    """x limited to the range from `min` to `max` (default: no limit). The gradient at the limits is 1."""
    # floats, because NumPy scalars could change the dtype
    low, high = (None if limit is None else float(limit) for limit in (min, max))
    return _clamp(floating("clamp", x), low, high)


# ---- dtypes ----


@primitive(name="astype")
def cast(x: Array, dtype: Any, from_dtype: Any) -> Array:
    """x converted from `from_dtype` to another float dtype; always a copy."""
    return x.astype(dtype)


@cast.vjp
def cast_vjp(g: Any, needs: Any, output: Any, x: Any, dtype: Any, from_dtype: Any) -> Any:
    return (cast(g, from_dtype, dtype),)
