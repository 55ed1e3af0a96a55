"""Sums, means and extrema over axes, and the index of an extremum (which has no gradient).

`dim` is None (all axes), an int or a tuple of ints; `keepdim` keeps the reduced axes with size 1.
Who may import it: the tape and the floors above.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import ShapeError
from .arithmetic import broadcast_to_shape
from .operands import floating, raw
from .primitives import primitive, wrap
from .record import Array, Variable
from .shape import getitem, normal_axis


class Extremum(NamedTuple):
    """What max and min return along one axis."""

    values: Any
    indices: Any


@primitive(name="sum")
def _sum(x: Array, axes: tuple[int, ...], keepdim: bool, shape: tuple[int, ...]) -> Array:
    return np.add.reduce(x, axis=axes, keepdims=keepdim)  # type: ignore[call-overload]


@_sum.vjp
def sum_vjp(g: Any, needs: Any, output: Any, x: Any, axes: Any, keepdim: Any, shape: Any) -> Any:
    kept = _kept(shape, axes)
    return (broadcast_to_shape(g.reshape(kept), shape, kept),)


def sum(x: Any, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Any:
    """The sum over `dim`."""
    return _sum(floating("sum", x), _axes("sum", dim, x.ndim), keepdim, x.shape)


def mean(x: Any, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Any:
    """The mean over `dim`."""
    axes = _axes("mean", dim, x.ndim)
    count = math.prod(x.shape[axis] for axis in axes)
    return _sum(floating("mean", x), axes, keepdim, x.shape) / (count or float("nan"))


@primitive(keep=("x", "output"), name="amax")
def _amax(x: Array, axes: tuple[int, ...], keepdim: bool) -> Array:
    return np.max(x, axes, keepdims=keepdim)


@primitive(keep=("x", "output"), name="amin")
def _amin(x: Array, axes: tuple[int, ...], keepdim: bool) -> Array:
    return np.min(x, axes, keepdims=keepdim)


def _extremum_vjp(g: Any, needs: Any, output: Any, x: Any, axes: Any, keepdim: Any) -> Any:
    """Ties share the gradient evenly, as in PyTorch."""
    values, shape = raw(x), raw(x).shape
    kept = _kept(shape, axes)
    hit = ((values == raw(output).reshape(kept)) | np.isnan(values)).astype(values.dtype)  # a NaN is the extremum
    hit /= np.add.reduce(hit, axes, keepdims=True)
    return (broadcast_to_shape(g.reshape(kept), shape, kept) * hit,)


_amax.vjp(_extremum_vjp)
_amin.vjp(_extremum_vjp)


def amax(x: Any, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Any:
    """The maximum over `dim`; ties share the gradient evenly."""
    return _amax(floating("amax", x), _nonempty("amax", x, _axes("amax", dim, x.ndim)), keepdim)


def amin(x: Any, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Any:
    """The minimum over `dim`; ties share the gradient evenly."""
    return _amin(floating("amin", x), _nonempty("amin", x, _axes("amin", dim, x.ndim)), keepdim)


def max(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The maximum of all cells, or along one axis (values, indices); there the first maximum takes the gradient."""
    return amax(x) if dim is None else _along("max", np.argmax, x, dim, keepdim)


def min(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The minimum of all cells, or along one axis (values, indices); there the first minimum takes the gradient."""
    return amin(x) if dim is None else _along("min", np.argmin, x, dim, keepdim)


def argmax(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the first maximum, along `dim` or in the flattened x."""
    return _index("argmax", np.argmax, x, dim, keepdim)


def argmin(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the first minimum, along `dim` or in the flattened x."""
    return _index("argmin", np.argmin, x, dim, keepdim)


def _index(op: str, search: Any, x: Any, dim: int | None, keepdim: bool) -> Any:
    axis = None if dim is None else normal_axis(op, dim, x.ndim)
    _nonempty(op, x, _axes(op, dim, x.ndim))
    found = np.asarray(search(raw(x), axis, keepdims=keepdim))
    return wrap(found) if isinstance(x, Variable) else found


def _along(op: str, search: Any, x: Any, dim: int, keepdim: bool) -> Extremum:
    x = floating(op, x)
    axis = normal_axis(op, dim, x.ndim)
    indices = raw(_index(op, search, x, axis, keepdim))
    flat = indices.squeeze(axis) if keepdim else indices
    cells = list(np.ogrid[tuple(slice(n) for n in flat.shape)])
    cells.insert(axis, flat)
    values = getitem(x, tuple(cells))
    if keepdim:
        values = values.reshape(indices.shape)
    return Extremum(values, wrap(indices) if isinstance(x, Variable) else indices)


def _axes(op: str, dim: Any, ndim: int) -> tuple[int, ...]:
    if dim is None:
        return tuple(range(ndim))
    axes = tuple(normal_axis(op, d, ndim) for d in (dim if isinstance(dim, list | tuple) else (dim,)))
    if len(set(axes)) != len(axes):
        raise ShapeError(f"{op}: dim {dim} names an axis twice")
    return axes


def _nonempty(op: str, x: Any, axes: tuple[int, ...]) -> tuple[int, ...]:
    if any(x.shape[axis] == 0 for axis in axes):
        raise ShapeError(f"{op}: an empty axis has no extremum (shape {x.shape})")
    return axes


def _kept(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(1 if i in axes else n for i, n in enumerate(shape))
