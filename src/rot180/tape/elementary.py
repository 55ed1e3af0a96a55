"""Functions of one operand, cell by cell: a forward and its vjp each, for arrays and Tensors alike.

Who may import it: the tape and the floors above. Deliberately absent: activations of neural networks (functional/).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .erf import erf as erf_array
from .operands import floating, raw
from .primitives import primitive
from .record import Array


@primitive(name="neg")
def neg(x: Array) -> Array:
    """-x."""
    return np.negative(floating("neg", x))


@neg.vjp
def neg_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    return (-g,)


@primitive(keep=("output",))
def exp(x: Array) -> Array:
    """e to the power x."""
    return np.exp(floating("exp", x))


@exp.vjp
def exp_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    return (g * output,)


@primitive(keep=("x",))
def log(x: Array) -> Array:
    """The natural logarithm."""
    return np.log(floating("log", x))


@log.vjp
def log_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    return (g / x,)


@primitive(keep=("output",))
def sqrt(x: Array) -> Array:
    """The square root."""
    return np.sqrt(floating("sqrt", x))


@sqrt.vjp
def sqrt_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    return (g * 0.5 / output,)


@primitive(keep=("x",), name="abs")
def absolute(x: Array) -> Array:
    """|x|; the gradient at 0 is 0."""
    return np.absolute(floating("abs", x))


@absolute.vjp
def absolute_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    return (g * np.sign(raw(x)),)


@primitive(keep=("x",))
def sin(x: Array) -> Array:
    """The sine."""
    return np.sin(floating("sin", x))


@sin.vjp
def sin_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    return (g * cos(x),)


@primitive(keep=("x",))
def cos(x: Array) -> Array:
    """The cosine."""
    return np.cos(floating("cos", x))


@cos.vjp
def cos_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    return (-g * sin(x),)


@primitive(keep=("x",))
def erf(x: Array) -> Array:
    """The error function, 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x."""
    return erf_array(floating("erf", x))


@erf.vjp
def erf_vjp(g: Any, needs: Any, output: Any, x: Any) -> Any:
    z = clamp(x, -30.0, 30.0)  # there the derivative is 0 in float64 already, and the square does not overflow
    return (g * (exp(-(z * z)) * (2 / math.sqrt(math.pi))),)


@primitive(keep=("x",))
def clamp(x: Array, min: float | None = None, max: float | None = None) -> Array:
    """x, no smaller than `min` and no larger than `max`; at the bounds the gradient passes."""
    low, high = (
        None if bound is None else float(bound) for bound in (min, max)
    )  # NumPy's scalars are not weak to NumPy
    return np.clip(floating("clamp", x), low, high)


@clamp.vjp
def clamp_vjp(g: Any, needs: Any, output: Any, x: Any, min: Any, max: Any) -> Any:
    inside = (True if min is None else raw(x) >= min) & (True if max is None else raw(x) <= max)
    return (g * np.asarray(inside, raw(g).dtype),)
