"""Adaptive average and max pooling, 1-d to 3-d: the size of the output is given, the bins follow from it.

    bin p of P on an axis of H cells: from floor(p * H / P) to ceil((p + 1) * H / P); neighbours may share a cell

The average is a linear map per axis (`resample`), and a mean where there is one bin. The maximum is taken axis by axis
(`adaptive_max.py`), or by the ordinary pool where the bins are small and of one size; its adjoints are those of
`max_pool`: adding to the cells that were chosen (`_max_x`), and reading them (`_max_at`).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..tape import reduction
from ..tape.operands import floating, raw
from ..tape.primitives import primitive, wrap
from ..tape.record import Array, Variable
from ..window import Sizes, ints
from . import adaptive_max, pool
from .axis_map import AxisMap
from .resample import resample

OutputSize = int | Sequence[int | None]
_LARGEST_KERNEL = 16  # cells; walking the axes one by one is faster than an ordinary pool of more


@primitive(keep=("residuals",), name="adaptive_max_pool")
def _max_y(x: Array, sizes: Sizes) -> tuple[Array, Callable[[], tuple[Array, Sizes]]]:
    return adaptive_max.maxima(x, sizes), lambda: (adaptive_max.first_maxima(x, sizes), x.shape[2:])


@_max_y.vjp
def max_y_vjp(gy: Any, needs: Any, y: Any, residuals: tuple[Array, Sizes], x: Any, sizes: Sizes) -> Any:
    index, x_sizes = residuals
    return (_max_x(gy, index, x_sizes),)


@primitive(name="adaptive_max_x")
def _max_x(y: Array, index: Array, x_sizes: Sizes) -> Array:
    return adaptive_max.put(y, index, x_sizes)


@_max_x.vjp
def max_x_vjp(gx: Any, needs: Any, x: Any, y: Any, index: Array, x_sizes: Sizes) -> Any:
    return (_max_at(gx, index, x_sizes),)


@primitive(name="adaptive_max_at")
def _max_at(x: Array, index: Array, x_sizes: Sizes) -> Array:
    return adaptive_max.read(x, index)


@_max_at.vjp
def max_at_vjp(gy: Any, needs: Any, y: Any, x: Any, index: Array, x_sizes: Sizes) -> Any:
    return (_max_x(gy, index, x_sizes),)


def adaptive_average(x: Any, sizes: Sizes) -> Any:
    """The average over each bin: (N, C, *sizes) from (N, C, *spatial)."""
    space = x.shape[2:]
    if sizes == space:
        return x
    if set(sizes) == {1}:
        return reduction.mean(x, tuple(range(2, x.ndim)), keepdim=True)
    maps = tuple(_average_map(n, m, raw(x).dtype) if n != m else None for n, m in zip(space, sizes, strict=True))
    return resample(x, maps)


def adaptive_maximum(x: Any, sizes: Sizes) -> Any:
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


def adaptive_avg_pool1d(input: Any, output_size: OutputSize) -> Any:
    """Like `adaptive_avg_pool2d` with one spatial axis."""
    return _adaptive("adaptive_avg_pool1d", 1, input, output_size, adaptive_average)


def adaptive_avg_pool2d(input: Any, output_size: OutputSize) -> Any:
    """The average over each of (P, Q) bins that cover `input`.

    Args:
        input: (N, C, H, W) or (C, H, W).
        output_size: (P, Q), or an int for both; None keeps the size of an axis.

    Bin p takes the rows from floor(p * H / P) to ceil((p + 1) * H / P), and likewise the columns. Returns (N, C, P, Q).
    Raises ShapeError for a negative output_size and for an input without cells.
    """
    return _adaptive("adaptive_avg_pool2d", 2, input, output_size, adaptive_average)


def adaptive_avg_pool3d(input: Any, output_size: OutputSize) -> Any:
    """Like `adaptive_avg_pool2d` with three spatial axes."""
    return _adaptive("adaptive_avg_pool3d", 3, input, output_size, adaptive_average)


def adaptive_max_pool1d(input: Any, output_size: OutputSize, return_indices: bool = False) -> Any:
    """Like `adaptive_max_pool2d` with one spatial axis."""
    return _adaptive_max("adaptive_max_pool1d", 1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Any, output_size: OutputSize, return_indices: bool = False) -> Any:
    """The maximum over each of (P, Q) bins that cover `input`: the bins of `adaptive_avg_pool2d`.

    Args:
        input: (N, C, H, W) or (C, H, W).
        output_size: (P, Q), or an int for both; None keeps the size of an axis.
        return_indices: return (maxima, indices), where index h * W + w says which cell each maximum is.

    Returns (N, C, P, Q). The first maximum of a bin takes the gradient; a NaN in a bin makes it NaN.
    """
    return _adaptive_max("adaptive_max_pool2d", 2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Any, output_size: OutputSize, return_indices: bool = False) -> Any:
    """Like `adaptive_max_pool2d` with three spatial axes."""
    return _adaptive_max("adaptive_max_pool3d", 3, input, output_size, return_indices)


def _adaptive_max(op: str, ndim: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    if not return_indices:
        return _adaptive(op, ndim, input, output_size, adaptive_maximum)

    def indices(x: Any, sizes: Sizes) -> Any:
        index = adaptive_max.first_maxima(raw(x), sizes)
        return wrap(index) if isinstance(x, Variable) else index

    return tuple(_adaptive(op, ndim, input, output_size, part) for part in (adaptive_maximum, indices))


def _adaptive(op: str, ndim: int, input: Any, output_size: Any, part: Any) -> Any:
    x = floating(op, input)
    sizes = _sizes(op, ndim, x.shape, ints(output_size))
    if x.ndim == ndim + 2:
        return part(x, sizes)
    y = part(x.reshape(1, *x.shape), sizes)
    return y.reshape(y.shape[1:])


@lru_cache(maxsize=1024, typed=True)
def _sizes(op: str, ndim: int, shape: Sizes, output_size: Any) -> Sizes:
    """The spatial size of the output."""
    if len(shape) not in (ndim + 1, ndim + 2):
        raise ShapeError(
            f"{op}: input has shape {shape}; {ndim + 2} dimensions, or {ndim + 1} without a batch, are needed"
        )
    space = shape[-ndim:]
    if 0 in space:
        raise ShapeError(f"{op}: input has shape {shape}; its spatial axes must not be empty")
    wanted = output_size if isinstance(output_size, tuple) else (output_size,) * ndim
    kept = [n if m is None and isinstance(output_size, tuple) else m for n, m in zip(space, wanted, strict=False)]
    try:
        if len(wanted) != ndim or any(isinstance(m, bool) for m in kept):
            raise TypeError
        sizes = tuple(map(operator.index, kept))
    except TypeError:
        raise ShapeError(
            f"{op}: output_size must be an int or {ndim} of them, one per spatial axis (None keeps that axis); "
            f"got {output_size!r}"
        ) from None
    if any(m < 0 for m in sizes):
        raise ShapeError(f"{op}: output_size must not be negative; got {output_size!r}")
    return sizes
