"""unfold and fold: the windows of an image as columns (im2col), and the adjoint that adds them back (col2im).

    columns[n, c, r, s, p, q] = x[n, c, stride*p + dilation*r - padding, ...]        0 outside of x

The columns of `unfold`, multiplied with a kernel, are `conv2d` with the same settings; the columns that a transposed
convolution stamps, folded, are `conv_transpose2d`. Each op moves the same slices of x, one per cell of the kernel, and
is the vjp of the other. (The kernels of a convolution do this in blocks, so that the columns never reach memory.)
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

# ---- the ops: x (N, C, *x_size), columns (N, C, *kernel, *y_size) ----


@primitive(name="unfold")
def _unfold(x: Array, window: Window) -> Array:
    columns = np.empty((*x.shape[:2], *window.kernel, *window.y_size), x.dtype)
    moves, leave_gaps = _moves(window)
    if leave_gaps:
        columns[...] = 0
    for at, cells in moves:
        columns[at] = x[cells]
    return columns


@_unfold.vjp
def unfold_vjp(g: Any, needs: Any, columns: Any, x: Any, window: Window) -> Any:
    return (_fold(g, window),)


@primitive(name="fold")
def _fold(columns: Array, window: Window) -> Array:
    x = np.zeros((*columns.shape[:2], *window.x_size), columns.dtype)
    for at, cells in _moves(window)[0]:
        x[cells] += columns[at]
    return x


@_fold.vjp
def fold_vjp(g: Any, needs: Any, x: Any, columns: Any, window: Window) -> Any:
    return (_unfold(g, window),)


@lru_cache(maxsize=256)
def _moves(window: Window) -> tuple[list[tuple[Any, Any]], bool]:
    """For every kernel cell (its columns that meet x, the cells of x they meet), and whether some columns meet none."""
    moves, met = [], 0
    for offset in window.offsets():
        positions, cells = zip(*[window.reach(axis, k) for axis, k in enumerate(offset)], strict=True)
        moves.append(((..., *offset, *positions), (..., *cells)))
        met += math.prod(p.stop - p.start for p in positions)
    return moves, met < window.taps * math.prod(window.y_size)


# ---- the public edge ----


def unfold(
    input: T | ArrayLike, kernel_size: PerAxis, dilation: PerAxis = 1, padding: Padding = 0, stride: PerAxis = 1
) -> T:
    """The windows of `input` as columns: (N, C*R*S, L) with L = P*Q windows, row by row.

    Args:
        input: (N, C, H, W), or (C, H, W) without a batch; Tensor or array.
        kernel_size: (R, S), or an int for both.
        dilation, stride: an int or one per axis. padding: zeros around the input, as on `conv2d`.

    `weight.reshape(O, -1) @ unfold(x, ...)` is `conv2d(x, weight, ...)` with its positions in one axis. Raises
    ShapeError or DtypeError.
    """
    x = floating("unfold", input)
    window = _unfolding(x.shape, ints(kernel_size), ints(dilation), ints(padding), ints(stride))
    lead = x.shape[:-3]
    columns = _unfold(x if lead else x.reshape(1, *x.shape), window)
    return columns.reshape(*lead, x.shape[-3] * window.taps, window.y_size[0] * window.y_size[1])


def fold(
    input: T | ArrayLike, output_size: PerAxis, kernel_size: PerAxis, dilation: PerAxis = 1, padding: Padding = 0,
    stride: PerAxis = 1,
) -> T:  # fmt: skip
    """The adjoint of `unfold`: every column is added to its window of an image, (N, C, *output_size).

    Args:
        input: (N, C*R*S, L), or (C*R*S, L) without a batch; Tensor or array.
        output_size: (H, W), or an int for both; `unfold` of such an image has L columns.
        The others are those of `unfold`.

    Windows that overlap add up: fold(unfold(x)) is x times the number of windows that hold each cell. Raises
    ShapeError or DtypeError.
    """
    y = floating("fold", input)
    size, *settings = map(ints, (output_size, kernel_size, dilation, padding, stride))
    window = _folding(y.shape, size, *settings)
    lead = y.shape[:-2]
    x = _fold(y.reshape(*(lead or (1,)), y.shape[-2] // window.taps, *window.kernel, *window.y_size), window)
    return x if lead else x.reshape(x.shape[1:])


@lru_cache(maxsize=1024)
def _unfolding(shape: Sizes, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Window:
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        raise ShapeError(
            f"unfold: input has shape {shape}; (batch, channels, height, width), or without the batch, is needed, "
            "with no empty axis but the batch"
        )
    return _window("unfold", shape[-2:], kernel_size, dilation, padding, stride)


@lru_cache(maxsize=1024)
def _folding(shape: Sizes, output_size: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Window:
    size = per_axis("fold", "output_size", output_size, 2)
    if min(size) < 1:
        raise ShapeError(f"fold: output_size must be at least 1 on every axis; got {size}")
    window = _window("fold", size, kernel_size, dilation, padding, stride)
    if len(shape) not in (2, 3):
        raise ShapeError(f"fold: input has shape {shape}; (batch, channels * kernel, windows) is needed, or no batch")
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
