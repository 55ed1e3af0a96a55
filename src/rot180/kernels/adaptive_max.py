"""Maxima over adaptive bins in NumPy, with the cells that held them, and the adjoints.

x : (N, C, *x_sizes)   y : (N, C, *sizes). The first maximum of a bin wins a tie; a NaN in a bin makes its maximum NaN.

    maxima(x) -> y             the forward
    first_maxima(x) -> index   which cell (h * W + w) held each maximum
    put(y, index) -> x         the adjoint: y is added to that cell
    read(x, index) -> y        the adjoint of the adjoint: reads that cell

The maximum of a box is taken axis by axis, the last first: the first maximum in memory order is the first in the first
row that has it. An axis is walked tap by tap; a bin that has run out of cells repeats its last, which changes nothing.

Who may import it: functional/ (no engine has another version of it).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ..window import Sizes
from .axis_map import as_it_lies
from .walk import Array


@lru_cache(maxsize=512)
def bins(n: int, m: int) -> tuple[Array, Array]:
    """(starts, stops) of m bins on an axis of n cells: from floor(p * n / m) to ceil((p + 1) * n / m)."""
    p = np.arange(m)
    return p * n // max(m, 1), -(-(p + 1) * n // max(m, 1))


def _taps(n: int, m: int) -> Array:
    """The k-th cell of every bin, or its last: (length of the longest bin, m)."""
    starts, stops = bins(n, m)
    longest = int((stops - starts).max(initial=1))
    return np.minimum(starts + np.arange(longest)[:, None], stops - 1)


def maxima(x: Array, sizes: Sizes) -> Array:
    """The maximum of every bin: y (N, C, *sizes)."""
    if set(sizes) == {1}:
        return np.max(x, tuple(range(2, x.ndim)), keepdims=True)
    y, order = as_it_lies(x)
    for axis in range(x.ndim - 1, 1, -1):
        place = order.index(axis)
        first, *rest = _taps(x.shape[axis], sizes[axis - 2])
        best = y.take(first, place)
        for cells in rest:
            np.maximum(best, y.take(cells, place), out=best)
        y = best
    return y.transpose(np.argsort(order))


def first_maxima(x: Array, sizes: Sizes) -> Array:
    """For every bin its first cell, in memory order, that holds the maximum (or a NaN): index (N, C, *sizes)."""
    n, c, *space = x.shape
    if set(sizes) == {1}:
        return x.reshape(n, c, math.prod(space)).argmax(2).reshape(n, c, *sizes)
    chosen = _chosen_taps(x, sizes)
    index = np.zeros((n, c, *sizes), np.intp)
    at = list(np.ogrid[tuple(slice(size) for size in index.shape)])
    for axis, taps in enumerate(chosen, 2):  # which row, then which cell in that row
        starts, _ = bins(x.shape[axis], sizes[axis - 2])
        at[axis] = starts[at[axis]] + taps[tuple(at)]
        index = index * x.shape[axis] + at[axis]
    return index


def _chosen_taps(x: Array, sizes: Sizes) -> list[Array]:
    """For each spatial axis, the first tap that held the maximum when this axis was walked, the last axis first."""
    y, order = as_it_lies(x)
    nan = bool(np.isnan(y).any())
    chosen = []
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
            taps += missing  # the first that has it is number so many
        chosen.append(taps.transpose(np.argsort(order)))
    return chosen[::-1]


def put(y: Array, index: Array, x_sizes: Sizes) -> Array:
    """Each y added to its cell: x (N, C, *x_sizes)."""
    x = np.zeros((*y.shape[:2], *x_sizes), y.dtype)
    np.add.at(x.reshape(-1), _flat(index, math.prod(x_sizes)), y.ravel())
    return x


def read(x: Array, index: Array) -> Array:
    """The cell of x that each bin took: y (N, C, *sizes)."""
    return x.reshape(-1)[_flat(index, math.prod(x.shape[2:]))].reshape(index.shape)


def _flat(index: Array, cells: int) -> Array:
    """Indices into a whole array, rather than into one channel of `cells` cells."""
    channels = np.arange(math.prod(index.shape[:2])).reshape(*index.shape[:2], *(1,) * (index.ndim - 2))
    return (index + channels * cells).ravel()
