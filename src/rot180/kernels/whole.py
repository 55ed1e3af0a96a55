"""Small problems: the columns of all positions as one strided view of x, copied once, and one product.

This is im2col in its textbook form. Everything that depends on the sizes alone is worked out once per combination, in a
`Whole`, because at this scale a call is a few microseconds and the arithmetic is the smallest part of it.
"""

from __future__ import annotations

import numpy as np

from ..window import Window
from .walk import Array, product


class Whole:
    """The three contractions for one window and one set of shapes."""

    __slots__ = (
        "crop",
        "images",
        "inside",
        "matrix",
        "narrow",
        "padded",
        "sizes",
        "strides",
        "taps",
        "view",
        "w_matrix",
        "w_shape",
    )

    def __init__(self, window: Window, images: int, channels: int, out: int, itemsize: int) -> None:
        groups = window.groups
        self.images = images
        is_padded = window.spans != window.x_size or any(window.padding)
        strides = [itemsize]
        for size in reversed((channels, *window.spans)):
            strides.insert(0, strides[0] * size)
        image, channel, *cell = strides
        kernel = tuple(c * d for c, d in zip(cell, window.dilation, strict=True))
        steps = tuple(c * s for c, s in zip(cell, window.stride, strict=True))
        self.view = (channels, *window.kernel, images, *window.y_size)
        self.strides = (channel, *kernel, image, *steps)
        per_group, positions = channels // groups * window.taps, images * product(window.y_size)
        self.matrix = (per_group, positions) if groups == 1 else (groups, per_group, positions)  # ([G,] K, M)
        self.w_matrix = (out, per_group) if groups == 1 else (groups, out // groups, per_group)  # ([G,] O/G, K)
        self.narrow = (out, positions) if groups == 1 else (groups, out // groups, positions)  # ([G,] O/G, M)
        self.sizes = (out, images, *window.y_size) if images != 1 else (1, out, *window.y_size)
        self.w_shape = (out, channels // groups, *window.kernel)
        self.padded = (images, channels, *window.spans) if is_padded else None
        inside, crop = [slice(None)] * 2, [slice(None)] * 2
        for pad, size, span in zip(window.padding, window.x_size, window.spans, strict=True):
            count = max(0, min(size, span - pad))
            inside.append(slice(pad, pad + count))
            crop.append(slice(0, count))
        self.inside, self.crop = tuple(inside), tuple(crop)
        self.taps = [
            (slice(None), slice(None), *(
                slice(d * k, d * k + s * (p - 1) + 1, s)
                for k, d, s, p in zip(offset, window.dilation, window.stride, window.y_size, strict=True)
            ))
            for offset in window.offsets()
        ]  # fmt: skip

    def conv_y(self, x: Array, w: Array, window: Window, bias: Array | None) -> Array:
        """y (N, O, *y_size)."""
        y = _product(w.reshape(self.w_matrix), self._columns(x)).reshape(self.sizes)
        if self.images != 1:  # else (1, O, ...) already
            y = y.swapaxes(0, 1)
        if bias is not None:
            y += bias.reshape(-1, *(1,) * window.ndim)
        return y

    def conv_x(self, y: Array, w: Array, window: Window) -> Array:
        """x (N, C, *x_size)."""
        cols = _product(w.reshape(self.w_matrix).swapaxes(-1, -2), y.swapaxes(0, 1).reshape(self.narrow))
        channels, images = self.view[0], self.images
        cols = cols.reshape(channels, len(self.taps), images, *window.y_size)
        wide = np.zeros((channels, images, *window.spans), y.dtype)
        for i, cells in enumerate(self.taps):
            wide[cells] += cols[:, i]
        if self.padded is None:
            return wide.swapaxes(0, 1)
        x = np.zeros((images, channels, *window.x_size), y.dtype)
        x[self.crop] = wide.swapaxes(0, 1)[self.inside]
        return x

    def conv_w(self, x: Array, y: Array, window: Window) -> Array:
        """w (O, C/G, *kernel)."""
        narrow = y.swapaxes(0, 1).reshape(self.narrow)
        return _product(narrow, self._columns(x).swapaxes(-1, -2)).reshape(self.w_shape)

    def _columns(self, x: Array) -> Array:
        if self.padded is not None:
            padded = np.zeros(self.padded, x.dtype)
            padded[self.inside] = x[self.crop]
            x = padded
        elif not x.flags.c_contiguous:
            x = np.ascontiguousarray(x)
        # np.ndarray(...) makes a view in a tenth of the time of np.lib.stride_tricks.as_strided
        return np.ndarray(self.view, x.dtype, x, 0, self.strides).reshape(self.matrix)


def _product(a: Array, b: Array) -> Array:
    """The matrix product, per group where there are groups; `dot` starts faster than `matmul`."""
    return a.dot(b) if a.ndim == 2 else np.matmul(a, b)
