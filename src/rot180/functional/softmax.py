"""Softmax and log-softmax. Both ops keep their output for the vjp."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tape.elementary import exp
from ..tape.operands import floating
from ..tape.primitives import primitive
from ..tape.record import Array
from ..tape.shape import normal_axis
from ..tape.types import ArrayLike, T


@primitive(keep=("output",), name="softmax")
def _softmax(x: Array, axis: int) -> Array:
    if not x.size:
        return x.copy()
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


@_softmax.vjp
def softmax_vjp(g: Any, needs: Any, y: Any, x: Any, axis: int) -> Any:
    gy = g * y
    return (gy - y * _sum_along(gy, axis),)


def softmax(input: T | ArrayLike, dim: int) -> T:
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
def log_softmax_vjp(g: Any, needs: Any, y: Any, x: Any, axis: int) -> Any:
    return (g - exp(y) * _sum_along(g, axis),)


def log_softmax(input: T | ArrayLike, dim: int) -> T:
    """log(softmax(x)) along `dim`, without overflow; the vjp is g - softmax(x) * sum(g)."""
    x = floating("log_softmax", input)
    return _log_softmax(x, normal_axis("log_softmax", dim, x.ndim))


def _sum_along(x: Any, axis: int) -> Any:
    """The sum of an array or Tensor over one axis, which is kept with size 1."""
    return x.sum(axis, keepdims=True)
