"""What constructors of layers check and make canonical: sizes, and one int per spatial axis."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError
from ..window import Sizes, hashable, per_axis


def positive(layer: str, name: str, value: Any) -> int:
    """`value`, if it is an int of at least 1; ShapeError otherwise."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value.__index__() < 1:
        raise ShapeError(f"{layer}: {name} must be an int of at least 1; got {value!r}")
    return int(value)


def axes(layer: str, name: str, value: Any, ndim: int) -> Sizes:
    """An int, or one per spatial axis, as a tuple."""
    return per_axis(layer, name, hashable(value), ndim)


def shown(sizes: Any) -> str:
    """A tuple of equal ints as the one int that a user would have written."""
    return repr(sizes[0] if isinstance(sizes, tuple) and len(set(sizes)) == 1 else sizes)
