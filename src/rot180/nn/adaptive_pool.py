"""Adaptive pooling layers, 1-d to 3-d, which pool to a given output size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from .. import functional as F
from ..tape import Tensor
from .module import Module


class _AdaptivePoolNd(Module):
    """Base of the layers; the constructor checks the setting by pooling the smallest input."""

    _function: ClassVar[Callable[..., Any]]
    _ndim: ClassVar[int]

    def __init__(self, output_size: int | Sequence[int | None]) -> None:
        super().__init__()
        self.output_size = tuple(output_size) if isinstance(output_size, list | tuple) else output_size
        self._function(np.zeros((1,) * (self._ndim + 1), np.float32), self.output_size)

    def forward(self, input: Tensor) -> Tensor:
        return self._function(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _AdaptiveAvgPoolNd(_AdaptivePoolNd):
    """The average of each of `output_size` bins that cover the input.

    Args:
        output_size: the number of bins, an int or one per spatial axis, or None to keep the size of an axis.
    """


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    __doc__ = f"{_AdaptiveAvgPoolNd.__doc__}\n    Input (N, C, W) or (C, W)."
    _ndim, _function = 1, staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    __doc__ = f"{_AdaptiveAvgPoolNd.__doc__}\n    Input (N, C, H, W) or (C, H, W)."
    _ndim, _function = 2, staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    __doc__ = f"{_AdaptiveAvgPoolNd.__doc__}\n    Input (N, C, D, H, W) or (C, D, H, W)."
    _ndim, _function = 3, staticmethod(F.adaptive_avg_pool3d)


class _AdaptiveMaxPoolNd(_AdaptivePoolNd):
    """The maximum of each of `output_size` bins that cover the input.

    Args:
        output_size: the number of bins, an int or one per spatial axis, or None to keep the size of an axis.
        return_indices: must be False, because a Module returns one Tensor. The functions of `functional` can return
            indices.
    """

    def __init__(self, output_size: int | Sequence[int | None], return_indices: bool = False) -> None:
        if return_indices:
            raise ValueError(
                f"{type(self).__name__}: return_indices=True is not supported, as a Module returns one Tensor; "
                "call the function of rot180.functional"
            )
        super().__init__(output_size)


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    __doc__ = f"{_AdaptiveMaxPoolNd.__doc__}\n    Input (N, C, W) or (C, W)."
    _ndim, _function = 1, staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    __doc__ = f"{_AdaptiveMaxPoolNd.__doc__}\n    Input (N, C, H, W) or (C, H, W)."
    _ndim, _function = 2, staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    __doc__ = f"{_AdaptiveMaxPoolNd.__doc__}\n    Input (N, C, D, H, W) or (C, D, H, W)."
    _ndim, _function = 3, staticmethod(F.adaptive_max_pool3d)
