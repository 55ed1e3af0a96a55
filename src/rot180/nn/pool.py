"""Pooling layers, 1-d to 3-d. The constructors check the settings by pooling the smallest input that fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from .. import functional as F
from ..tape import Tensor
from ..window import PerAxis
from .module import Module
from .settings import axes, compact_repr


class _MaxPoolNd(Module):
    """The maximum of each window.

    Args:
        kernel_size, stride, padding, dilation: an int, or one per spatial axis. The stride is kernel_size by default.
            The padding is at most half of the kernel; its cells are never the maximum.
        return_indices: must be False, because a Module returns one Tensor. The functions of `functional` can return
            indices.
        ceil_mode: round the output size up.
    """

    _ndim: ClassVar[int]
    _function: ClassVar[Callable[..., Any]]

    def __init__(
        self, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0, dilation: PerAxis = 1,
        return_indices: bool = False, ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        layer, ndim = type(self).__name__, self._ndim
        if return_indices:
            raise ValueError(
                f"{layer}: return_indices=True is not supported, as a Module returns one Tensor; "
                "call the function of rot180.functional"
            )
        self.kernel_size = axes(layer, "kernel_size", kernel_size, ndim)
        self.stride = self.kernel_size if stride is None else axes(layer, "stride", stride, ndim)
        self.padding = axes(layer, "padding", padding, ndim)
        self.dilation = axes(layer, "dilation", dilation, ndim)
        self.ceil_mode = bool(ceil_mode)
        reach = (max(d * (k - 1) + 1, 1) for k, d in zip(self.kernel_size, self.dilation, strict=True))
        self.forward(Tensor(np.zeros((1, *reach), np.float32)))

    def forward(self, input: Tensor) -> Tensor:
        return self._function(input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)

    def extra_repr(self) -> str:
        sizes = {name: getattr(self, name) for name in ("kernel_size", "stride", "padding", "dilation")}
        return ", ".join([*[f"{name}={compact_repr(v)}" for name, v in sizes.items()], f"ceil_mode={self.ceil_mode}"])


class MaxPool1d(_MaxPoolNd):
    __doc__ = f"{_MaxPoolNd.__doc__}\n    Input (N, C, W) or (C, W)."
    _ndim, _function = 1, staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPoolNd):
    __doc__ = f"{_MaxPoolNd.__doc__}\n    Input (N, C, H, W) or (C, H, W)."
    _ndim, _function = 2, staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPoolNd):
    __doc__ = f"{_MaxPoolNd.__doc__}\n    Input (N, C, D, H, W) or (C, D, H, W)."
    _ndim, _function = 3, staticmethod(F.max_pool3d)


class _AvgPoolNd(Module):
    """The average of each window.

    Args:
        kernel_size, stride, padding: an int, or one per spatial axis. The stride is kernel_size by default. The padding
            is at most half of the kernel.
        ceil_mode: round the output size up.
        count_include_pad: average over the zeros of the padding, too; otherwise only over cells of the input.
        divisor_override (2d and 3d): divide the sum by this number instead of the number of cells.
    """

    _ndim: ClassVar[int]
    _function: ClassVar[Callable[..., Any]]

    def __init__(
        self, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        layer, ndim = type(self).__name__, self._ndim
        self.kernel_size = axes(layer, "kernel_size", kernel_size, ndim)
        self.stride = self.kernel_size if stride is None else axes(layer, "stride", stride, ndim)
        self.padding = axes(layer, "padding", padding, ndim)
        self.ceil_mode, self.count_include_pad = bool(ceil_mode), bool(count_include_pad)
        self.divisor_override = divisor_override
        self.forward(Tensor(np.zeros((1, *[max(k, 1) for k in self.kernel_size]), np.float32)))

    def forward(self, input: Tensor) -> Tensor:
        settings = (self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)
        return self._function(input, *settings, self.divisor_override)

    def extra_repr(self) -> str:
        sizes = {name: getattr(self, name) for name in ("kernel_size", "stride", "padding")}
        return ", ".join(f"{name}={compact_repr(v)}" for name, v in sizes.items())


class AvgPool1d(_AvgPoolNd):
    __doc__ = f"{_AvgPoolNd.__doc__}\n    Input (N, C, W) or (C, W)."
    _ndim = 1

    def __init__(
        self, kernel_size: PerAxis, stride: PerAxis | None = None, padding: PerAxis = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)

    def forward(self, input: Tensor) -> Tensor:
        settings = (self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)
        return F.avg_pool1d(input, *settings)


class AvgPool2d(_AvgPoolNd):
    __doc__ = f"{_AvgPoolNd.__doc__}\n    Input (N, C, H, W) or (C, H, W)."
    _ndim, _function = 2, staticmethod(F.avg_pool2d)


class AvgPool3d(_AvgPoolNd):
    __doc__ = f"{_AvgPoolNd.__doc__}\n    Input (N, C, D, H, W) or (C, D, H, W)."
    _ndim, _function = 3, staticmethod(F.avg_pool3d)
