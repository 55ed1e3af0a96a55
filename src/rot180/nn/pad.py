"""Padding layers, 1-d to 3-d: cells of one value around the spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from .. import functional as F
from .module import Module
from .settings import axes


class _ConstantPadNd(Module):
    """Cells of `value` around the input.

    Args:
        padding: an int for all sides, or a pair per spatial axis, the last axis first: (left, right, top, bottom, ...);
            negative numbers take cells away.
        value: what the new cells hold.
    """

    _ndim: ClassVar[int]

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__()
        self.padding = axes(type(self).__name__, "padding", padding, 2 * self._ndim)
        self.value = value

    def forward(self, input: Any) -> Any:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    __doc__, _ndim = _ConstantPadNd.__doc__, 1


class ConstantPad2d(_ConstantPadNd):
    __doc__, _ndim = _ConstantPadNd.__doc__, 2


class ConstantPad3d(_ConstantPadNd):
    __doc__, _ndim = _ConstantPadNd.__doc__, 3


class ZeroPad2d(_ConstantPadNd):
    """Zeros around the input: `padding` as on ConstantPad2d."""

    _ndim = 2

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"
