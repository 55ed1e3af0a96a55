"""Padding layers, 1-d to 3-d: a border of one value, or of cells of the input, around the spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from .. import functional as F
from ..tape import Tensor
from .module import Module
from .settings import axes


class _PadNd(Module):
    _ndim: ClassVar[int]
    _mode: ClassVar[str] = "constant"

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = axes(type(self).__name__, "padding", padding, 2 * self._ndim)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPadNd(_PadNd):
    """Pad the input with `value`.

    Args:
        padding: an int for all sides, or a pair per spatial axis, the last axis first: (left, right, top, bottom, ...);
            negative numbers crop.
        value: the value of the new cells.
    """

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self._mode, self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    __doc__, _ndim = _ConstantPadNd.__doc__, 1


class ConstantPad2d(_ConstantPadNd):
    __doc__, _ndim = _ConstantPadNd.__doc__, 2


class ConstantPad3d(_ConstantPadNd):
    __doc__, _ndim = _ConstantPadNd.__doc__, 3


class _ZeroPadNd(_PadNd):
    """Pad the input with zeros; `padding` as for ConstantPad2d."""


class ZeroPad1d(_ZeroPadNd):
    __doc__, _ndim = _ZeroPadNd.__doc__, 1


class ZeroPad2d(_ZeroPadNd):
    __doc__, _ndim = _ZeroPadNd.__doc__, 2


class ZeroPad3d(_ZeroPadNd):
    __doc__, _ndim = _ZeroPadNd.__doc__, 3


class _ReflectionPadNd(_PadNd):
    """Pad the input with its mirror image without the edge cells; `padding` is smaller than the input.

    See `functional.pad`, mode "reflect".
    """

    _mode = "reflect"


class ReflectionPad1d(_ReflectionPadNd):
    __doc__, _ndim = _ReflectionPadNd.__doc__, 1


class ReflectionPad2d(_ReflectionPadNd):
    __doc__, _ndim = _ReflectionPadNd.__doc__, 2


class ReflectionPad3d(_ReflectionPadNd):
    __doc__, _ndim = _ReflectionPadNd.__doc__, 3


class _ReplicationPadNd(_PadNd):
    """Pad the input with copies of its edge cells; `padding` as for ConstantPad2d.

    See `functional.pad`, mode "replicate".
    """

    _mode = "replicate"


class ReplicationPad1d(_ReplicationPadNd):
    __doc__, _ndim = _ReplicationPadNd.__doc__, 1


class ReplicationPad2d(_ReplicationPadNd):
    __doc__, _ndim = _ReplicationPadNd.__doc__, 2


class ReplicationPad3d(_ReplicationPadNd):
    __doc__, _ndim = _ReplicationPadNd.__doc__, 3


class _CircularPadNd(_PadNd):
    """Pad each side with the cells of the opposite side; `padding` at most the size of the input.

    See `functional.pad`, mode "circular".
    """

    _mode = "circular"


class CircularPad1d(_CircularPadNd):
    __doc__, _ndim = _CircularPadNd.__doc__, 1


class CircularPad2d(_CircularPadNd):
    __doc__, _ndim = _CircularPadNd.__doc__, 2


class CircularPad3d(_CircularPadNd):
    __doc__, _ndim = _CircularPadNd.__doc__, 3
