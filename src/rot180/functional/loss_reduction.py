"""Code shared by the losses: reductions, and checks of inputs, targets and weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError
from ..tape.operands import floating, raw
from ..tape.record import Array

REDUCTIONS = ("mean", "sum", "none")
DIVERGENCE_REDUCTIONS = ("batchmean", *REDUCTIONS)


def check_reduction(op: str, reduction: str, known: tuple[str, ...] = REDUCTIONS) -> None:
    """Raise ValueError if `reduction` is not one of the known names."""
    if reduction not in known:
        names = ", ".join(map(repr, known[:-1]))
        raise ValueError(f"{op}: reduction must be {names} or {known[-1]!r}; got {reduction!r}")


def check_pair(op: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Return both as floats; raise ShapeError or DtypeError if their shapes or dtypes differ."""
    x, t = floating(op, input), floating(op, target)
    a, b = raw(x), raw(t)
    if a.shape != b.shape:
        raise ShapeError(f"{op}: input has shape {a.shape} but target has {b.shape}; they must be the same")
    if a.dtype != b.dtype:
        raise DtypeError(f"{op}: input is {a.dtype} but target is {b.dtype}; convert one with .astype")
    return x, t


def weight_array(op: str, name: str, value: Any, dtype: Any) -> Array:
    """Return a weight as an array of this dtype; raise DtypeError if it does not hold numbers."""
    try:
        return np.asarray(raw(value), dtype)
    except (TypeError, ValueError):
        raise DtypeError(f"{op}: {name} must hold numbers; got {value!r}") from None


def reduce_losses(losses: Any, reduction: str) -> Any:
    """Reduce the losses to their mean (NaN if there are none) or their sum; "none" returns them unchanged."""
    if reduction == "mean":
        return np.add.reduce(losses, None) / losses.size if losses.size else np.asarray(np.nan, losses.dtype)
    return np.add.reduce(losses, None) if reduction == "sum" else losses


def unreduced_cotangent(g: Any, size: int, reduction: str) -> Any:
    """The cotangent of the unreduced losses, from the cotangent g of their reduction; broadcasts against the losses."""
    return g / max(size, 1) if reduction == "mean" else g
