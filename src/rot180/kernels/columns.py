"""im2col in blocks: a few rows (or images) of x at a time are copied into columns and multiplied with the kernel.

    cols (G, C/G * R*S, M)      conv_y: y = w @ cols      conv_w: w += y @ cols^T      conv_x: cols = w^T @ y

M is the positions of a block. A block is small enough to stay in the cache between the copy and the product, so the
R*S-fold expansion of x never reaches memory; a whole-batch im2col writes and reads it there.
"""

from __future__ import annotations

import numpy as np

from ..window import Window
from .walk import Array, Walk, workspace


def conv_y(x: Array, w: Array, window: Window, bias: Array | None) -> Array:
    """y (N, O, *y_size)."""
    images, channels = x.shape[:2]
    out, groups = w.shape[0], window.groups
    walk = Walk.over(window, channels, x)
    wide = walk.spread(x)
    matrix = w.reshape(groups, out // groups, -1)  # (G, O/G, K)
    y = np.empty(walk.shape(out, images, window.y_size), x.dtype)
    for block in walk.blocks(images, channels * window.taps * x.itemsize):
        cols = _columns(wide, walk, block)  # (G, K, M)
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
    walk = Walk.over(window, channels, y)
    narrow = walk.flat(y, "narrow")
    matrix = w.reshape(groups, out // groups, -1).swapaxes(1, 2)  # (G, K, O/G)
    wide = workspace(walk.wide_shape(channels, images), y.dtype, "wide")
    wide[...] = 0
    for block in walk.blocks(images, channels * window.taps * y.itemsize):
        part = narrow[:, block]
        cols = workspace((channels, window.taps, *part.shape[1:]), y.dtype, "columns")
        part = part.reshape(groups, out // groups, -1)  # (G, O/G, M)
        np.matmul(matrix, part, out=cols.reshape(groups, matrix.shape[1], -1))  # (G, K, O/G) @ (G, O/G, M)
        for i, offset in enumerate(window.offsets()):
            cells = walk.tap(wide, offset, block)
            cells += cols[:, i]
    return walk.collect(wide)


def conv_w(x: Array, y: Array, window: Window) -> Array:
    """w (O, C/G, *kernel)."""
    images, channels = x.shape[:2]
    out, groups = y.shape[1], window.groups
    walk = Walk.over(window, channels, x, y)
    wide = walk.spread(x)
    narrow = walk.flat(y, "narrow")
    total: Array | None = None
    for block in walk.blocks(images, channels * window.taps * x.itemsize):
        cols = _columns(wide, walk, block)  # (G, K, M)
        part = narrow[:, block].reshape(groups, out // groups, -1)  # (G, O/G, M)
        product = np.matmul(part, cols.swapaxes(1, 2))  # (G, O/G, K)
        if total is None:  # w may be larger than x: adding it to zeros would cost as much as a block
            total = product
        else:
            total += product
    shape = (out, channels // groups, *window.kernel)
    return np.zeros(shape, x.dtype) if total is None else total.reshape(shape)


def _columns(wide: Array, walk: Walk, block: slice) -> Array:
    """The columns of a block of positions: (G, C/G * R*S, M), in the workspace."""
    window, channels = walk.window, wide.shape[0]
    first, *rest = window.offsets()
    cells = walk.tap(wide, first, block)
    if not rest and cells.flags.c_contiguous:  # a 1x1 kernel: the cells are their own columns
        return cells.reshape(window.groups, channels // window.groups, -1)
    cols = workspace((channels, window.taps, *cells.shape[1:]), wide.dtype, "columns")
    cols[:, 0] = cells
    for i, offset in enumerate(rest, 1):
        cols[:, i] = walk.tap(wide, offset, block)
    return cols.reshape(window.groups, channels // window.groups * window.taps, -1)
