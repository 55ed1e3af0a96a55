"""Elementwise activations, softmax, dropout: a forward and its vjp each.

An op keeps its output where the derivative can be read off it (relu, tanh, sigmoid, softmax), else its input.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..random import generator
from ..tape.arithmetic import choose
from ..tape.elementary import exp
from ..tape.operands import FLOATS, floating, raw
from ..tape.record import Array, primitive
from ..tape.shape import normal_axis


@primitive(keep=("output",), name="relu")
def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


@_relu.vjp
def _(g: Any, needs: Any, y: Any, x: Any) -> Any:
    return (choose(raw(y) <= 0, 0.0, g),)


def relu(input: Any) -> Any:
    """max(x, 0); the gradient at 0 is 0."""
    return _relu(floating("relu", input))


@primitive(keep=("x",), name="leaky_relu")
def _leaky_relu(x: Array, negative_slope: float) -> Array:
    return np.where(x > 0, x, x * negative_slope)


@_leaky_relu.vjp
def _(g: Any, needs: Any, y: Any, x: Any, negative_slope: float) -> Any:
    return (choose(raw(x) > 0, g, g * negative_slope),)


def leaky_relu(input: Any, negative_slope: float = 0.01) -> Any:
    """x where x is positive, else negative_slope * x."""
    return _leaky_relu(floating("leaky_relu", input), float(negative_slope))


@primitive(keep=("output",), name="tanh")
def _tanh(x: Array) -> Array:
    return np.tanh(x)


@_tanh.vjp
def _(g: Any, needs: Any, y: Any, x: Any) -> Any:
    return (g - g * y * y,)


def tanh(input: Any) -> Any:
    """The hyperbolic tangent; its derivative is 1 - tanh(x)**2."""
    return _tanh(floating("tanh", input))


@primitive(keep=("x",), name="arctan")
def _arctan(x: Array) -> Array:
    return np.arctan(x)


@_arctan.vjp
def _(g: Any, needs: Any, y: Any, x: Any) -> Any:
    with np.errstate(over="ignore"):  # where x * x overflows, the derivative is 0
        return (g / (x * x + 1.0),)


def arctan(input: Any) -> Any:
    """The arc tangent; its derivative is 1 / (1 + x**2)."""
    return _arctan(floating("arctan", input))


# Constants as 0-d arrays: a Python number costs a ufunc a third of a microsecond more.
_ONE = {dtype: np.ones((), dtype) for dtype in FLOATS}
_LARGEST = {dtype: np.asarray(np.log(np.finfo(dtype).max) * 0.999, dtype) for dtype in FLOATS}


@primitive(keep=("output",), name="sigmoid")
def _sigmoid(x: Array) -> Array:
    one = _ONE[x.dtype]
    e = np.minimum(-x, _LARGEST[x.dtype])  # exp must not overflow; np.errstate would cost more than all of this
    return one / (one + np.exp(e))


@_sigmoid.vjp
def _(g: Any, needs: Any, y: Any, x: Any) -> Any:
    return (g * (y - y * y),)


def sigmoid(input: Any) -> Any:
    """1 / (1 + exp(-x)); its derivative is y * (1 - y)."""
    return _sigmoid(floating("sigmoid", input))


@primitive(keep=("output",), name="softmax")
def _softmax(x: Array, axis: int) -> Array:
    if not x.size:
        return x.copy()
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


@_softmax.vjp
def _(g: Any, needs: Any, y: Any, x: Any, axis: int) -> Any:
    gy = g * y
    return (gy - y * _sum_along(gy, axis),)


def softmax(input: Any, dim: int) -> Any:
    """exp(x) / sum(exp(x)) along `dim`; the vjp is y * (g - sum(g * y))."""
    x = floating("softmax", input)
    return _softmax(x, normal_axis("softmax", dim, x.ndim))


@primitive(keep=("output",), name="log_softmax")
def _log_softmax(x: Array, axis: int) -> Array:
    if not x.size:
        return x.copy()
    shifted = x - x.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


@_log_softmax.vjp
def _(g: Any, needs: Any, y: Any, x: Any, axis: int) -> Any:
    return (g - exp(y) * _sum_along(g, axis),)


def log_softmax(input: Any, dim: int) -> Any:
    """log(softmax(x)) along `dim`, without overflow; the vjp is g - softmax(x) * sum(g)."""
    x = floating("log_softmax", input)
    return _log_softmax(x, normal_axis("log_softmax", dim, x.ndim))


def _sum_along(x: Any, axis: int) -> Any:
    """The sum over one axis, kept with size 1; for arrays and Tensors."""
    return x.sum(axis, keepdims=True) if isinstance(x, np.ndarray) else x.sum(axis, keepdim=True)


def dropout(input: Any, p: float = 0.5, training: bool = True) -> Any:
    """Each cell is zeroed with probability p and the others are scaled by 1 / (1 - p); unchanged if not training.

    Srivastava et al., "Dropout" (2014), in its inverted form. Draws from rot180's random state.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p must lie between 0 and 1; got {p}")
    x = floating("dropout", input)
    if not training or p == 0:
        return x
    kept = generator().random(x.shape, np.float32) >= p
    scale = np.asarray(1 / (1 - p) if p < 1 else 0.0, raw(x).dtype)
    return x * (kept * scale)
