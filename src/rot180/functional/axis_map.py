"""Linear maps along the spatial axes, used by interpolation, adaptive averages and their adjoints.

    y[..., p, ...] = sum over i of M[p, i] * x[..., i, ...]

An `AxisMap` holds M for one axis as its taps (p, i, weight): a few neighbouring i for every p. `apply` runs one map
per axis. The adjoint of `apply` is `apply` with the adjoint maps. There are four ways to run a map:

    y repeats each cell k times     np.repeat
    y sums blocks of k cells        additions of strided views (the adjoint of repeating)
    y selects one cell for each p   np.take
    any other map                   matrix products: one per block of p, over the cells i that the block reads

`interpolate.py` and `adaptive_pool.py` choose the weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from ..tape.record import Array

BLOCK = 32  # cells on the longer side of a block: large enough for BLAS, small enough to multiply few zeros


class AxisMap:
    """The matrix (y_size, x_size) of a linear map along one axis, stored as taps; taps with equal (p, i) add up.

    Args:
        x_size, y_size: sizes of the axis before and after the map.
        p, i: integer arrays of shape (taps,): indices into y and into x.
        weight: array of shape (taps,): the matrix entries, in the dtype of the arrays that the map is applied to.
    """

    def __init__(self, x_size: int, y_size: int, p: Array, i: Array, weight: Array) -> None:
        order = np.argsort(p, kind="stable")
        order = order[weight[order] != 0]  # drop taps of weight 0, because 0 * NaN is NaN
        self.x_size, self.y_size = x_size, y_size
        self.p, self.i, self.weight = p[order], i[order], weight[order]

    @cached_property
    def adjoint(self) -> AxisMap:
        """The transposed matrix."""
        other = AxisMap(self.y_size, self.x_size, self.i, self.p, self.weight)
        other.__dict__["adjoint"] = self
        return other

    @cached_property
    def copies(self) -> int:
        """k if y repeats every cell of x k times in a row; otherwise 0."""
        k, remainder = divmod(self.y_size, max(self.x_size, 1))
        positions = np.arange(self.y_size)
        repeats = not remainder and np.array_equal(self.p, positions)
        repeats = repeats and np.array_equal(self.i, positions // max(k, 1))
        return k if repeats and np.all(self.weight == 1) else 0

    @cached_property
    def selected(self) -> Array | None:
        """The index into x that each y copies, or None if some y is not a copy of one cell."""
        copies_one = np.array_equal(self.p, np.arange(self.y_size)) and bool(np.all(self.weight == 1))
        return self.i if copies_one else None

    @cached_property
    def blocks(self) -> list[tuple[slice, slice, Array]]:
        """Blocks (rows of y, cells of x that they read, submatrix) with sides of about BLOCK."""
        return self._blocks(max(BLOCK * self.y_size // max(self.x_size, self.y_size, 1), 1))

    @cached_property
    def rows(self) -> list[tuple[slice, slice, Array]]:
        """Blocks of one row each: nothing is multiplied by 0, so an infinity reaches only the y that reads it."""
        return self._blocks(1)

    def _blocks(self, height: int) -> list[tuple[slice, slice, Array]]:
        blocks = []
        for start in range(0, self.y_size, height):
            stop = min(start + height, self.y_size)
            taps = slice(*np.searchsorted(self.p, (start, stop)))
            p, i = self.p[taps], self.i[taps]
            low, high = (int(i.min()), int(i.max()) + 1) if i.size else (0, 0)
            matrix = np.zeros((stop - start, high - low), self.weight.dtype)
            np.add.at(matrix, (p - start, i - low), self.weight[taps])
            blocks.append((slice(start, stop), slice(low, high), matrix))
        return blocks


def apply(x: Array, maps: Sequence[AxisMap | None]) -> Array:
    """Map x (N, C, *x_sizes) to y (N, C, *y_sizes) with one map per spatial axis. A map of None keeps its axis."""
    y, order = in_memory_order(x)
    steps = [(order.index(axis), m) for axis, m in enumerate(maps, x.ndim - len(maps)) if m is not None]
    for place, m in sorted(steps, key=_cost):
        before, after = y.shape[:place], y.shape[place + 1 :]
        y = _along(y.reshape(math.prod(before), m.x_size, math.prod(after)), m)
        y = y.reshape(*before, m.y_size, *after)
    return y.transpose(np.argsort(order))


def in_memory_order(x: Array) -> tuple[Array, list[int]]:
    """Return (x with its axes sorted by stride, C-contiguous; the order of the axes)."""
    order = sorted(range(x.ndim), key=lambda axis: -abs(x.strides[axis]))
    y = x.transpose(order)
    return (y, order) if y.flags.c_contiguous else (np.ascontiguousarray(x), list(range(x.ndim)))


def _cost(step: tuple[int, AxisMap]) -> tuple[float, int]:
    """Sort key: maps that shrink x most come first; among equal maps, the innermost axis, which costs most per cell."""
    place, m = step
    ratio = m.y_size / max(m.x_size, 1)
    return ratio, place if ratio < 1 else -place


def _along(x: Array, m: AxisMap) -> Array:
    """Apply a map to the middle axis: (outer, x_size, inner) to (outer, y_size, inner), both C-contiguous."""
    if m.copies:
        return np.repeat(x, m.copies, axis=1)
    if m.adjoint.copies:
        return _block_sum(x, m.adjoint.copies)
    if m.selected is not None:
        return x.take(m.selected, axis=1)
    outer, _, inner = x.shape
    y = np.empty((outer, m.y_size, inner), x.dtype)
    for rows, cells, matrix in m.blocks if np.isfinite(x).all() else m.rows:
        if inner == 1:
            np.matmul(x[:, cells, 0], matrix.T, out=y[:, rows, 0])
        else:
            np.matmul(matrix, x[:, cells], out=y[:, rows])
    return y


def _block_sum(x: Array, k: int) -> Array:
    """Sum every k neighbours along the middle axis."""
    parts = x.reshape(x.shape[0], x.shape[1] // k, k, x.shape[2])
    y = parts[:, :, 0] + parts[:, :, 1] if k > 1 else parts[:, :, 0].copy()
    for j in range(2, k):
        y += parts[:, :, j]
    return y
