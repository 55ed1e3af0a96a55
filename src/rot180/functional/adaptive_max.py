"""Maxima over adaptive bins, the cells that held them, and the adjoints.

x : (N, C, *x_sizes)   y : (N, C, *sizes). The first maximum of a bin wins a tie; a NaN in a bin makes its maximum NaN.

    maxima(x) -> y             the forward
    first_maxima(x) -> index   the cell (h * W + w) that held each maximum
    put(y, index) -> x         the adjoint: adds each y to that cell
    read(x, index) -> y        the adjoint of the adjoint: reads that cell

The maximum of a bin is taken axis by axis, last axis first: the first maximum in memory order is the first one in the
first row that contains the maximum. Within an axis, the bins are processed tap by tap. A bin with fewer cells than the
longest bin repeats its last cell, which does not change its maximum.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ..tape.record import Array
from ..window import Sizes
from .axis_map import in_memory_order


@lru_cache(maxsize=512)
def bins(n: int, m: int) -> tuple[Array, Array]:
    """Return (starts, stops) of m bins on an axis of n cells: floor(p * n / m) and ceil((p + 1) * n / m)."""
    p = np.arange(m)
    return p * n // max(m, 1), -(-(p + 1) * n // max(m, 1))


def _taps(n: int, m: int) -> Array:
    """Return row k = the k-th cell of every bin, or its last cell if it has fewer: (length of longest bin, m)."""
    starts, stops = bins(n, m)
    longest = int((stops - starts).max(initial=1))
    return np.minimum(starts + np.arange(longest)[:, None], stops - 1)


def maxima(x: Array, sizes: Sizes) -> Array:
    """Return the maximum of every bin: y (N, C, *sizes)."""
    if set(sizes) == {1}:
        return np.max(x, tuple(range(2, x.ndim)), keepdims=True)
    y, order = in_memory_order(x)
    for axis in range(x.ndim - 1, 1, -1):
        place = order.index(axis)
        first, *rest = _taps(x.shape[axis], sizes[axis - 2])
        best = y.take(first, place)
        for cells in rest:
            np.maximum(best, y.take(cells, place), out=best)
        y = best
    return y.transpose(np.argsort(order))


def first_maxima(x: Array, sizes: Sizes) -> Array:
    """Return for every bin the first cell, in memory order, that holds its maximum (or a NaN): index (N, C, *sizes)."""
    n, c, *space = x.shape
    if set(sizes) == {1}:
        return x.reshape(n, c, math.prod(space)).argmax(2).reshape(n, c, *sizes)
    first_taps = _first_taps(x, sizes)
    index = np.zeros((n, c, *sizes), np.intp)
    at = list(np.ogrid[tuple(slice(size) for size in index.shape)])
    for axis, taps in enumerate(first_taps, 2):  # the row, then the cell in that row
        starts, _ = bins(x.shape[axis], sizes[axis - 2])
        at[axis] = starts[at[axis]] + taps[tuple(at)]
        index = index * x.shape[axis] + at[axis]
    return index


def _first_taps(x: Array, sizes: Sizes) -> list[Array]:
    """Return for each spatial axis, last axis first, the first tap that held the maximum when this axis was reduced."""
    y, order = in_memory_order(x)
    nan = bool(np.isnan(y).any())
    first_taps = []
    for axis in range(x.ndim - 1, 1, -1):
        place = order.index(axis)
        values = [y.take(cells, place) for cells in _taps(x.shape[axis], sizes[axis - 2])]
        y = values[0].copy()
        for value in values[1:]:
            np.maximum(y, value, out=y)
        taps = np.zeros(y.shape, np.uint8 if len(values) < 256 else np.int32)
        missing = np.ones(y.shape, np.bool_)
        for value in values[:-1]:
            missing &= (value != y) & ~np.isnan(value) if nan else value != y
            taps += missing  # the number of taps before the first one that holds y
        first_taps.append(taps.transpose(np.argsort(order)))
    return first_taps[::-1]


def put(y: Array, index: Array, x_sizes: Sizes) -> Array:
    """Add each y to the cell of x that its bin selected: x (N, C, *x_sizes)."""
    x = np.zeros((*y.shape[:2], *x_sizes), y.dtype)
    np.add.at(x.reshape(-1), _flat(index, math.prod(x_sizes)), y.ravel())
    return x


def read(x: Array, index: Array) -> Array:
    """Read the cell of x that each bin selected: y (N, C, *sizes)."""
    return x.reshape(-1)[_flat(index, math.prod(x.shape[2:]))].reshape(index.shape)


def _flat(index: Array, cells: int) -> Array:
    """Convert indices into one channel of `cells` cells to indices into the flattened array."""
    channels = np.arange(math.prod(index.shape[:2])).reshape(*index.shape[:2], *(1,) * (index.ndim - 2))
    return (index + channels * cells).ravel()
