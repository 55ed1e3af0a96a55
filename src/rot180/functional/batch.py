"""Inputs without a batch axis: it is added before an op and removed after it; both reshapes are recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ShapeError
from ..window import Sizes


def check_axes(op: str, ndim: int, shape: Sizes) -> None:
    """ShapeError unless an input with `ndim` spatial axes has this shape, with or without a batch axis."""
    if len(shape) not in (ndim + 1, ndim + 2):
        raise ShapeError(
            f"{op}: input has shape {shape}; {ndim + 2} dimensions (batch, channels, space) or {ndim + 1} (no batch) "
            "are needed"
        )


def as_batch(ndim: int, x: Any) -> Any:
    """x with a batch axis: (N, C, ...) as it is, (C, ...) as (1, C, ...)."""
    return x if x.ndim == ndim + 2 else x.reshape(1, *x.shape)


def with_batch(function: Callable[..., Any], ndim: int, x: Any, *args: Any) -> Any:
    """function(x, *args) for an x with `ndim` spatial axes that may lack its batch axis, as its result then does."""
    if x.ndim == ndim + 2:
        return function(x, *args)
    y = function(x.reshape(1, *x.shape), *args)
    return y.reshape(y.shape[1:])
