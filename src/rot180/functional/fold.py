"""unfold copies the windows of an image into columns (im2col); fold is its adjoint and adds columns back (col2im).

    columns[n, c, r, s, p, q] = x[n, c, stride*p + dilation*r - padding, ...]        0 outside of x

A weight matrix times the columns of `unfold` is `conv2d` with the same settings. Folding the columns of a transposed
convolution gives `conv_transpose2d`. Both ops copy one slice of x per cell of the kernel, and each is the vjp of the
other. The convolution kernels work on blocks of columns instead, so the complete array of columns is never in memory.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..tape.operands import floating
from ..tape.primitives import primitive
from ..tape.record import Array
from ..tape.types import ArrayLike, T
from ..window import Padding, PerAxis, Sizes, Window, ints, per_axis
from .batch import check_axes, with_batch

# ---- the ops: x (N, C, *x_size), columns (N, C, *kernel, *y_size) ----


@primitive(name="unfold")
def _unfold(x: Array, window: Window) -> Array:
    columns = np.empty((*x.shape[:2], *window.kernel, *window.y_size), x.dtype)
    pairs, reads_padding = _slices(window)
    if reads_padding:
        columns[...] = 0
    for column_slice, x_slice in pairs:
        columns[column_slice] = x[x_slice]
    return columns


@_unfold.vjp
def unfold_vjp(g: Any, needs: Any, columns: Any, x: Any, window: Window) -> Any:
    return (_fold(g, window),)


@primitive(name="fold")
def _fold(columns: Array, window: Window) -> Array:
    x = np.zeros((*columns.shape[:2], *window.x_size), columns.dtype)
    for column_slice, x_slice in _slices(window)[0]:
        x[x_slice] += columns[column_slice]
    return x


@_fold.vjp
def fold_vjp(g: Any, needs: Any, x: Any, columns: Any, window: Window) -> Any:
    return (_unfold(g, window),)


@lru_cache(maxsize=256)
def _slices(window: Window) -> tuple[list[tuple[Any, Any]], bool]:
    """(column slice, x slice) for each kernel cell, and True if some entries of the columns lie in the padding."""
    pairs, inside = [], 0
    for offset in window.offsets():
        positions, cells = zip(*[window.reach(axis, k) for axis, k in enumerate(offset)], strict=True)
        pairs.append(((..., *offset, *positions), (..., *cells)))
        inside += math.prod(p.stop - p.start for p in positions)
    return pairs, inside < window.taps * math.prod(window.y_size)


# ---- the public functions ----


def unfold(
    input: T | ArrayLike, kernel_size: PerAxis, dilation: PerAxis = 1, padding: Padding = 0, stride: PerAxis = 1
) -> T:
    """Copy each window of `input` into a column.

    Args:
        input: (N, C, H, W), or (C, H, W) without a batch; Tensor or array.
        kernel_size: (R, S), or an int for both.
        dilation, stride: an int or one per axis (default: 1).
        padding: zeros around the input, as for `conv2d` (default: 0).

    Returns (N, C*R*S, L) with a column for each of the L = P*Q windows, row by row. `weight.reshape(O, -1) @ unfold(x,
    ...)` equals `conv2d(x, weight, ...)` with P and Q flattened into one axis. Raises ShapeError or DtypeError.
    """
    x = floating("unfold", input)
    window = _unfold_window(x.shape, ints(kernel_size), ints(dilation), ints(padding), ints(stride))
    return with_batch(_unfold_flat, 2, x, window)


def _unfold_flat(x: Any, window: Window) -> Any:
    n, c = x.shape[:2]
    return _unfold(x, window).reshape(n, c * window.taps, math.prod(window.y_size))


def fold(
    input: T | ArrayLike, output_size: PerAxis, kernel_size: PerAxis, dilation: PerAxis = 1, padding: Padding = 0,
    stride: PerAxis = 1,
) -> T:  # fmt: skip
    """Add each column to its window of an image: the adjoint of `unfold`.

    Args:
        input: (N, C*R*S, L), or (C*R*S, L) without a batch; Tensor or array.
        output_size: (H, W), or an int for both. `unfold` of an image of this size has L columns.
        kernel_size, dilation, padding, stride: as for `unfold`.

    Returns (N, C, *output_size). Overlapping windows are summed: fold(unfold(x)) multiplies each cell of x by the
    number of windows that contain it. Raises ShapeError or DtypeError.
    """
    y = floating("fold", input)
    size, *settings = map(ints, (output_size, kernel_size, dilation, padding, stride))
    return with_batch(_fold_flat, 1, y, _fold_window(y.shape, size, *settings))


def _fold_flat(y: Any, window: Window) -> Any:
    n, rows = y.shape[:2]
    return _fold(y.reshape(n, rows // window.taps, *window.kernel, *window.y_size), window)


@lru_cache(maxsize=1024)
def _unfold_window(shape: Sizes, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Window:
    check_axes("unfold", 2, shape)
    if 0 in shape[-3:]:
        raise ShapeError(f"unfold: input has shape {shape}; only the batch axis may be empty")
    return _window("unfold", shape[-2:], kernel_size, dilation, padding, stride)


@lru_cache(maxsize=1024)
def _fold_window(shape: Sizes, output_size: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Window:
    size = per_axis("fold", "output_size", output_size, 2)
    if min(size) < 1:
        raise ShapeError(f"fold: output_size must be at least 1 on every axis; got {size}")
    window = _window("fold", size, kernel_size, dilation, padding, stride)
    if len(shape) not in (2, 3):
        raise ShapeError(
            f"fold: input has shape {shape}; 3 dimensions (batch, channels * kernel, windows) or 2 (no batch) are "
            "needed"
        )
    rows, windows = shape[-2:]
    if not rows or rows % window.taps:
        raise ShapeError(
            f"fold: input of shape {shape} has {rows} rows; a multiple of the {window.taps} cells of the kernel "
            f"{window.kernel} is needed"
        )
    (p, q) = window.y_size
    if windows != p * q:
        raise ShapeError(
            f"fold: input of shape {shape} has {windows} columns; {p} * {q} = {p * q} are needed, one per window of "
            f"an output of {size}"
        )
    return window


def _window(op: str, size: Sizes, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Window:
    kernel, steps = per_axis(op, "kernel_size", kernel_size, 2), per_axis(op, "stride", stride, 2)
    return Window.plain(op, size, kernel, steps, padding, per_axis(op, "dilation", dilation, 2))
