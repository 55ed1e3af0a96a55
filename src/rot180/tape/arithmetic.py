"""Ops on two operands: arithmetic, maximum and minimum, `where` and `matmul`.

Broadcasting follows NumPy; its adjoint is `sum_to`. The first two settings of an op are the shapes of its operands, so
that the vjps of ops such as add need no saved arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..errors import DtypeError, ShapeError
from ..kernels.reference.addition import LARGE
from ..kernels.reference.mask import masked
from .elementary import log
from .operands import check_broadcast, check_operands, raw
from .primitives import primitive
from .record import Array, Variable
from .types import ArrayLike, Constant, T

# ---- broadcasting: broadcast_to and sum_to are adjoint ----


@primitive()
def sum_to(x: Array, shape: tuple[int, ...], x_shape: tuple[int, ...]) -> Array:
    """Sum x over the axes along which broadcasting repeats an array of shape `shape`."""
    extra = len(x_shape) - len(shape)
    axes = (*range(extra), *[i + extra for i, n in enumerate(shape) if n == 1 and x_shape[i + extra] != 1])
    return np.add.reduce(x, axes, keepdims=True).reshape(shape)


@sum_to.vjp
def sum_to_vjp(g: Any, needs: Any, output: Any, x: Any, shape: Any, x_shape: Any) -> Any:
    return (broadcast_to_shape(g, x_shape, shape),)


@primitive(name="broadcast_to", view=True)
def broadcast_to_shape(x: Array, shape: tuple[int, ...], x_shape: tuple[int, ...]) -> Array:
    """Repeat x along axes to `shape`; returns a read-only view."""
    return np.broadcast_to(x, shape)


@broadcast_to_shape.vjp
def broadcast_to_shape_vjp(g: Any, needs: Any, output: Any, x: Any, shape: Any, x_shape: Any) -> Any:
    return (sum_to(g, x_shape, shape),)


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum the gradient g of a broadcast operand to the shape of the operand."""
    return g if g.shape == shape else sum_to(g, shape, g.shape)


# ---- two operands ----


@primitive(arrays=2, name="add")
def _add(a: Array, b: Array, a_shape: Any, b_shape: Any) -> Array:
    return kernels.add(a, b) if a_shape == b_shape and a_shape and a.size >= LARGE else a + b


@_add.vjp
def add_vjp(g: Any, needs: Any, output: Any, a: Any, b: Any, a_shape: Any, b_shape: Any) -> Any:
    return (unbroadcast(g, a_shape) if needs[0] else None, unbroadcast(g, b_shape) if needs[1] else None)


@primitive(arrays=2, name="sub")
def _sub(a: Array, b: Array, a_shape: Any, b_shape: Any) -> Array:
    return a - b


@_sub.vjp
def sub_vjp(g: Any, needs: Any, output: Any, a: Any, b: Any, a_shape: Any, b_shape: Any) -> Any:
    return (unbroadcast(g, a_shape) if needs[0] else None, unbroadcast(-g, b_shape) if needs[1] else None)


@primitive(arrays=2, keep=("a", "b"), name="mul")
def _mul(a: Array, b: Array, a_shape: Any, b_shape: Any) -> Array:
    return a * b


@_mul.vjp
def mul_vjp(g: Any, needs: Any, output: Any, a: Any, b: Any, a_shape: Any, b_shape: Any) -> Any:
    return (unbroadcast(g * b, a_shape) if needs[0] else None, unbroadcast(g * a, b_shape) if needs[1] else None)


@primitive(arrays=2, keep=("a", "b"), name="div")
def _div(a: Array, b: Array, a_shape: Any, b_shape: Any) -> Array:
    return a / b


@_div.vjp
def div_vjp(g: Any, needs: Any, output: Any, a: Any, b: Any, a_shape: Any, b_shape: Any) -> Any:
    to_a = unbroadcast(g / b, a_shape) if needs[0] else None
    # not -g * a / (b * b): b * b underflows for a small b and overflows for a large b
    return (to_a, unbroadcast(-g * (a / b / b), b_shape) if needs[1] else None)


@primitive(arrays=2, keep=("a", "b", "output"), name="pow")
def _power(a: Array, b: Array, a_shape: Any, b_shape: Any) -> Array:
    return np.power(a, b)


@_power.vjp
def power_vjp(g: Any, needs: Any, output: Any, a: Any, b: Any, a_shape: Any, b_shape: Any) -> Any:
    to_a = to_b = None
    if needs[0] and isinstance(b, int | float):
        to_a = g * (b * a ** (b - 1)) if b else g * 0.0  # 0 * a**-1 would be NaN at 0
    elif needs[0]:
        both_zero = (raw(a) == 0) & (raw(b) == 0)
        to_a = unbroadcast(g * (b * a ** _where(1.0, b - 1, (), b_shape, both_zero)), a_shape)
    if needs[1]:  # d a**b / db = a**b log a; as in PyTorch, it is 0 where a is 0 and b is not negative
        zero = (raw(a) == 0) & (raw(b) >= 0)
        base: Any = _where(1.0, a, (), a_shape, zero)
        base = base if isinstance(base, Variable) else np.asarray(base, raw(output).dtype)  # a may be a number
        to_b = unbroadcast(g * _where(0.0, output * log(base), (), raw(output).shape, zero), b_shape)
    return (to_a, to_b)


@primitive(arrays=2, keep=("a", "b"), name="maximum")
def _maximum(a: Array, b: Array, a_shape: Any, b_shape: Any) -> Array:
    return np.maximum(a, b)


@_maximum.vjp
def maximum_vjp(g: Any, needs: Any, output: Any, a: Any, b: Any, a_shape: Any, b_shape: Any) -> Any:
    share = _share(raw(a) > raw(b), raw(a) == raw(b), raw(g).dtype)
    return (
        unbroadcast(g * share, a_shape) if needs[0] else None,
        unbroadcast(g * (1 - share), b_shape) if needs[1] else None,
    )


@primitive(arrays=2, keep=("a", "b"), name="minimum")
def _minimum(a: Array, b: Array, a_shape: Any, b_shape: Any) -> Array:
    return np.minimum(a, b)


@_minimum.vjp
def minimum_vjp(g: Any, needs: Any, output: Any, a: Any, b: Any, a_shape: Any, b_shape: Any) -> Any:
    share = _share(raw(a) < raw(b), raw(a) == raw(b), raw(g).dtype)
    return (
        unbroadcast(g * share, a_shape) if needs[0] else None,
        unbroadcast(g * (1 - share), b_shape) if needs[1] else None,
    )


def _share(wins: Any, ties: Any, dtype: Any) -> Any:
    """The factor of the gradient of the first operand: 1 where it wins, 0.5 at a tie (as in PyTorch), else 0."""
    return np.asarray(wins, dtype) + np.asarray(ties, dtype) * np.asarray(0.5, dtype)


def add(a: T | ArrayLike, b: T | ArrayLike) -> T:
    """a + b, with broadcasting."""
    return _add(*check_broadcast("add", a, b))


def sub(a: T | ArrayLike, b: T | ArrayLike) -> T:
    """a - b, with broadcasting."""
    return _sub(*check_broadcast("sub", a, b))


def mul(a: T | ArrayLike, b: T | ArrayLike) -> T:
    """a * b, with broadcasting."""
    return _mul(*check_broadcast("mul", a, b))


def div(a: T | ArrayLike, b: T | ArrayLike) -> T:
    """a / b, with broadcasting."""
    return _div(*check_broadcast("div", a, b))


def power(a: T | ArrayLike, b: T | ArrayLike) -> T:
    """a to the power b, with broadcasting."""
    return _power(*check_broadcast("pow", a, b))


def maximum(a: T | ArrayLike, b: T | ArrayLike) -> T:
    """The larger of a and b; at a tie each gets half the gradient."""
    return _maximum(*check_broadcast("maximum", a, b))


def minimum(a: T | ArrayLike, b: T | ArrayLike) -> T:
    """The smaller of a and b; at a tie each gets half the gradient."""
    return _minimum(*check_broadcast("minimum", a, b))


# ---- choice ----


@primitive(arrays=2, name="where")
def _where(a: Array, b: Array, a_shape: Any, b_shape: Any, condition: Array) -> Array:
    if isinstance(b, float) and b == 0 and a_shape and condition.shape == a_shape:
        return masked(a, condition)
    if isinstance(a, float) and a == 0 and b_shape and condition.shape == b_shape:
        return masked(b, ~condition)
    return np.where(condition, a, b)


@_where.vjp
def where_vjp(g: Any, needs: Any, output: Any, a: Any, b: Any, a_shape: Any, b_shape: Any, condition: Any) -> Any:
    to_a = unbroadcast(choose(condition, g, 0.0), a_shape) if needs[0] else None
    return (to_a, unbroadcast(choose(condition, 0.0, g), b_shape) if needs[1] else None)


def choose(condition: Array, a: Any, b: Any) -> Any:
    """Like `where`, but without checks, for use in vjps. A 0-d cotangent may be a NumPy scalar; it keeps its dtype."""
    return _where(a, b, np.shape(a), np.shape(b), condition)


def where(condition: Constant, a: T | ArrayLike, b: T | ArrayLike) -> T:
    """a where `condition` is true, else b. All three are broadcast; `condition` must be boolean."""
    condition = np.asarray(raw(condition))
    if condition.dtype != np.bool_:
        raise DtypeError(f"where: condition must be boolean, got {condition.dtype}; use a comparison, e.g. x > 0")
    return _where(*check_broadcast("where", a, b), condition)


# ---- matmul ----


@primitive(arrays=2, keep=("a", "b"), name="matmul")
def _matmul(a: Array, b: Array, a_shape: Any, b_shape: Any) -> Array:
    return a.dot(b) if len(a_shape) == len(b_shape) == 2 else np.matmul(a, b)


@_matmul.vjp
def matmul_vjp(g: Any, needs: Any, output: Any, a: Any, b: Any, a_shape: Any, b_shape: Any) -> Any:
    to_a = unbroadcast(matmul(g, b.swapaxes(-1, -2)), a_shape) if needs[0] else None
    return (to_a, unbroadcast(matmul(a.swapaxes(-1, -2), g), b_shape) if needs[1] else None)


def matmul(a: T | ArrayLike, b: T | ArrayLike) -> T:
    """The matrix product a @ b, as np.matmul computes it: (..., n, k) @ (..., k, m) has shape (..., n, m)."""
    x, y, a_shape, b_shape = check_operands("matmul", a, b)
    if not a_shape or not b_shape:
        raise ShapeError("matmul: needs operands of at least 1 dimension, got a number; multiply by a number with *")
    if a_shape[-1] != b_shape[max(0, len(b_shape) - 2)]:
        raise ShapeError(
            f"matmul: shapes {a_shape} and {b_shape} do not match: the last axis of the "
            "first operand must be as long as the second-to-last (or only) axis of the second"
        )
    if len(a_shape) > 1 and len(b_shape) > 1:
        return _matmul(x, y, a_shape, b_shape)
    row, column = len(a_shape) == 1, len(b_shape) == 1
    x, y = (x.reshape(1, -1) if row else x), (y.reshape(-1, 1) if column else y)
    c = _matmul(x, y, x.shape, y.shape)
    shape = c.shape[:-2] + (() if row else c.shape[-2:-1]) + (() if column else c.shape[-1:])
    return c.reshape(shape)
