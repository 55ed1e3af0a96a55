"""Max and average windows in NumPy, each with its adjoint: one slice of x per kernel cell, no columns.

x : (N, C, *x_size)   y : (N, C, *y_size). Padding counts as absent for the maximum; the first maximum of a window wins
a tie; a NaN in a window makes its maximum NaN. Outputs lie in memory in the order of their input.

    max_y(x) -> y              the forward                                   average_y(x) -> y
    max_taps(x, y) -> taps     which kernel cell (r * S + s) held the maximum
    max_x(y, taps) -> x        the adjoint: y goes back to that cell         average_x(y) -> x
    max_at(x, taps) -> y       the adjoint of the adjoint: reads that cell   (average_y is its own)

Who may import it: the engine table. Deliberately absent: divisors (functional/pool.py derives them from the Window).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..window import Sizes, Window
from .mask import masked
from .walk import Array


def max_y(x: Array, window: Window) -> Array:
    """The maximum of every window: y (N, C, *y_size)."""
    if not any(window.padding) and all(a <= b for a, b in zip(window.spans, window.x_size, strict=True)):
        first, *rest = [x[cells] for _, _, cells in _slices(window)]  # every tap meets every position
        y = np.array(first, order="K") if not rest else np.maximum(first, rest[0])
        for cells in rest[1:]:
            np.maximum(y, cells, out=y)
        return y
    y = _empty(x, window.y_size)
    y[...] = -np.inf
    for _, positions, cells in _slices(window):
        np.maximum(y[positions], x[cells], out=y[positions])
    return y


def max_taps(x: Array, y: Array, window: Window) -> Array:
    """For every window its first kernel cell, in memory order, whose x is the maximum (or NaN): (N, C, *y_size)."""
    taps = np.zeros_like(y, np.uint8 if window.taps < 256 else np.int32)
    found = np.zeros_like(y, np.bool_)
    nan = bool(np.isnan(y).any())
    for i, positions, cells in _slices(window):
        hit = x[cells] == y[positions]
        if nan:
            hit |= np.isnan(x[cells])
        hit &= ~found[positions]
        found[positions] |= hit
        taps[positions] += hit * taps.dtype.type(i)  # small integers: several times faster than a masked copy
    if not found.all():
        taps[~found] = window.taps  # a window that meets nothing but padding took no cell
    return taps


def max_x(y: Array, taps: Array, window: Window) -> Array:
    """Each y added to the cell of x that its window took: x (N, C, *x_size)."""
    x = np.zeros_like(y, shape=(*y.shape[:2], *window.x_size))
    for i, positions, cells in _slices(window):
        part = masked(y[positions], taps[positions] == i)
        if window.overlaps:
            x[cells] += part
        else:
            x[cells] = part
    return x


def max_at(x: Array, taps: Array, window: Window) -> Array:
    """The cell of x that each window took: y (N, C, *y_size)."""
    y = np.zeros_like(x, shape=(*x.shape[:2], *window.y_size))
    for i, positions, cells in _slices(window):
        y[positions] += masked(x[cells], taps[positions] == i)
    return y


def average_y(x: Array, divisor: Array, window: Window) -> Array:
    """The sum of every window over `divisor` (broadcast against y_size): y (N, C, *y_size)."""
    y = np.zeros_like(x, shape=(*x.shape[:2], *window.y_size))
    for _, positions, cells in _slices(window):
        y[positions] += x[cells]
    y /= divisor
    return y


def average_x(y: Array, divisor: Array, window: Window) -> Array:
    """The adjoint: each y / divisor spread over its window: x (N, C, *x_size)."""
    x = np.zeros_like(y, shape=(*y.shape[:2], *window.x_size))
    share = y / divisor
    for _, positions, cells in _slices(window):
        x[cells] += share[positions]
    return x


def _empty(like: Array, sizes: Sizes) -> Array:
    return np.empty_like(like, shape=(*like.shape[:2], *sizes))


def _slices(window: Window) -> Iterator[tuple[int, tuple[Any, ...], tuple[Any, ...]]]:
    """For every kernel cell: its number, the positions of y where it lies inside x, and those cells of x."""
    for i, offset in enumerate(window.offsets()):
        reached = [window.reach(axis, k) for axis, k in enumerate(offset)]
        yield i, (..., *(p for p, _ in reached)), (..., *(c for _, c in reached))
