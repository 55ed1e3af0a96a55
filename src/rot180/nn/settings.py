"""What constructors of layers check and make canonical: sizes, and one int per spatial axis."""

from __future__ import annotations

from typing import Any

from ..window import Sizes, ints, per_axis
from ..window import positive as positive


def axes(layer: str, name: str, value: Any, ndim: int) -> Sizes:
    """An int, or one per spatial axis, as a tuple."""
    return per_axis(layer, name, ints(value), ndim)


def shown(sizes: Any) -> str:
    """A tuple of equal ints as the one int that a user would have written."""
    return repr(sizes[0] if isinstance(sizes, tuple) and len(set(sizes)) == 1 else sizes)
