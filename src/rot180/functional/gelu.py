"""GELU, x times the normal distribution function at x, and its approximation by tanh.

Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016), section 2.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tape.elementary import clamp, erf, exp
from ..tape.erf import erf as erf_array
from ..tape.operands import FLOATS, floating
from ..tape.primitives import primitive
from ..tape.record import Array
from ..tape.types import ArrayLike, T
from .smooth_activation import tanh

_SQRT_HALF = math.sqrt(0.5)
_DENSITY = 1 / math.sqrt(2 * math.pi)  # the density of the normal distribution at 0
# For smaller |x|, y may be a subnormal number, and y / x would be inaccurate.
_TINY = {dtype: np.asarray(np.finfo(dtype).tiny * 4, dtype) for dtype in FLOATS}
_FLAT = 40.0  # for larger |x|, the normal density and 1 - tanh(x)**2 are 0 in float64; clipping here avoids overflow


@primitive(keep=("x", "output"), name="gelu")
def _gelu(x: Array) -> Array:
    y = erf_array(x * _SQRT_HALF)
    y += 1
    y *= 0.5
    y *= x
    return y


@_gelu.vjp
def gelu_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    z = clamp(x, -_FLAT, _FLAT)
    return (g * (erf(x * _SQRT_HALF) * 0.5 + 0.5 + x * (exp(z * z * -0.5) * _DENSITY)),)


@_gelu.array_vjp
def gelu_array_vjp(g: Array, needs: Any, overwrite: bool, y: Array, x: Array) -> Any:
    """Like `gelu_vjp`, but P(X <= x) is computed as y / x, because the error function would take most of the time."""
    d = np.clip(x, -_FLAT, _FLAT)
    d = np.exp(d * d * -0.5)
    d *= x
    d *= _DENSITY
    tiny = np.abs(x) < _TINY[x.dtype]
    d += np.divide(y, x, where=~tiny, out=np.full_like(x, 0.5)) if tiny.any() else y / x
    return (g * d,)


_INNER, _CUBIC = math.sqrt(2 / math.pi), 0.044715


@primitive(keep=("x",), name="gelu_tanh")
def _gelu_tanh(x: Array) -> Array:
    z = np.clip(x, -_FLAT, _FLAT)
    return x * (0.5 + 0.5 * np.tanh(z * (_INNER + _INNER * _CUBIC * (z * z))))


@_gelu_tanh.vjp
def gelu_tanh_vjp(g: Any, needs: Any, y: Any, x: Any) -> Any:
    z = clamp(x, -_FLAT, _FLAT)
    square = z * z
    t = tanh(z * (square * (_INNER * _CUBIC) + _INNER))
    return (g * (t * 0.5 + 0.5 + x * ((1.0 - t * t) * (square * (1.5 * _INNER * _CUBIC) + 0.5 * _INNER))),)


def check_approximate(op: str, approximate: str) -> None:
    """Raise ValueError if `approximate` is not 'none' or 'tanh'."""
    if approximate not in ("none", "tanh"):
        raise ValueError(f"{op}: approximate must be 'none' or 'tanh'; got {approximate!r}")


def gelu(input: T | ArrayLike, *, approximate: str = "none") -> T:
    """x * P(X <= x) for a normal X, which is x * (1 + erf(x / sqrt(2))) / 2; its derivative is P(X <= x) + x * p(x).

    If `approximate` is "tanh", the result is x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2. Raises
    ValueError if `approximate` is not "none" or "tanh".
    """
    check_approximate("gelu", approximate)
    x = floating("gelu", input)
    return _gelu(x) if approximate == "none" else _gelu_tanh(x)
