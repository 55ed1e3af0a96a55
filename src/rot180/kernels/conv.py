"""The three contractions of the trilinear form, in NumPy: the reference that every engine must match.

    T(y, x, w) = sum over n,o,c,p,k of  y[n,o,p] * x[n,c, stride*p + dilation*k - padding] * w[o,c,k]

    conv_y(x, w) -> y      the forward of the plain layer       y = dT/dy
    conv_x(y, w) -> x      the forward of the transposed layer  x = dT/dx
    conv_w(x, y) -> w      the weight gradient of both          w = dT/dw

x : (N, C, *x_size)   y : (N, O, *y_size)   w : (O, C/G, *kernel), any strides in memory, one float dtype. All sizes come
from the Window. The arrays that return are new, and may lie batch last in memory (see `walk.py`).

Five algorithms, best first; `_algorithm` is the whole choice:

    dense       no spatial axes (a linear layer), or a kernel that covers x exactly: one matrix product
    pointwise   a 1x1 kernel: a matrix product per position, x is not rearranged
    whole       small: the columns of all positions as one strided view, one product (few microseconds of overhead)
    depthwise   one channel per group: a multiply-add per tap, blocks of channels in the cache
    columns     the rest: blocks of rows are copied into columns (im2col) and multiplied

Who may import it: the engine table. Deliberately absent: checks (the public edge did them) and the words in and out.
"""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType

import numpy as np

from ..window import Sizes, Window
from . import columns, depthwise, pointwise
from .walk import Array, image_blocks, product

SMALL = 8192  # cells of the column matrix up to which one strided view beats blocks


def conv_y(x: Array, w: Array, window: Window, bias: Array | None = None) -> Array:
    """Contract T over x and w: y (N, O, *y_size), plus `bias` (O,) on every position where one is given."""
    if window.is_dense:
        y = _rows(x).dot(_rows(w).T).reshape(x.shape[0], w.shape[0], *window.y_size)  # (N, C*H*W) @ (C*H*W, O)
    elif (algorithm := _algorithm(x.shape, w.shape, window)) is not None:
        return _by_images(algorithm, x, w, window, bias)
    else:
        groups, out = window.groups, w.shape[0]
        cols = _patches(x, window)  # (G, K, N*P*Q)
        y = _product(w.reshape(groups, out // groups, -1), cols)  # (G, O/G, K) @ (G, K, N*P*Q)
        y = y.reshape(out, x.shape[0], *window.y_size).swapaxes(0, 1)
    if bias is not None:
        y += bias.reshape(-1, *(1,) * window.ndim)
    return y


def conv_x(y: Array, w: Array, window: Window) -> Array:
    """Contract T over y and w: x (N, C, *x_size)."""
    if window.is_dense:
        return _rows(y).dot(_rows(w)).reshape(y.shape[0], w.shape[1], *window.x_size)  # (N, O) @ (O, C*H*W)
    images, channels = y.shape[0], w.shape[1] * window.groups
    algorithm = _algorithm((images, channels, *window.x_size), w.shape, window) or columns
    blocks = image_blocks((images, channels, *window.x_size), w.itemsize, window)
    if algorithm is pointwise or len(blocks) == 1:
        return algorithm.conv_x(y, w, window)
    x = np.empty((images, channels, *window.x_size), y.dtype)
    for block in blocks:
        x[block] = algorithm.conv_x(y[block], w, window)
    return x


def conv_w(x: Array, y: Array, window: Window) -> Array:
    """Contract T over x and y: w (O, C/G, *kernel), summed over the batch and all positions."""
    if window.is_dense:
        return _rows(y).T.dot(_rows(x)).reshape(y.shape[1], x.shape[1], *window.kernel)  # (O, N) @ (N, C*H*W)
    groups, out = window.groups, y.shape[1]
    shape = (out, x.shape[1] // groups, *window.kernel)
    algorithm = _algorithm(x.shape, shape, window)
    if algorithm is None:
        cols = _patches(x, window)  # (G, K, N*P*Q)
        narrow = y.swapaxes(0, 1).reshape(groups, out // groups, -1)  # (G, O/G, N*P*Q)
        return _product(narrow, cols.swapaxes(-1, -2)).reshape(shape)
    if algorithm is pointwise:
        return pointwise.conv_w(x, y, window)
    w = np.zeros(shape, x.dtype)
    for block in image_blocks(x.shape, x.itemsize, window):
        w += algorithm.conv_w(x[block], y[block], window)
    return w


@lru_cache(maxsize=4096)
def _algorithm(x_shape: Sizes, w_shape: Sizes, window: Window) -> ModuleType | None:
    """The file that holds the best algorithm for these sizes; None stands for `whole`, which is written here."""
    if window.is_pointwise:
        return pointwise
    if window.taps * x_shape[0] * x_shape[1] * product(window.y_size) <= SMALL:
        return None
    if w_shape[1] == 1 and window.groups > 1 and w_shape[0] <= 2 * window.groups:
        return depthwise
    return columns


def _by_images(algorithm: ModuleType, x: Array, w: Array, window: Window, bias: Array | None) -> Array:
    blocks = image_blocks(x.shape, x.itemsize, window)
    if algorithm is pointwise or len(blocks) == 1:
        return algorithm.conv_y(x, w, window, bias)
    y = np.empty((x.shape[0], w.shape[0], *window.y_size), x.dtype)
    for block in blocks:
        y[block] = algorithm.conv_y(x[block], w, window, bias)
    return y


def _patches(x: Array, window: Window) -> Array:
    """All columns of a small x: (G, C/G * R * S, N * P * Q), copied once out of one strided view."""
    spans = window.spans
    if spans != window.x_size or any(window.padding):
        padded = np.zeros((*x.shape[:2], *spans), x.dtype)
        into, outof = _inside(window)
        padded[into] = x[outof]
        x = padded
    elif not x.flags.c_contiguous:
        x = np.ascontiguousarray(x)
    shape, strides, matrix = _patch_layout(x.shape, x.itemsize, window)
    # np.ndarray(...) makes a view in a tenth of the time of np.lib.stride_tricks.as_strided
    return np.ndarray(shape, x.dtype, x, 0, strides).reshape(matrix)


@lru_cache(maxsize=4096)
def _patch_layout(x_shape: Sizes, itemsize: int, window: Window) -> tuple[Sizes, Sizes, Sizes]:
    """(shape, strides) of the view (C, *kernel, N, *y_size) over a contiguous padded x, and its matrix shape."""
    strides = [itemsize]
    for size in reversed(x_shape[1:]):
        strides.insert(0, strides[0] * size)
    image, channel, *cell = strides
    kernel = tuple(c * d for c, d in zip(cell, window.dilation, strict=True))
    steps = tuple(c * s for c, s in zip(cell, window.stride, strict=True))
    groups, positions = window.groups, x_shape[0] * product(window.y_size)
    shape = (x_shape[1], *window.kernel, x_shape[0], *window.y_size)
    return shape, (channel, *kernel, image, *steps), (groups, x_shape[1] // groups * window.taps, positions)


@lru_cache(maxsize=4096)
def _inside(window: Window) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Indices of the cells of x inside its padded copy of size `spans`, and inside x."""
    into, outof = [slice(None)] * 2, [slice(None)] * 2
    for pad, size, span in zip(window.padding, window.x_size, window.spans, strict=True):
        count = max(0, min(size, span - pad))
        into.append(slice(pad, pad + count))
        outof.append(slice(0, count))
    return tuple(into), tuple(outof)


def _rows(a: Array) -> Array:
    return a if a.ndim == 2 else a.reshape(a.shape[0], product(a.shape[1:]))


def _product(a: Array, b: Array) -> Array:
    """A matrix product per group; with one group by `dot`, which starts faster than `matmul`."""
    return a[0].dot(b[0])[None] if a.shape[0] == 1 else np.matmul(a, b)
