"""Small sizes: a table with the cell of x that each tap reads, and one matrix product. Read this algorithm first.

    cells (C*R*S, N*P*Q)     the flat index into x that tap (c, r, s) reads at position (n, p, q)

    conv_y: y = w @ x[cells]        conv_w: w = y @ x[cells]^T        conv_x: x[cells] += w^T @ y

The algorithm is the textbook form of im2col; the table spells out the trilinear form. Taps in the padding read a zero
that is appended to x. The table depends only on the sizes and is cached, because a call with such small sizes takes
only a few microseconds.
"""

from __future__ import annotations

import math

import numpy as np

from ....window import Window
from ...dispatch import Array


class IndexTable:
    """The three contractions for one window, batch size and number of channels."""

    __slots__ = ("cells", "images", "padded", "w_matrix", "w_shape", "x_shape", "y_matrix", "y_shape")

    def __init__(self, window: Window, images: int, channels: int, out: int) -> None:
        groups = window.groups
        table = _table(window, images, channels)
        taps, positions = channels // groups * window.taps, images * math.prod(window.y_size)
        grouped = (groups,) if groups > 1 else ()  # plain matrices if there is one group: less overhead
        self.cells = table.reshape(*grouped, taps, positions)  # ([G,] K, M)
        self.w_matrix = (*grouped, out // groups, taps)  # ([G,] O/G, K)
        self.y_matrix = (*grouped, out // groups, positions)  # ([G,] O/G, M)
        self.x_shape = (images, channels, *window.x_size)
        self.y_shape = (out, images, *window.y_size) if images != 1 else (1, out, *window.y_size)
        self.w_shape = (out, channels // groups, *window.kernel)
        self.padded = bool((table == math.prod(self.x_shape)).any())
        self.images = images

    def conv_y(self, x: Array, w: Array, window: Window, bias: Array | None) -> Array:
        """y (N, O, *y_size)."""
        y = _product(w.reshape(self.w_matrix), self._columns(x)).reshape(self.y_shape)
        if self.images != 1:  # with one image, y already has the shape (1, O, ...)
            y = y.swapaxes(0, 1)
        if bias is not None:
            y += bias.reshape(-1, *(1,) * window.ndim)
        return y

    def conv_x(self, y: Array, w: Array, window: Window) -> Array:
        """x (N, C, *x_size), summed in float64, the dtype of np.bincount."""
        cols = _product(w.reshape(self.w_matrix).swapaxes(-1, -2), self._rows(y))  # ([G,] K, M)
        size = math.prod(self.x_shape)
        x = np.bincount(self.cells.reshape(-1), cols.reshape(-1), size + 1)[:size]
        return x.reshape(self.x_shape).astype(y.dtype, copy=False)

    def conv_w(self, x: Array, y: Array, window: Window) -> Array:
        """w (O, C/G, *kernel)."""
        return _product(self._rows(y), self._columns(x).swapaxes(-1, -2)).reshape(self.w_shape)

    def _columns(self, x: Array) -> Array:
        if self.padded:
            flat = np.zeros(x.size + 1, x.dtype)
            flat[:-1].reshape(x.shape)[...] = x
            return flat.take(self.cells)
        return x.take(self.cells)

    def _rows(self, y: Array) -> Array:
        return (y if self.images == 1 else y.swapaxes(0, 1)).reshape(self.y_matrix)


def _table(window: Window, images: int, channels: int) -> Array:
    """Build the table (C, *kernel, N, *y_size) of flat indices into x; the index x.size means padding."""
    size = images * channels * math.prod(window.x_size)
    shape = (channels, *window.kernel, images, *window.y_size)
    axes = np.indices(shape, sparse=True)
    taps, positions = axes[1 : 1 + window.ndim], axes[2 + window.ndim :]
    index = axes[1 + window.ndim] * channels + axes[0]  # the plane (n, c)
    inside = np.ones((1,) * len(shape), bool)
    for p, k, s, d, pad, x in zip(
        positions, taps, window.stride, window.dilation, window.padding, window.x_size, strict=True
    ):
        i = s * p + d * k - pad
        inside = inside & (0 <= i) & (i < x)
        index = index * x + i
    return np.where(inside, index, size)


def _product(a: Array, b: Array) -> Array:
    """The matrix product, per group if there are several; `dot` has less overhead than `matmul`."""
    return a.dot(b) if a.ndim == 2 else np.matmul(a, b)
