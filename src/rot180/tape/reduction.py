"""Reductions over axes: sum, mean, maximum, minimum, and the indices of extrema, which have no gradient.

`dim` is None (all axes), an int or a sequence of ints. `keepdim`, or NumPy's name `keepdims`, keeps the reduced axes
with size 1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, overload

import numpy as np

from ..errors import ShapeError
from .arithmetic import broadcast_to_shape
from .operands import floating, raw
from .primitives import primitive, wrap
from .record import Array, Variable
from .shape import getitem, normal_axis
from .types import ArrayLike, Dim, Shape, T

if TYPE_CHECKING:

    class Extremum(NamedTuple, Generic[T]):
        values: T
        indices: T

else:  # Python 3.10 has no generic named tuples

    class Extremum(NamedTuple):
        """The result of `max` and `min` along one axis: the values and their indices."""

        values: Any
        indices: Any


@primitive(name="sum")
def _sum(x: Array, axes: Shape, keepdim: bool, shape: Shape) -> Array:
    return np.add.reduce(x, axis=axes, keepdims=keepdim)  # type: ignore[call-overload]


@_sum.vjp
def sum_vjp(g: Any, needs: Any, output: Any, x: Any, axes: Shape, keepdim: bool, shape: Shape) -> Any:
    with_ones = _shape_with_ones(shape, axes)
    return (broadcast_to_shape(g.reshape(with_ones), shape, with_ones),)


def sum(x: T | ArrayLike, dim: Dim = None, keepdim: bool | None = None, *, keepdims: bool | None = None) -> T:
    """The sum over `dim` (default: all axes). keepdim, keepdims: keep the axes with size 1 (default: False)."""
    a = floating("sum", x)
    return _sum(a, _axes("sum", dim, a.ndim), _keepdim("sum", keepdim, keepdims), a.shape)


def mean(x: T | ArrayLike, dim: Dim = None, keepdim: bool | None = None, *, keepdims: bool | None = None) -> T:
    """The mean over `dim` (default: all axes). keepdim, keepdims: keep the axes with size 1 (default: False)."""
    a = floating("mean", x)
    axes = _axes("mean", dim, a.ndim)
    count = math.prod(a.shape[axis] for axis in axes)
    return _sum(a, axes, _keepdim("mean", keepdim, keepdims), a.shape) / (count or float("nan"))


@primitive(keep=("x", "output"), name="amax")
def _amax(x: Array, axes: Shape, keepdim: bool) -> Array:
    return np.max(x, axes, keepdims=keepdim)


@primitive(keep=("x", "output"), name="amin")
def _amin(x: Array, axes: Shape, keepdim: bool) -> Array:
    return np.min(x, axes, keepdims=keepdim)


@_amax.vjp
@_amin.vjp
def extremum_vjp(g: Any, needs: Any, output: Any, x: Any, axes: Shape, keepdim: bool) -> Any:
    """Ties share the gradient evenly, as in PyTorch."""
    values, shape = raw(x), raw(x).shape
    with_ones = _shape_with_ones(shape, axes)
    is_extremum = (values == raw(output).reshape(with_ones)) | np.isnan(values)  # NaN counts as the extremum
    share = is_extremum.astype(values.dtype)
    share /= np.add.reduce(share, axes, keepdims=True)
    return (broadcast_to_shape(g.reshape(with_ones), shape, with_ones) * share,)


def amax(x: T | ArrayLike, dim: Dim = None, keepdim: bool | None = None, *, keepdims: bool | None = None) -> T:
    """The maximum over `dim`; ties share the gradient evenly. keepdim, keepdims: as for `sum`."""
    a = floating("amax", x)
    return _amax(a, _check_not_empty("amax", a, _axes("amax", dim, a.ndim)), _keepdim("amax", keepdim, keepdims))


def amin(x: T | ArrayLike, dim: Dim = None, keepdim: bool | None = None, *, keepdims: bool | None = None) -> T:
    """The minimum over `dim`; ties share the gradient evenly. keepdim, keepdims: as for `sum`."""
    a = floating("amin", x)
    return _amin(a, _check_not_empty("amin", a, _axes("amin", dim, a.ndim)), _keepdim("amin", keepdim, keepdims))


@overload
def max(
    x: T | ArrayLike, dim: None = None, keepdim: bool | None = None, *, keepdims: bool | None = None
) -> T: ...  # fmt: skip


@overload
def max(x: T | ArrayLike, dim: int, keepdim: bool | None = None, *, keepdims: bool | None = None) -> Extremum[T]: ...


def max(x: Any, dim: int | None = None, keepdim: bool | None = None, *, keepdims: bool | None = None) -> Any:
    """The maximum of all elements, like `amax`, or (values, indices) along one axis.

    Along an axis, the first of equal maxima gets the gradient. keepdim, keepdims: as for `sum`.
    """
    keep = _keepdim("max", keepdim, keepdims)
    return amax(x, keepdim=keep) if dim is None else _extremum("max", np.argmax, x, dim, keep)


@overload
def min(
    x: T | ArrayLike, dim: None = None, keepdim: bool | None = None, *, keepdims: bool | None = None
) -> T: ...  # fmt: skip


@overload
def min(x: T | ArrayLike, dim: int, keepdim: bool | None = None, *, keepdims: bool | None = None) -> Extremum[T]: ...


def min(x: Any, dim: int | None = None, keepdim: bool | None = None, *, keepdims: bool | None = None) -> Any:
    """The minimum of all elements, like `amin`, or (values, indices) along one axis.

    Along an axis, the first of equal minima gets the gradient. keepdim, keepdims: as for `sum`.
    """
    keep = _keepdim("min", keepdim, keepdims)
    return amin(x, keepdim=keep) if dim is None else _extremum("min", np.argmin, x, dim, keep)


def argmax(x: T | Array, dim: int | None = None, keepdim: bool | None = None, *, keepdims: bool | None = None) -> T:
    """The index of the first maximum along `dim` (default: in the flattened x)."""
    return _index("argmax", np.argmax, x, dim, _keepdim("argmax", keepdim, keepdims))


def argmin(x: T | Array, dim: int | None = None, keepdim: bool | None = None, *, keepdims: bool | None = None) -> T:
    """The index of the first minimum along `dim` (default: in the flattened x)."""
    return _index("argmin", np.argmin, x, dim, _keepdim("argmin", keepdim, keepdims))


def _index(op: str, arg_extremum: Any, x: Any, dim: int | None, keepdim: bool) -> Any:
    axis = None if dim is None else normal_axis(op, dim, x.ndim)
    _check_not_empty(op, x, _axes(op, dim, x.ndim))
    index = np.asarray(arg_extremum(raw(x), axis, keepdims=keepdim))
    return wrap(index) if isinstance(x, Variable) else index


def _extremum(op: str, arg_extremum: Any, x: Any, dim: int, keepdim: bool) -> Extremum[Any]:
    x = floating(op, x)
    axis = normal_axis(op, dim, x.ndim)
    indices = raw(_index(op, arg_extremum, x, axis, keepdim))
    squeezed = indices.squeeze(axis) if keepdim else indices
    key = list(np.ogrid[tuple(slice(n) for n in squeezed.shape)])
    key.insert(axis, squeezed)
    values = getitem(x, tuple(key))
    if keepdim:
        values = values.reshape(indices.shape)
    return Extremum(values, wrap(indices) if isinstance(x, Variable) else indices)


def _keepdim(op: str, keepdim: bool | None, keepdims: bool | None) -> bool:
    if keepdim is not None and keepdims is not None:
        raise TypeError(f"{op}: got both keepdim and keepdims, which are the same option; pass one of them")
    return bool(keepdim or keepdims)


def _axes(op: str, dim: Dim, ndim: int) -> Shape:
    if dim is None:
        return tuple(range(ndim))
    axes = tuple(normal_axis(op, d, ndim) for d in (dim if isinstance(dim, list | tuple) else (dim,)))
    if len(set(axes)) != len(axes):
        raise ShapeError(f"{op}: dim {dim} contains an axis twice")
    return axes


def _check_not_empty(op: str, x: Any, axes: Shape) -> Shape:
    if any(x.shape[axis] == 0 for axis in axes):
        raise ShapeError(
            f"{op}: shape {x.shape} has no elements along the reduced axes; an extremum needs at least one"
        )
    return axes


def _shape_with_ones(shape: Shape, axes: Shape) -> Shape:
    """The shape after a reduction over `axes` with keepdim."""
    return tuple(1 if i in axes else n for i, n in enumerate(shape))
