"""Ops that move elements: reshape, permute, broadcast, index, concatenate. Their vjps move elements back."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError
from .arithmetic import broadcast_to_shape
from .operands import raw
from .primitives import Primitive, primitive
from .record import Array
from .types import T


@primitive(name="reshape", view=True)
def _reshape(x: Array, shape: tuple[int, ...], x_shape: tuple[int, ...]) -> Array:
    return x.reshape(shape)


@_reshape.vjp
def reshape_vjp(g: Any, needs: Any, output: Any, x: Any, shape: Any, x_shape: Any) -> Any:
    return (g.reshape(x_shape),)


def reshape(x: T | Array, shape: Sequence[int]) -> T:
    """x with another shape and its elements in the same order. One size may be -1: it is computed from the others."""
    try:
        return _reshape(x, shape if type(shape) is tuple else tuple(shape), x.shape)
    except TypeError as error:
        raise ShapeError(f"reshape: the sizes must be ints; got {shape!r}") from error
    except ValueError as error:
        raise ShapeError(
            f"reshape: {x.shape} cannot become {tuple(shape)}; the numbers of elements must be equal"
        ) from error


@primitive(name="permute", view=True)
def _permute(x: Array, axes: tuple[int, ...]) -> Array:
    return x.transpose(axes)


@_permute.vjp
def permute_vjp(g: Any, needs: Any, output: Any, x: Any, axes: Any) -> Any:
    return (_permute(g, tuple(int(i) for i in np.argsort(axes))),)


def permute(x: T | Array, dims: Sequence[int]) -> T:
    """x with its axes in another order, like np.transpose."""
    axes = tuple(normal_axis("permute", dim, x.ndim) for dim in dims)
    if sorted(axes) != list(range(x.ndim)):
        raise ShapeError(f"permute: dims {tuple(dims)} must contain each of the {x.ndim} axes once")
    return _permute(x, axes)


def swapaxes(x: T | Array, dim0: int, dim1: int) -> T:
    """x with two axes swapped."""
    axes = list(range(x.ndim))
    a, b = normal_axis("transpose", dim0, x.ndim), normal_axis("transpose", dim1, x.ndim)
    axes[a], axes[b] = axes[b], axes[a]
    return _permute(x, tuple(axes))


def broadcast_to(x: T | Array, shape: Sequence[int]) -> T:
    """x broadcast to a shape."""
    try:
        return broadcast_to_shape(x, tuple(shape), x.shape)
    except ValueError as error:
        raise ShapeError(f"broadcast_to: {x.shape} does not broadcast to {tuple(shape)}") from error


def squeeze(x: T | Array, dim: int | None = None) -> T:
    """x without its axes of size 1, or without the axis `dim` if its size is 1."""
    only = None if dim is None else normal_axis("squeeze", dim, x.ndim)
    return reshape(x, [n for i, n in enumerate(x.shape) if n != 1 or (only is not None and i != only)])


def unsqueeze(x: T | Array, dim: int) -> T:
    """x with a new axis of size 1 at position `dim`."""
    position: int = normal_axis("unsqueeze", dim, x.ndim + 1)
    return reshape(x, (*x.shape[:position], 1, *x.shape[position:]))


def flatten(x: T | Array, start_dim: int = 0, end_dim: int = -1) -> T:
    """x with the axes from start_dim to end_dim (inclusive) merged into one."""
    if x.ndim == 0:
        return reshape(x, (1,))
    first: int = normal_axis("flatten", start_dim, x.ndim)
    last: int = normal_axis("flatten", end_dim, x.ndim)
    if first > last:
        raise ShapeError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim}")
    return reshape(x, (*x.shape[:first], math.prod(x.shape[first : last + 1]), *x.shape[last + 1 :]))


# ---- indexing: getitem and put are adjoint ----


@primitive(name="getitem", view=True)
def _getitem(x: Array, key: Any, shape: tuple[int, ...]) -> Array:
    return x[key]


@_getitem.vjp
def getitem_vjp(g: Any, needs: Any, output: Any, x: Any, key: Any, shape: Any) -> Any:
    return (_put(g, key, shape),)


@primitive(name="put")
def _put(g: Array, key: Any, shape: tuple[int, ...]) -> Array:
    """An array of zeros with g added at `key`. Elements that the key selects several times are added several times."""
    x = np.zeros(shape, g.dtype)
    if _is_basic(key):
        x[key] = g
    else:
        np.add.at(x, key, g)
    return x


@_put.vjp
def put_vjp(g: Any, needs: Any, output: Any, x: Any, key: Any, shape: Any) -> Any:
    return (_getitem(g, key, shape),)


def getitem(x: T | Array, key: Any) -> T:
    """x[key] as in NumPy: slices, integers, None, Ellipsis, arrays or Tensors of booleans or integers."""
    key = tuple(raw(k) for k in key) if isinstance(key, tuple) else raw(key)
    try:
        return _getitem(x, key, x.shape)
    except IndexError as error:
        raise IndexError(f"getitem: {error} (shape {x.shape})") from None


def _is_basic(key: Any) -> bool:
    """True if NumPy returns a view for this key; such a key selects no element twice."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(part is None or part is Ellipsis or isinstance(part, slice | int | np.integer) for part in parts)


# ---- concatenation ----


@lru_cache(maxsize=64)
def _cat_op(arity: int) -> Primitive:
    """The op that concatenates `arity` arrays; its settings are the axis and the sizes of the arrays along it."""

    @primitive(arrays=arity, name="cat")
    def concatenate(*arrays_and_settings: Any) -> Array:
        *arrays, axis, _ = arrays_and_settings
        return np.concatenate(arrays, axis)

    @concatenate.vjp
    def concatenate_vjp(g: Any, needs: Any, output: Any, *rest: Any) -> Any:
        axis, sizes = rest[-2:]
        parts, start = [], 0
        for need, size in zip(needs, sizes, strict=True):
            key = (slice(None),) * axis + (slice(start, start + size),)
            parts.append(getitem(g, key) if need else None)
            start += size
        return tuple(parts)

    return concatenate


def cat(tensors: Sequence[T | Array], dim: int = 0) -> T:
    """Concatenate arrays or Tensors along an axis. They must have one dtype, and equal sizes on all other axes."""
    if not tensors:
        raise ShapeError("cat: needs at least one tensor, got none")
    shapes = [t.shape for t in tensors]
    dtypes = {raw(t).dtype for t in tensors}
    if len(dtypes) > 1:
        raise DtypeError(f"cat: got {' and '.join(sorted(map(str, dtypes)))}; convert with .astype")
    axis = normal_axis("cat", dim, len(shapes[0]))
    if any(
        len(s) != len(shapes[0]) or s[:axis] != shapes[0][:axis] or s[axis + 1 :] != shapes[0][axis + 1 :]
        for s in shapes
    ):
        raise ShapeError(f"cat: shapes {shapes} must be equal on every axis except {axis}")
    return _cat_op(len(tensors))(*tensors, axis, tuple(s[axis] for s in shapes))


def stack(tensors: Sequence[T | Array], dim: int = 0) -> T:
    """Stack arrays or Tensors of one shape along a new axis."""
    if not tensors:
        raise ShapeError("stack: needs at least one tensor, got none")
    if len({t.shape for t in tensors}) > 1:
        raise ShapeError(f"stack: shapes {[t.shape for t in tensors]} must be equal")
    return cat([unsqueeze(t, dim) for t in tensors], dim if dim >= 0 else tensors[0].ndim + 1 + dim)


def normal_axis(op: str, dim: Any, ndim: int) -> int:
    """The axis counted from the front. Raises ShapeError if `dim` is not an int or out of range."""
    try:
        axis = operator.index(dim)
    except TypeError:
        raise ShapeError(f"{op}: dim must be an int; got {dim!r}") from None
    if not -ndim <= axis < ndim:
        raise ShapeError(f"{op}: dim {axis} is out of range for {ndim} axes")
    return axis % ndim
