"""The three contractions of the trilinear form: the reference that every engine must match.

    T(y, x, w) = sum over n,o,c,p,k of  y[n,o,p] * x[n,c, stride*p + dilation*k - padding] * w[o,c,k]

    conv_y(x, w) -> y      the forward of the plain layer       y = dT/dy
    conv_x(y, w) -> x      the forward of the transposed layer  x = dT/dx
    conv_w(x, y) -> w      the weight gradient of both          w = dT/dw

x : (N, C, *x_size)   y : (N, O, *y_size)   w : (O, C/G, *kernel), with any strides in memory and one float dtype. All
sizes come from the Window. Results are new arrays, whose batch may be innermost in memory (convolution/tap_walk.py).

There are five algorithms in convolution/, one file each with the same three functions. `_plan` chooses among them:

    dense.py         no spatial axes (a linear layer), or a kernel that covers x exactly: one matrix product
    pointwise.py     a 1x1 kernel: a matrix product per position, without rearranging x
    index_table.py   small sizes: a table with the cell of x that each tap reads, and one product; read it first
    depthwise.py     one channel per group: a multiply-add per tap, on blocks of channels that stay in the cache
    columns.py       everything else: blocks of columns (im2col) that stay in the cache, one product each

The public functions in functional/ check the arguments, and translate a layer's input and output to x and y.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from ...window import DENSE, Window
from ..dispatch import Array, kernel
from .convolution import columns, dense, depthwise, pointwise
from .convolution.index_table import IndexTable
from .convolution.tap_walk import image_blocks

SMALL = 16384  # elements of the column matrix up to which a table of indices is faster than slices and blocks


@kernel
def conv_y(x: Array, w: Array, window: Window, bias: Array | None = None, relu: bool = False) -> Array:
    """Contract T over x and w: y (N, O, *y_size); then add `bias` (O,), then take max(y, 0) if `relu`."""
    y = _conv_y(x, w, window, bias)
    return np.maximum(y, 0, out=y) if relu else y


@kernel
def conv_x(y: Array, w: Array, window: Window, bias: Array | None = None, relu: bool = False) -> Array:
    """Contract T over y and w: x (N, C, *x_size); then add `bias` (C,), then take max(x, 0) if `relu`."""
    x = _conv_x(y, w, window)
    if bias is not None:
        x += bias.reshape(-1, *(1,) * window.ndim)
    return np.maximum(x, 0, out=x) if relu else x


def _conv_y(x: Array, w: Array, window: Window, bias: Array | None) -> Array:
    if window is DENSE:
        return dense.conv_y(x, w, window, bias)
    images, channels = x.shape[:2]
    algorithm, blocks = _plan(window, images, channels, w.shape[0], x.itemsize)
    if blocks is None:
        return algorithm.conv_y(x, w, window, bias)
    y = np.empty((images, w.shape[0], *window.y_size), x.dtype)
    for block in blocks:
        y[block] = algorithm.conv_y(x[block], w, window, bias)
    return y


def _conv_x(y: Array, w: Array, window: Window) -> Array:
    if window is DENSE:
        return dense.conv_x(y, w, window)
    images, channels = y.shape[0], w.shape[1] * window.groups
    algorithm, blocks = _plan(window, images, channels, w.shape[0], y.itemsize)
    if blocks is None:
        return algorithm.conv_x(y, w, window)
    x = np.empty((images, channels, *window.x_size), y.dtype)
    for block in blocks:
        x[block] = algorithm.conv_x(y[block], w, window)
    return x


@kernel
def conv_w(x: Array, y: Array, window: Window) -> Array:
    """Contract T over x and y: w (O, C/G, *kernel), summed over the batch and all positions."""
    if window is DENSE:
        return dense.conv_w(x, y, window)
    images, channels = x.shape[:2]
    algorithm, blocks = _plan(window, images, channels, y.shape[1], x.itemsize)
    if blocks is None:
        return algorithm.conv_w(x, y, window)
    w = np.zeros((y.shape[1], channels // window.groups, *window.kernel), x.dtype)
    for block in blocks:
        w += algorithm.conv_w(x[block], y[block], window)
    return w


def chosen_algorithm(contraction: str, window: Window, images: int, channels: int, outputs: int, dtype: Any) -> str:
    """The name of the algorithm that runs a contraction; it is the same for "y", "x" and "w"."""
    algorithm, _ = _plan(window, images, channels, outputs, np.dtype(dtype).itemsize)
    return "index_table" if isinstance(algorithm, IndexTable) else algorithm.__name__.rpartition(".")[2]


@lru_cache(maxsize=256)  # an index table takes up to 128 kB
def _plan(window: Window, images: int, channels: int, out: int, itemsize: int) -> tuple[Any, list[slice] | None]:
    """Choose the algorithm for these sizes, and the blocks of images that it runs on (None: the whole batch)."""
    if window.is_dense:
        return dense, None
    if window.is_pointwise:
        return pointwise, None
    if window.taps * images * channels * math.prod(window.y_size) <= SMALL:
        return IndexTable(window, images, channels, out), None
    blocks = image_blocks(images, channels, out, itemsize, window)
    one_to_one = channels == window.groups > 1 and out <= 2 * window.groups
    return depthwise if one_to_one else columns, blocks if len(blocks) > 1 else None
