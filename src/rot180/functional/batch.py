"""Inputs without a batch axis: add the axis before an op and remove it afterwards. Both reshapes are recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ShapeError
from ..window import Sizes


def check_axes(op: str, ndim: int, shape: Sizes) -> None:
    """Raise ShapeError unless `shape` has `ndim` spatial axes after the channels, with or without a batch axis."""
    if len(shape) not in (ndim + 1, ndim + 2):
        raise ShapeError(
            f"{op}: input has shape {shape}; {ndim + 2} dimensions (batch, channels, space) or {ndim + 1} (no batch) "
            "are needed"
        )


def as_batch(ndim: int, x: Any) -> Any:
    """Return (N, C, ...) unchanged, and (C, ...) as (1, C, ...)."""
    return x if x.ndim == ndim + 2 else x.reshape(1, *x.shape)


def with_batch(function: Callable[..., Any], ndim: int, x: Any, *args: Any) -> Any:
    """Return function(x, *args) for x with `ndim` spatial axes. If x has no batch axis, the result has none either."""
    if x.ndim == ndim + 2:
        return function(x, *args)
    y = function(x.reshape(1, *x.shape), *args)
    return y.reshape(y.shape[1:])
