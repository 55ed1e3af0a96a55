"""Max and average pooling, each with its adjoint: one slice of x per kernel cell, without columns.

x : (N, C, *x_size)   y : (N, C, *y_size). The maximum ignores padding. If several cells of a window hold the
maximum, the first one is selected. A NaN in a window makes its maximum NaN. Results have the memory order of the input.

    max_y(x) -> y              the forward                                   average_y(x) -> y
    max_taps(x, y) -> taps     the kernel cell (r * S + s) that held each maximum
    max_x(y, taps) -> x        the adjoint: adds y to that cell              average_x(y) -> x
    max_at(x, taps) -> y       the adjoint of the adjoint: reads that cell   (average_y again)

The divisors of averages are computed in functional/pool.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...window import Sizes, Window
from ..dispatch import Array, kernel
from .mask import masked


@kernel
def max_y(x: Array, window: Window) -> Array:
    """Return the maximum of every window: y (N, C, *y_size)."""
    if not any(window.padding) and all(a <= b for a, b in zip(window.spans, window.x_size, strict=True)):
        first, *rest = [x[cells] for _, _, cells in _slices(window)]  # no tap ever falls outside x
        y = np.array(first, order="K") if not rest else np.maximum(first, rest[0])
        for cells in rest[1:]:
            np.maximum(y, cells, out=y)
        return y
    y = _empty(x, window.y_size)
    y[...] = -np.inf
    for _, positions, cells in _slices(window):
        np.maximum(y[positions], x[cells], out=y[positions])
    return y


@kernel
def max_taps(x: Array, y: Array, window: Window) -> Array:
    """Return for every window the first kernel cell, in memory order, that holds the maximum or a NaN.

    The result has the shape (N, C, *y_size) and the dtype uint8, or int32 for kernels of 256 or more cells. A window
    that covers only padding gets the number of kernel cells.
    """
    taps = np.zeros_like(y, np.uint8 if window.taps < 256 else np.int32)
    done = np.zeros_like(y, np.bool_)
    nan = bool(np.isnan(y).any())
    for i, positions, cells in _slices(window):
        hit = x[cells] == y[positions]
        if nan:
            hit |= np.isnan(x[cells])
        hit &= ~done[positions]
        done[positions] |= hit
        taps[positions] += hit * taps.dtype.type(i)  # several times faster than a masked copy
    if not done.all():
        taps[~done] = window.taps
    return taps


@kernel
def max_x(y: Array, taps: Array, window: Window) -> Array:
    """Add each y to the cell of x that its window selected: x (N, C, *x_size)."""
    x = np.zeros_like(y, shape=(*y.shape[:2], *window.x_size))
    for i, positions, cells in _slices(window):
        part = masked(y[positions], taps[positions] == i)
        if window.overlaps:
            x[cells] += part
        else:
            x[cells] = part
    return x


@kernel
def max_at(x: Array, taps: Array, window: Window) -> Array:
    """Read the cell of x that each window selected: y (N, C, *y_size)."""
    y = np.zeros_like(x, shape=(*x.shape[:2], *window.y_size))
    for i, positions, cells in _slices(window):
        y[positions] += masked(x[cells], taps[positions] == i)
    return y


@kernel
def average_y(x: Array, divisor: Array, window: Window) -> Array:
    """Return the sum of every window divided by `divisor`, which broadcasts against y_size: y (N, C, *y_size)."""
    y = np.zeros_like(x, shape=(*x.shape[:2], *window.y_size))
    for _, positions, cells in _slices(window):
        y[positions] += x[cells]
    y /= divisor
    return y


@kernel
def average_x(y: Array, divisor: Array, window: Window) -> Array:
    """Add each y / divisor to all cells of its window: x (N, C, *x_size)."""
    x = np.zeros_like(y, shape=(*y.shape[:2], *window.x_size))
    share = y / divisor
    for _, positions, cells in _slices(window):
        x[cells] += share[positions]
    return x


def _empty(like: Array, sizes: Sizes) -> Array:
    return np.empty_like(like, shape=(*like.shape[:2], *sizes))


def _slices(window: Window) -> Iterator[tuple[int, tuple[Any, ...], tuple[Any, ...]]]:
    """Yield for every kernel cell its number, the positions of y where it lies inside x, and those cells of x."""
    for i, offset in enumerate(window.offsets()):
        reached = [window.reach(axis, k) for axis, k in enumerate(offset)]
        yield i, (..., *(p for p, _ in reached)), (..., *(c for _, c in reached))
