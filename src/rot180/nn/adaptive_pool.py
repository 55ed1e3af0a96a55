"""Adaptive pooling layers, 1-d to 3-d: the size of the output is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from .. import functional as F
from .module import Module


class _AdaptivePoolNd(Module):
    """What the layers have in common; the setting is checked by pooling the smallest input, in the constructor."""

    _function: ClassVar[Callable[..., Any]]
    _ndim: ClassVar[int]

    def __init__(self, output_size: int | Sequence[int | None]) -> None:
        super().__init__()
        self.output_size = tuple(output_size) if isinstance(output_size, list | tuple) else output_size
        self.forward(np.zeros((1,) * (self._ndim + 1), np.float32))

    def forward(self, input: Any) -> Any:
        return self._function(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _AdaptiveAvgPoolNd(_AdaptivePoolNd):
    """The average over each of so many bins that cover the input.

    Args:
        output_size: how many bins, an int or one per spatial axis; None keeps the size of an axis.
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
    """The maximum over each of so many bins that cover the input.

    Args:
        output_size: how many bins, an int or one per spatial axis; None keeps the size of an axis.
        return_indices: must be False; the functions of `functional` return indices.
    """

    def __init__(self, output_size: int | Sequence[int | None], return_indices: bool = False) -> None:
        if return_indices:
            raise ValueError(f"{type(self).__name__}: return_indices=True is not there; a Module returns one Tensor")
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
