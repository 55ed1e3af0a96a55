"""im2col in blocks: a few rows or images of x at a time are copied into columns and multiplied by the kernel.

    cols (G, C/G * R*S, M)      conv_y: y = w @ cols      conv_w: w += y @ cols^T      conv_x: cols = w^T @ y

M is the number of positions of a block. A block stays in the cache between the copy and the product, so the R*S-fold
expansion of x never reaches main memory, unlike im2col on the whole batch.
"""

from __future__ import annotations

import numpy as np

from ....window import Window
from ...dispatch import Array
from .tap_walk import TapWalk
from .workspace import workspace


def conv_y(x: Array, w: Array, window: Window, bias: Array | None) -> Array:
    """y (N, O, *y_size)."""
    images, channels = x.shape[:2]
    out, groups = w.shape[0], window.groups
    walk = TapWalk.fastest(window, channels, x)
    padded = walk.pad(x)
    matrix = w.reshape(groups, out // groups, -1)  # (G, O/G, K)
    y = np.empty(walk.shape(out, images, window.y_size), x.dtype)
    for block in walk.blocks(images, channels * window.taps * x.itemsize):
        cols = _columns(padded, walk, block)  # (G, K, M)
        part = y[:, block].reshape(groups, out // groups, -1)  # (G, O/G, M), a view
        np.matmul(matrix, cols, out=part)
        if bias is not None:
            part += bias.reshape(groups, -1, 1)
    return walk.images(y)


def conv_x(y: Array, w: Array, window: Window) -> Array:
    """x (N, C, *x_size)."""
    images, out = y.shape[:2]
    groups = window.groups
    channels = w.shape[1] * groups
    walk = TapWalk.fastest(window, channels, y)
    y_rows = walk.contiguous(y, "y")
    matrix = w.reshape(groups, out // groups, -1).swapaxes(1, 2)  # (G, K, O/G)
    padded = workspace(walk.padded_shape(channels, images), y.dtype, "padded")
    padded[...] = 0
    for block in walk.blocks(images, channels * window.taps * y.itemsize):
        part = y_rows[:, block]
        cols = workspace((channels, window.taps, *part.shape[1:]), y.dtype, "columns")
        part = part.reshape(groups, out // groups, -1)  # (G, O/G, M)
        np.matmul(matrix, part, out=cols.reshape(groups, matrix.shape[1], -1))  # (G, K, O/G) @ (G, O/G, M)
        for i, offset in enumerate(window.offsets()):
            cells = walk.tap(padded, offset, block)
            cells += cols[:, i]
    return walk.unpad(padded)


def conv_w(x: Array, y: Array, window: Window) -> Array:
    """w (O, C/G, *kernel)."""
    images, channels = x.shape[:2]
    out, groups = y.shape[1], window.groups
    walk = TapWalk.fastest(window, channels, x, y)
    padded = walk.pad(x)
    y_rows = walk.contiguous(y, "y")
    total: Array | None = None
    for block in walk.blocks(images, channels * window.taps * x.itemsize):
        cols = _columns(padded, walk, block)  # (G, K, M)
        part = y_rows[:, block].reshape(groups, out // groups, -1)  # (G, O/G, M)
        product = np.matmul(part, cols.swapaxes(1, 2))  # (G, O/G, K)
        if total is None:  # starting from zeros would add one pass over w, which may be larger than x
            total = product
        else:
            total += product
    shape = (out, channels // groups, *window.kernel)
    return np.zeros(shape, x.dtype) if total is None else total.reshape(shape)


def _columns(padded: Array, walk: TapWalk, block: slice) -> Array:
    """Copy the columns of a block of positions, (G, C/G * R*S, M), into the workspace."""
    window, channels = walk.window, padded.shape[0]
    first, *rest = window.offsets()
    cells = walk.tap(padded, first, block)
    if not rest and cells.flags.c_contiguous:  # with a 1x1 kernel, the columns are the cells
        return cells.reshape(window.groups, channels // window.groups, -1)
    cols = workspace((channels, window.taps, *cells.shape[1:]), padded.dtype, "columns")
    cols[:, 0] = cells
    for i, offset in enumerate(rest, 1):
        cols[:, i] = walk.tap(padded, offset, block)
    return cols.reshape(window.groups, channels // window.groups * window.taps, -1)
