"""Checks that the constructors of layers share: positive sizes, and one int per spatial axis."""

from __future__ import annotations

from typing import Any

from ..window import Sizes, ints, per_axis
from ..window import positive as positive


def axes(layer: str, name: str, value: Any, ndim: int) -> Sizes:
    """Return an int, or one int per spatial axis, as a tuple; raise ShapeError for anything else."""
    return per_axis(layer, name, ints(value), ndim)


def compact_repr(sizes: Any) -> str:
    """The repr of sizes; a tuple of equal ints is written as one int."""
    return repr(sizes[0] if isinstance(sizes, tuple) and len(set(sizes)) == 1 else sizes)
