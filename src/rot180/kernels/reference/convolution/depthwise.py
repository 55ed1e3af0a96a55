"""One channel of x per group: a multiply-add of planes per tap, on blocks of channels that stay in the cache.

A matrix product would not help: one of its factors would be a single column, so no value would be used twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ....window import Window
from ...dispatch import Array
from .memory_order import batch_first, batch_last
from .tap_walk import tap_walk
from .workspace import workspace

CACHED = 1 << 18  # bytes of x per block of channels


def conv_y(x: Array, w: Array, window: Window, bias: Array | None) -> Array:
    """y (N, O, *y_size), batch last in memory; w is (G*m, 1, *kernel)."""
    images, channels = x.shape[:2]
    kernel = _kernel(w, window)  # (G, m, R*S, 1...)
    y = np.empty((channels, kernel.shape[1], *window.y_size, images), x.dtype)  # (G, m, P, Q, N)
    walk, all_rows = tap_walk(window, True), slice(0, window.y_size[0])
    for block in _channel_blocks(channels, images, x.itemsize, window):
        padded = walk.pad(x[:, block])
        total = y[block]
        scaled = workspace(total.shape, x.dtype, "scaled")
        for i, offset in enumerate(window.offsets()):
            cells = walk.tap(padded, offset, all_rows)[:, None]  # (g, 1, P, Q, N)
            if i == 0:
                np.multiply(cells, kernel[block, :, i], out=total)
            else:
                total += np.multiply(cells, kernel[block, :, i], out=scaled)
    y = y.reshape(-1, *window.y_size, images)
    if bias is not None:
        y += bias.reshape(-1, *(1,) * (window.ndim + 1))
    return batch_first(y)


def conv_x(y: Array, w: Array, window: Window) -> Array:
    """x (N, G, *x_size)."""
    images = y.shape[0]
    kernel = _kernel(w, window)
    channels, multiplier = kernel.shape[:2]
    x = np.empty((channels, *window.x_size, images), y.dtype)
    walk, all_rows = tap_walk(window, True), slice(0, window.y_size[0])
    for block in _channel_blocks(channels, images, y.itemsize, window):
        size = block.stop - block.start
        y_planes = batch_last(y[:, block.start * multiplier : block.stop * multiplier])
        y_planes = y_planes.reshape(size, multiplier, *window.y_size, images)
        padded = workspace(walk.padded_shape(size, images), y.dtype, "padded")
        padded[...] = 0
        scaled = workspace(y_planes.shape[:1] + y_planes.shape[2:], y.dtype, "scaled")
        for i, offset in enumerate(window.offsets()):
            cells = walk.tap(padded, offset, all_rows)
            for m in range(multiplier):
                cells += np.multiply(y_planes[:, m], kernel[block, m, i], out=scaled)
        batch_first(x[block])[...] = walk.unpad(padded)
    return batch_first(x)


def conv_w(x: Array, y: Array, window: Window) -> Array:
    """w (G*m, 1, *kernel)."""
    images, channels = x.shape[:2]
    multiplier = y.shape[1] // channels
    w = np.empty((channels, multiplier, window.taps), x.dtype)
    walk, all_rows = tap_walk(window, True), slice(0, window.y_size[0])
    for block in _channel_blocks(channels, images, x.itemsize, window):
        size = block.stop - block.start
        padded = walk.pad(x[:, block])
        y_planes = batch_last(y[:, block.start * multiplier : block.stop * multiplier])
        y_planes = y_planes.reshape(size, multiplier, *window.y_size[:-1], -1)  # (g, m, P, Q*N)
        for i, offset in enumerate(window.offsets()):
            cells = walk.tap(padded, offset, all_rows).reshape(size, 1, *y_planes.shape[2:])
            # vecdot calls BLAS's dot on each row of Q*N cells; einsum took twice as long
            w[block, :, i] = np.vecdot(y_planes, cells).reshape(size, multiplier, -1).sum(-1)
    return w.reshape(-1, 1, *window.kernel)


def _kernel(w: Array, window: Window) -> Array:
    """Reshape w (G*m, 1, *kernel) to (G, m, R*S, 1, ..., 1), which broadcasts over (P, Q, N)."""
    return w.reshape(window.groups, -1, window.taps, *(1,) * (window.ndim + 1))


def _channel_blocks(channels: int, images: int, itemsize: int, window: Window) -> Iterator[slice]:
    one = math.prod(tap_walk(window, True).padded_shape(1, images)) * itemsize
    step = max(1, CACHED // max(one, 1))
    for start in range(0, channels, step):
        yield slice(start, min(start + step, channels))
