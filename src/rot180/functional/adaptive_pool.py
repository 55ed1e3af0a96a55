"""Adaptive average and max pooling, 1-d to 3-d: the output size is given, and the bins follow from it.

    bin p of P on an axis of H cells: from floor(p * H / P) to ceil((p + 1) * H / P); neighbours may share a cell

The average is a linear map per axis (`resample`), or a mean if there is one bin. The maximum is taken axis by axis
(`adaptive_max.py`), or by `max_pool` if all bins have the same small size. The adjoint of max pooling (`_max_x`) adds
to the cells of the maxima, and the adjoint of `_max_x` (`_max_at`) reads these cells.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Literal, Protocol, cast, overload

import numpy as np

from ..errors import ShapeError
from ..tape import reduction
from ..tape.operands import floating, raw
from ..tape.primitives import primitive, wrap
from ..tape.record import Array, Variable
from ..tape.types import ArrayLike, T
from ..window import Sizes, ints
from . import adaptive_max, pool
from .axis_map import AxisMap
from .batch import as_batch, check_axes, with_batch
from .resample import resample

OutputSize = int | Sequence[int | None]
_LARGEST_KERNEL = 16  # cells; for larger bins, reducing the axes one by one is faster


@primitive(keep=("residuals",), name=lambda sizes: f"adaptive_max_pool{len(sizes)}d")
def _max_y(x: Array, sizes: Sizes) -> tuple[Array, Callable[[], tuple[Array, Sizes]]]:
    return adaptive_max.maxima(x, sizes), lambda: (adaptive_max.first_maxima(x, sizes), x.shape[2:])


@_max_y.vjp
def max_y_vjp(gy: Any, needs: Any, y: Any, residuals: tuple[Array, Sizes], x: Any, sizes: Sizes) -> Any:
    index, x_sizes = residuals
    return (_max_x(gy, index, x_sizes),)


@primitive(name=lambda index, x_sizes: f"adaptive_max_unpool{len(x_sizes)}d")
def _max_x(y: Array, index: Array, x_sizes: Sizes) -> Array:
    return adaptive_max.put(y, index, x_sizes)


@_max_x.vjp
def max_x_vjp(gx: Any, needs: Any, x: Any, y: Any, index: Array, x_sizes: Sizes) -> Any:
    return (_max_at(gx, index, x_sizes),)


@primitive(name=lambda index, x_sizes: f"adaptive_max_pool{len(x_sizes)}d_at")
def _max_at(x: Array, index: Array, x_sizes: Sizes) -> Array:
    return adaptive_max.read(x, index)


@_max_at.vjp
def max_at_vjp(gy: Any, needs: Any, y: Any, x: Any, index: Array, x_sizes: Sizes) -> Any:
    return (_max_x(gy, index, x_sizes),)


def adaptive_average(x: Any, sizes: Sizes, op: str) -> Any:
    """The average over each bin: (N, C, *sizes) from (N, C, *spatial)."""
    space = x.shape[2:]
    if sizes == space:
        return x
    if set(sizes) == {1}:
        return reduction.mean(x, tuple(range(2, x.ndim)), keepdim=True)
    maps = tuple(_average_map(n, m, raw(x).dtype) if n != m else None for n, m in zip(space, sizes, strict=True))
    return resample(x, maps, op)


def adaptive_maximum(x: Any, sizes: Sizes, op: str) -> Any:
    """The maximum over each bin: (N, C, *sizes) from (N, C, *spatial)."""
    space = x.shape[2:]
    if sizes == space:
        return x
    if set(sizes) != {1} and 0 not in sizes and not any(n % m for n, m in zip(space, sizes, strict=True)):
        kernel = tuple(n // m for n, m in zip(space, sizes, strict=True))
        if math.prod(kernel) <= _LARGEST_KERNEL:
            return (pool.max_pool1d, pool.max_pool2d, pool.max_pool3d)[len(sizes) - 1](x, kernel)
    return _max_y(x, sizes)


@lru_cache(maxsize=512)
def _average_map(n: int, m: int, dtype: Any) -> AxisMap:
    """The averages over m bins of n cells."""
    starts, stops = adaptive_max.bins(n, m)
    lengths = stops - starts
    p = np.repeat(np.arange(m), lengths)
    i = np.arange(p.size) - np.repeat(np.cumsum(lengths) - lengths - starts, lengths)
    return AxisMap(n, m, p, i, np.repeat(1 / lengths, lengths).astype(dtype))


# ---- the public functions ----


class _MaxPool(Protocol):
    """The type of adaptive max pooling: with `return_indices`, the result is a pair."""

    @overload
    def __call__(self, input: T | ArrayLike, output_size: OutputSize, return_indices: Literal[False] = False) -> T: ...

    @overload
    def __call__(self, input: T | ArrayLike, output_size: OutputSize, return_indices: Literal[True]) -> tuple[T, T]: ...


def _typed(function: Callable[..., Any]) -> _MaxPool:
    """The function itself, with the overloads of its type."""
    return cast(_MaxPool, function)


def adaptive_avg_pool1d(input: T | ArrayLike, output_size: OutputSize) -> T:
    """Like `adaptive_avg_pool2d` with one spatial axis."""
    return _adaptive("adaptive_avg_pool1d", 1, input, output_size, adaptive_average)


def adaptive_avg_pool2d(input: T | ArrayLike, output_size: OutputSize) -> T:
    """The average over each of P x Q bins that cover `input`.

    Args:
        input: (N, C, H, W) or (C, H, W).
        output_size: (P, Q), or an int for both, or None to keep the size of an axis.

    Bin p has the rows from floor(p * H / P) to ceil((p + 1) * H / P); the columns are divided in the same way. Returns
    (N, C, P, Q). Raises ShapeError for a negative output_size and for an input without cells.
    """
    return _adaptive("adaptive_avg_pool2d", 2, input, output_size, adaptive_average)


def adaptive_avg_pool3d(input: T | ArrayLike, output_size: OutputSize) -> T:
    """Like `adaptive_avg_pool2d` with three spatial axes."""
    return _adaptive("adaptive_avg_pool3d", 3, input, output_size, adaptive_average)


@_typed
def adaptive_max_pool1d(input: Any, output_size: OutputSize, return_indices: bool = False) -> Any:
    """Like `adaptive_max_pool2d` with one spatial axis."""
    return _adaptive_max("adaptive_max_pool1d", 1, input, output_size, return_indices)


@_typed
def adaptive_max_pool2d(input: Any, output_size: OutputSize, return_indices: bool = False) -> Any:
    """The maximum over each of P x Q bins that cover `input`, the same bins as in `adaptive_avg_pool2d`.

    Args:
        input: (N, C, H, W) or (C, H, W).
        output_size: (P, Q), or an int for both, or None to keep the size of an axis.
        return_indices: return (maxima, indices); h * W + w is the index of cell (h, w).

    Returns (N, C, P, Q). The first maximum of a bin gets the gradient. The maximum of a bin with a NaN is NaN.
    """
    return _adaptive_max("adaptive_max_pool2d", 2, input, output_size, return_indices)


@_typed
def adaptive_max_pool3d(input: Any, output_size: OutputSize, return_indices: bool = False) -> Any:
    """Like `adaptive_max_pool2d` with three spatial axes."""
    return _adaptive_max("adaptive_max_pool3d", 3, input, output_size, return_indices)


def _adaptive_max(op: str, ndim: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    if not return_indices:
        return _adaptive(op, ndim, input, output_size, adaptive_maximum)
    x = floating(op, input)
    sizes = _sizes(op, ndim, x.shape, ints(output_size))
    y, (index, _) = _max_y.with_residuals(as_batch(ndim, x), sizes)
    if x.ndim == ndim + 1:
        y, index = y.reshape(y.shape[1:]), index.reshape(index.shape[1:])
    return y, wrap(index) if isinstance(x, Variable) else index


def _adaptive(op: str, ndim: int, input: Any, output_size: Any, pool: Callable[..., Any]) -> Any:
    x = floating(op, input)
    return with_batch(pool, ndim, x, _sizes(op, ndim, x.shape, ints(output_size)), op)


@lru_cache(maxsize=1024, typed=True)
def _sizes(op: str, ndim: int, shape: Sizes, output_size: Any) -> Sizes:
    """The spatial size of the output."""
    check_axes(op, ndim, shape)
    space = shape[-ndim:]
    if 0 in space:
        raise ShapeError(f"{op}: input has shape {shape}; its spatial axes must not be empty")
    per_axis = output_size if isinstance(output_size, tuple) else (output_size,) * ndim
    filled = [n if m is None and isinstance(output_size, tuple) else m for n, m in zip(space, per_axis, strict=False)]
    try:
        if len(per_axis) != ndim or any(isinstance(m, bool) for m in filled):
            raise TypeError
        sizes = tuple(map(operator.index, filled))
    except TypeError:
        raise ShapeError(
            f"{op}: output_size must be an int or {ndim} of them, one per spatial axis (None keeps its size); "
            f"got {output_size!r}"
        ) from None
    if any(m < 0 for m in sizes):
        raise ShapeError(f"{op}: output_size must not be negative; got {output_size!r}")
    return sizes
