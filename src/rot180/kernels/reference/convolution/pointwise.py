"""A kernel of one cell: y[n, :, p] = w @ x[n, :, stride*p], a matrix product without columns.

x is used in its memory order: batch last (one product for all images) or batch first (one product per image).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ....window import Window
from ...dispatch import Array
from .memory_order import batch_first, batch_last, is_batch_last


def conv_y(x: Array, w: Array, window: Window, bias: Array | None) -> Array:
    """y (N, O, *y_size)."""
    groups, out = window.groups, w.shape[0]
    matrix = w.reshape(groups, out // groups, -1)  # (G, O/G, C/G)
    cells = _matrix(x[_visited(window)], groups)  # (N, G, C/G, P*Q), or (1, G, C/G, P*Q*N) if batch last
    y = np.matmul(matrix, cells)
    if bias is not None:
        y += bias.reshape(groups, -1, 1)
    return _images(y, x.shape[0], out, window)


def conv_x(y: Array, w: Array, window: Window) -> Array:
    """x (N, C, *x_size)."""
    groups, images = window.groups, y.shape[0]
    matrix = w.reshape(groups, w.shape[0] // groups, -1).swapaxes(1, 2)  # (G, C/G, O/G)
    cells = np.matmul(matrix, _matrix(y, groups))
    cells = _images(cells, images, w.shape[1] * groups, window)
    if window.y_size == window.x_size:
        return cells
    x = np.zeros((images, w.shape[1] * groups, *window.x_size), y.dtype)
    x[_visited(window)] = cells
    return x


def conv_w(x: Array, y: Array, window: Window) -> Array:
    """w (O, C/G, 1, ...)."""
    groups = window.groups
    cells = x[_visited(window)]
    if is_batch_last(cells) or is_batch_last(y) or cells.shape[0] > 64:
        cells, y = batch_first(batch_last(cells)), batch_first(batch_last(y))
    products = np.matmul(_matrix(y, groups), _matrix(cells, groups).swapaxes(-1, -2))  # (N or 1, G, O/G, C/G)
    return products.sum(0).reshape(y.shape[1], -1, *window.kernel)


def _visited(window: Window) -> tuple[Any, ...]:
    """The index of the cells of x that are read."""
    visited = (slice(0, s * (p - 1) + 1 if p else 0, s) for s, p in zip(window.stride, window.y_size, strict=True))
    return (slice(None), slice(None), *visited)


def _matrix(a: Array, groups: int) -> Array:
    """Reshape (N, C, *spatial) to (N, G, C/G, cells), or to (1, G, C/G, cells*N) if the batch is last in memory."""
    images, channels = a.shape[:2]
    if is_batch_last(a):
        return batch_last(a).reshape(1, groups, channels // groups, -1)
    return a.reshape(images, groups, channels // groups, math.prod(a.shape[2:]))


def _images(a: Array, images: int, channels: int, window: Window) -> Array:
    """Invert `_matrix` for a result: a view (N, channels, *y_size)."""
    if a.shape[0] == images:
        return a.reshape(images, channels, *window.y_size)
    return batch_first(a.reshape(channels, *window.y_size, images))
