"""Linear maps along the spatial axes: interpolation, adaptive averages and their adjoints are such maps, axis by axis.

    y[..., p, ...] = sum over i of M[p, i] * x[..., i, ...]

An `AxisMap` is M for one axis, as its taps (p, i, weight): a few neighbouring i for every p. `apply` runs one map per
axis; the adjoint of it is `apply` with the maps' adjoints.

    copies of each cell            np.repeat              the rows are a cell, each as often as the others
    sums of blocks of cells        adds of strided views  the adjoint of that
    one cell for each p            np.take
    all else                       matrix products, one for each block of p, over the cells i that this block reads

Who may import it: functional/ (no engine has another version of it). Deliberately absent: where weights come from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from .walk import Array

BLOCK = 32  # cells on the wider side of a block: large enough for BLAS, and few of the products are with zero


class AxisMap:
    """The matrix (y_size, x_size) of a linear map along one axis, as taps; repeated (p, i) add up.

    Args:
        x_size, y_size: how many cells the axis has before and after.
        p, i: indices of y and of x, one each per tap.
        weight: the entries of the matrix; their dtype is that of the arrays which the map is applied to.
    """

    def __init__(self, x_size: int, y_size: int, p: Array, i: Array, weight: Array) -> None:
        order = np.argsort(p, kind="stable")
        order = order[weight[order] != 0]  # a cell that does not count must not make y NaN
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
        """k, if y is x with every cell k times in a row; else 0."""
        k, rest = divmod(self.y_size, max(self.x_size, 1))
        steps = np.arange(self.y_size)
        each = not rest and np.array_equal(self.p, steps) and np.array_equal(self.i, steps // max(k, 1))
        return k if each and np.all(self.weight == 1) else 0

    @cached_property
    def chosen(self) -> Array | None:
        """The cell of x that each y is a copy of, if each is."""
        whole = np.array_equal(self.p, np.arange(self.y_size)) and bool(np.all(self.weight == 1))
        return self.i if whole else None

    @cached_property
    def blocks(self) -> list[tuple[slice, slice, Array]]:
        """(some rows, the cells that they read, this part of the matrix), with sides of about BLOCK."""
        return self._blocks(max(BLOCK * self.y_size // max(self.x_size, self.y_size, 1), 1))

    @cached_property
    def rows(self) -> list[tuple[slice, slice, Array]]:
        """The blocks of one row each: no product is with a zero, so what is not finite stays where it belongs."""
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
    """y (N, C, *y_sizes) from x (N, C, *x_sizes), one map per spatial axis; None leaves its axis alone."""
    y, order = as_it_lies(x)
    steps = [(order.index(axis), m) for axis, m in enumerate(maps, x.ndim - len(maps)) if m is not None]
    for place, m in sorted(steps, key=_cheapest):
        before, after = y.shape[:place], y.shape[place + 1 :]
        y = _along(y.reshape(math.prod(before), m.x_size, math.prod(after)), m)
        y = y.reshape(*before, m.y_size, *after)
    return y.transpose(np.argsort(order))


def as_it_lies(x: Array) -> tuple[Array, list[int]]:
    """x with its axes in the order in which they lie in memory, without gaps, and that order."""
    order = sorted(range(x.ndim), key=lambda axis: -abs(x.strides[axis]))
    y = x.transpose(order)
    return (y, order) if y.flags.c_contiguous else (np.ascontiguousarray(x), list(range(x.ndim)))


def _cheapest(step: tuple[int, AxisMap]) -> tuple[float, int]:
    """What shrinks comes first, what grows last; of equals the costlier one, which is the innermost, on less data."""
    place, m = step
    ratio = m.y_size / max(m.x_size, 1)
    return ratio, place if ratio < 1 else -place


def _along(x: Array, m: AxisMap) -> Array:
    """The map along the middle axis: (outer, y_size, inner) from (outer, x_size, inner), in C order."""
    if m.copies:
        return np.repeat(x, m.copies, axis=1)
    if m.adjoint.copies:
        return _block_sum(x, m.adjoint.copies)
    if m.chosen is not None:
        return x.take(m.chosen, axis=1)
    outer, _, inner = x.shape
    y = np.empty((outer, m.y_size, inner), x.dtype)
    for rows, cells, matrix in m.blocks if np.isfinite(x).all() else m.rows:
        if inner == 1:
            np.matmul(x[:, cells, 0], matrix.T, out=y[:, rows, 0])
        else:
            np.matmul(matrix, x[:, cells], out=y[:, rows])
    return y


def _block_sum(x: Array, k: int) -> Array:
    """The sums of k neighbours along the middle axis."""
    parts = x.reshape(x.shape[0], x.shape[1] // k, k, x.shape[2])
    y = parts[:, :, 0] + parts[:, :, 1] if k > 1 else parts[:, :, 0].copy()
    for j in range(2, k):
        y += parts[:, :, j]
    return y
