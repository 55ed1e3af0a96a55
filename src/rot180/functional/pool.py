"""Max and average pooling, 1-d to 3-d: one window family, a forward and its vjps.

    max_pool       y = the maximum of each window; padding counts as absent; the first maximum takes the gradient
    average_pool   y = the sum of each window / divisor; the divisors come from the Window

The adjoint of choosing a cell per window is adding to that cell (`_max_x`), whose adjoint is choosing it (`_max_at`):
so there are vjps of every order.
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
from ..window import PerAxis, Sizes, Window, ints, per_axis


@primitive(keep=("residuals",), name="max_pool", fresh=True)
def _max_pool(x: Array, window: Window) -> tuple[Array, Callable[[], Array]]:
    y = kernels.max_y(x, window)
    return y, lambda: kernels.max_taps(x, y, window)


@_max_pool.vjp
def max_pool_vjp(gy: Any, needs: Any, y: Any, taps: Array, x: Any, window: Window) -> Any:
    return (_max_x(gy, taps, window),)


@primitive(name="max_x")
def _max_x(y: Array, taps: Array, window: Window) -> Array:
    return kernels.max_x(y, taps, window)


@_max_x.vjp
def max_x_vjp(gx: Any, needs: Any, x: Any, y: Any, taps: Array, window: Window) -> Any:
    return (_max_at(gx, taps, window),)


@primitive(name="max_at")
def _max_at(x: Array, taps: Array, window: Window) -> Array:
    return kernels.max_at(x, taps, window)


@_max_at.vjp
def max_at_vjp(gy: Any, needs: Any, y: Any, x: Any, taps: Array, window: Window) -> Any:
    return (_max_x(gy, taps, window),)


@primitive(name="average_pool")
def _average_y(x: Array, divisor: Array, window: Window) -> Array:
    return kernels.average_y(x, divisor, window)


@_average_y.vjp
def average_y_vjp(gy: Any, needs: Any, y: Any, x: Any, divisor: Array, window: Window) -> Any:
    return (_average_x(gy, divisor, window),)


@primitive(name="average_x")
def _average_x(y: Array, divisor: Array, window: Window) -> Array:
    return kernels.average_x(y, divisor, window)


@_average_x.vjp
def average_x_vjp(gx: Any, needs: Any, x: Any, y: Any, divisor: Array, window: Window) -> Any:
    return (_average_y(gx, divisor, window),)


def max_pool1d(
    input: Any, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0, dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> Any:  # fmt: skip
    """Like `max_pool2d` with one spatial axis."""
    return _max("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    input: Any, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0, dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> Any:  # fmt: skip
    """The maximum over each window of `input`.

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size, stride, padding, dilation: an int or one per axis; stride None is kernel_size; padding is at most
            half the kernel and counts as absent.
        ceil_mode: round the output size up, as long as the last window starts inside the input or its padding.

    Returns (N, C, P, Q). The first maximum of a window takes the gradient; a NaN in a window makes it NaN.
    """
    return _max("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d(
    input: Any, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0, dilation: PerAxis = 1,
    ceil_mode: bool = False,
) -> Any:  # fmt: skip
    """Like `max_pool2d` with three spatial axes."""
    return _max("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode)


def avg_pool1d(
    input: Any, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """Like `avg_pool2d` with one spatial axis."""
    return _average("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Any, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """The average over each window of `input`.

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size, stride, padding: an int or one per axis; stride None is kernel_size; padding is at most half of it.
        ceil_mode: as on `max_pool2d`.
        count_include_pad: divide by the cells of the window inside the padded input, else by those inside the input.
        divisor_override: divide by this instead.

    Returns (N, C, P, Q).
    """
    return _average(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Any, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """Like `avg_pool2d` with three spatial axes."""
    return _average(
        "avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _max(op: str, ndim: int, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> Any:
    x = floating(op, x)
    settings = map(ints, (kernel, stride, padding, dilation))
    window = pool_window(op, ndim, x.shape, *settings, bool(ceil_mode))
    return _batched(lambda a: _max_pool(a, window), x, ndim)


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
    divisor = divisor.astype(x.dtype)
    return _batched(lambda a: _average_y(a, divisor, window), x, ndim)


def _batched(pool: Any, x: Any, ndim: int) -> Any:
    if x.ndim == ndim + 2:
        return pool(x)
    y = pool(x.reshape(1, *x.shape))
    return y.reshape(y.shape[1:])


@lru_cache(maxsize=4096, typed=True)
def pool_window(
    op: str, ndim: int, shape: Sizes, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Window:
    """The geometry of a pool over an input of `shape`; every complaint about its settings is made here."""
    if len(shape) not in (ndim + 1, ndim + 2):
        raise ShapeError(
            f"{op}: input has shape {shape}; {ndim + 2} dimensions, or {ndim + 1} without a batch, are needed"
        )
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
    """What each position of y divides by: broadcasts against y_size."""
    if override is not None:
        return np.array(override, np.float64)
    counts: Array = np.ones(())
    for axis in range(window.ndim):
        covered = window.coverage(axis, padding[axis] if include_pad else None)
        counts = np.multiply.outer(counts, np.array(covered, np.float64))
    return counts
