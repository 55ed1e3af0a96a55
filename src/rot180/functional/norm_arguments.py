"""Check the arguments of the normalisations."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import DtypeError, GradientError, ShapeError
from ..tape.operands import FLOATS, floating, raw
from ..tape.record import Array, Variable
from ..window import Sizes


def check_input(op: str, input: Any) -> Any:
    """Return the input as floats; raise ShapeError unless it has a batch and a channel axis."""
    x = floating(op, input)
    if x.ndim < 2:
        raise ShapeError(f"{op}: input has shape {x.shape}; (batch, channels, ...) is needed")
    return x


def check_eps(op: str, eps: float, positive: bool = False) -> None:
    """Raise ValueError unless eps is a number of at least 0, or more than 0 if `positive`."""
    if not isinstance(eps, int | float | np.integer | np.floating) or not eps >= 0 or (positive and not eps):
        need = "more than 0 in training" if positive else "0 or more"
        raise ValueError(f"{op}: eps must be a number, {need}; got {eps!r}")


def check_fit(op: str, name: str, value: Any, dtype: Any, shape: Sizes) -> None:
    """Raise ShapeError or DtypeError unless a parameter or statistic is None or has this dtype and shape."""
    if value is None:
        return
    a = raw(value)
    if not isinstance(a, np.ndarray):
        raise DtypeError(f"{op}: {name} must be a Tensor or an array, got {type(value).__name__}; use np.asarray")
    if a.dtype != dtype:
        hint = "convert one with .astype" if a.dtype in FLOATS else f"convert it with .astype(np.{dtype})"
        raise DtypeError(f"{op}: {name} is {a.dtype} but input is {dtype}; {hint}")
    if a.shape != shape:
        raise ShapeError(f"{op}: {name} has shape {a.shape}; {shape} is needed")


def check_running(
    op: str, x: Any, running_mean: Any, running_var: Any, channels: int, written: bool
) -> tuple[Array, Array] | None:
    """Return the arrays of the running statistics, or None. If `written`, they will be updated in place."""
    if running_mean is None and running_var is None:
        return None
    if running_mean is None or running_var is None:
        raise ValueError(f"{op}: running_mean and running_var must be passed together or not at all")
    for name, value in (("running_mean", running_mean), ("running_var", running_var)):
        check_fit(op, name, value, raw(x).dtype, (channels,))
        if isinstance(value, Variable) and value.node is not None:
            raise GradientError(
                f"{op}: {name} requires a gradient, but running statistics are not differentiated; pass its .detach()"
            )
        if written and not raw(value).flags.writeable:
            raise ValueError(f"{op}: {name} is a read-only array, but would be updated in place; pass a copy")
    return raw(running_mean), raw(running_var)


def normal_sizes(op: str, sizes: Sequence[int] | int) -> Sizes:
    """Return normalized_shape as a tuple; raise ShapeError unless it is an int or a sequence of ints, none negative."""
    try:
        axes = tuple(map(operator.index, sizes if isinstance(sizes, list | tuple) else [sizes]))
    except TypeError:
        axes = ()
    if not axes or min(axes) < 0:
        raise ShapeError(
            f"{op}: normalized_shape must be a non-negative int or a sequence of at least one; got {sizes!r}"
        )
    return axes
