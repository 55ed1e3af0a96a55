"""Max and average pooling, 1-d to 3-d.

    max pooling       y = the maximum of each window; padding is ignored; the first maximum gets the gradient
    average pooling   y = the sum of each window / divisor; the divisors follow from the Window

The adjoint of reading one cell per window (`_max_at`) adds to this cell (`_max_x`), and vice versa, so that there are
vjps of every order.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ShapeError
from ..tape.operands import floating
from ..tape.primitives import primitive
from ..tape.record import Array
from ..tape.types import ArrayLike, T
from ..window import PerAxis, Sizes, Window, ints, per_axis
from .batch import check_axes, with_batch


@primitive(keep=("residuals",), name=lambda window: f"max_pool{window.ndim}d", fresh=True)
def _max_pool(x: Array, window: Window) -> tuple[Array, Callable[[], Array]]:
    y = kernels.max_y(x, window)
    return y, lambda: kernels.max_taps(x, y, window)


@_max_pool.vjp
def max_pool_vjp(gy: Any, needs: Any, y: Any, taps: Array, x: Any, window: Window) -> Any:
    return (_max_x(gy, taps, window),)


@primitive(name=lambda taps, window: f"max_unpool{window.ndim}d")
def _max_x(y: Array, taps: Array, window: Window) -> Array:
    return kernels.max_x(y, taps, window)


@_max_x.vjp
def max_x_vjp(gx: Any, needs: Any, x: Any, y: Any, taps: Array, window: Window) -> Any:
    return (_max_at(gx, taps, window),)


@primitive(name=lambda taps, window: f"max_pool{window.ndim}d_at")
def _max_at(x: Array, taps: Array, window: Window) -> Array:
    return kernels.max_at(x, taps, window)


@_max_at.vjp
def max_at_vjp(gy: Any, needs: Any, y: Any, x: Any, taps: Array, window: Window) -> Any:
    return (_max_x(gy, taps, window),)


@primitive(name=lambda divisor, window: f"avg_pool{window.ndim}d")
def _average_y(x: Array, divisor: Array, window: Window) -> Array:
    return kernels.average_y(x, divisor, window)


@_average_y.vjp
def average_y_vjp(gy: Any, needs: Any, y: Any, x: Any, divisor: Array, window: Window) -> Any:
    return (_average_x(gy, divisor, window),)


@primitive(name=lambda divisor, window: f"avg_unpool{window.ndim}d")
def _average_x(y: Array, divisor: Array, window: Window) -> Array:
    return kernels.average_x(y, divisor, window)


@_average_x.vjp
def average_x_vjp(gx: Any, needs: Any, x: Any, y: Any, divisor: Array, window: Window) -> Any:
    return (_average_y(gx, divisor, window),)


def max_pool1d(
    input: T | ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0,
    dilation: PerAxis = 1, ceil_mode: bool = False,
) -> T:  # fmt: skip
    """Like `max_pool2d` with one spatial axis."""
    return _max("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    input: T | ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0,
    dilation: PerAxis = 1, ceil_mode: bool = False,
) -> T:  # fmt: skip
    """The maximum over each window of `input`.

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size, stride, padding, dilation: an int or one per axis. By default, stride is kernel_size. padding is at
            most half the kernel; its cells are ignored.
        ceil_mode: round the output size up, as long as the last window starts inside the input or its padding.

    Returns (N, C, P, Q). The first maximum of a window gets the gradient. The maximum of a window with a NaN is NaN.
    """
    return _max("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d(
    input: T | ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0,
    dilation: PerAxis = 1, ceil_mode: bool = False,
) -> T:  # fmt: skip
    """Like `max_pool2d` with three spatial axes."""
    return _max("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode)


def avg_pool1d(
    input: T | ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0,
    ceil_mode: bool = False, count_include_pad: bool = True,
) -> T:  # fmt: skip
    """Like `avg_pool2d` with one spatial axis."""
    return _average("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: T | ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
) -> T:  # fmt: skip
    """The average over each window of `input`.

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size, stride, padding: an int or one per axis. By default, stride is kernel_size. padding is at most half
            the kernel.
        ceil_mode: as for `max_pool2d`.
        count_include_pad: divide by the number of cells of the window inside the padded input; if False, inside the
            input.
        divisor_override: divide by this number instead.

    Returns (N, C, P, Q).
    """
    return _average(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: T | ArrayLike, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
) -> T:  # fmt: skip
    """Like `avg_pool2d` with three spatial axes."""
    return _average(
        "avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _max(op: str, ndim: int, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> Any:
    x = floating(op, x)
    settings = map(ints, (kernel, stride, padding, dilation))
    window = pool_window(op, ndim, x.shape, *settings, bool(ceil_mode))
    return with_batch(_max_pool, ndim, x, window)


def _average(
    op: str, ndim: int, x: Any, kernel: Any, stride: Any, padding: Any, ceil_mode: bool, include_pad: bool,
    override: int | None,
) -> Any:  # fmt: skip
    x = floating(op, x)
    if override == 0:
        raise ValueError(f"{op}: divisor_override must not be 0")
    padding = ints(padding)
    window = pool_window(op, ndim, x.shape, ints(kernel), ints(stride), padding, 1, bool(ceil_mode))
    divisor = pool_divisor(window, per_axis(op, "padding", padding, ndim), include_pad, override)
    return with_batch(_average_y, ndim, x, divisor.astype(x.dtype), window)


@lru_cache(maxsize=4096, typed=True)
def pool_window(
    op: str, ndim: int, shape: Sizes, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Window:
    """The Window of a pool over an input of `shape`. Raises ShapeError if the settings do not fit."""
    check_axes(op, ndim, shape)
    kernel = per_axis(op, "kernel_size", kernel_size, ndim)
    steps = kernel if stride is None else per_axis(op, "stride", stride, ndim)
    pads, spread = per_axis(op, "padding", padding, ndim), per_axis(op, "dilation", dilation, ndim)
    window = Window.plain(op, shape[-ndim:], kernel, steps, pads, spread, ceil_mode=ceil_mode)
    for pad, k, d in zip(pads, kernel, spread, strict=True):
        if pad > (d * (k - 1) + 1) // 2:
            raise ShapeError(f"{op}: padding {pad} is more than half of the kernel ({k} with dilation {d})")
    return window


@lru_cache(maxsize=1024)
def pool_divisor(window: Window, padding: Sizes, include_pad: bool, override: int | None) -> Array:
    """The divisor of each cell of y; broadcasts against y_size."""
    if override is not None:
        return np.array(override, np.float64)
    counts: Array = np.ones(())
    for axis in range(window.ndim):
        covered = window.coverage(axis, padding[axis] if include_pad else None)
        counts = np.multiply.outer(counts, np.array(covered, np.float64))
    return counts
