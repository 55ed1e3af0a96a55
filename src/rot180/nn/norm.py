"""Normalisation layers; the functions are in `functional.norm`.

    BatchNorm1d/2d/3d       weight, bias (C,), buffers running_mean, running_var (C,) and num_batches_tracked ()
    InstanceNorm1d/2d/3d    the same, but weights and buffers only if requested
    GroupNorm               weight, bias (C,)
    LayerNorm               weight, bias of shape normalized_shape

Weights are initially 1, biases 0.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from .. import functional as F
from ..errors import ShapeError
from ..functional.norm_arguments import normal_sizes
from ..tape import Tensor
from ..tape.operands import floating
from . import init
from .module import Module
from .parameter import Dtype, Parameter, empty_parameter
from .settings import positive


class _Affine(Module):
    """A layer that may have a weight and a bias of one shape."""

    weight: Parameter | None
    bias: Parameter | None

    def _make_affine(self, shape: tuple[int, ...], affine: bool, bias: bool, dtype: Dtype) -> None:
        layer = type(self).__name__
        self.register_parameter("weight", empty_parameter(layer, shape, dtype) if affine else None)
        self.register_parameter("bias", empty_parameter(layer, shape, dtype) if affine and bias else None)

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class _ChannelNorm(_Affine):
    """Base of batch and instance normalisation: num_features channels and their running statistics."""

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    _ndims: ClassVar[tuple[int, ...]]  # the numbers of axes that the input may have

    def __init__(
        self, num_features: int, eps: float, momentum: float | None, affine: bool, track_running_stats: bool,
        bias: bool, dtype: Dtype,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_features = positive(type(self).__name__, "num_features", num_features)
        self.eps, self.momentum, self.affine, self.track_running_stats = eps, momentum, affine, track_running_stats
        self._make_affine((self.num_features,), affine, bias, dtype)
        for name in ("running_mean", "running_var"):
            statistic = (
                empty_parameter(type(self).__name__, (self.num_features,), dtype).data if track_running_stats else None
            )
            self.register_buffer(name, statistic)
        self.register_buffer("num_batches_tracked", np.zeros((), np.int64) if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Set the running mean to 0, the running variance to 1 and the count of batches to 0."""
        for buffer, value in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
            if buffer is not None:
                buffer.data[...] = value

    def reset_parameters(self) -> None:
        """Set the weight to 1, the bias to 0, and reset the running statistics."""
        self.reset_running_stats()
        super().reset_parameters()

    def _checked(self, input: Any) -> Any:
        """The input as a Tensor or array of floats; raises ShapeError for a wrong number of axes."""
        x = floating(type(self).__name__, input)
        if x.ndim not in self._ndims:
            needed = " or ".join(map(str, self._ndims))
            raise ShapeError(f"{type(self).__name__}: input has shape {x.shape}; {needed} dimensions are needed")
        return x

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_ChannelNorm):
    """Normalise each channel over the batch and all positions, then scale and shift it: Ioffe & Szegedy (2015).

    Training uses the statistics of the batch and updates the running statistics; evaluation uses the running ones.

    Args:
        num_features: the channels of the input.
        eps: added to the variance.
        momentum: the weight of a new batch in the running statistics, or None to average over all batches.
        affine: learn a weight and a bias.
        track_running_stats: keep running statistics; if False, evaluation uses the statistics of the batch, too.
        bias: with `affine`, learn a bias.
        dtype: np.float32 or np.float64.

    Attributes: weight, bias, running_mean and running_var (num_features,); num_batches_tracked, an int64.
    """

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, *, bias: bool = True, dtype: Dtype = np.float32,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias, dtype)

    def forward(self, input: Tensor) -> Tensor:
        x = self._checked(input)
        momentum, tracked = self.momentum, self.num_batches_tracked
        if momentum is None:  # all batches have the same weight
            momentum = 1 / (int(tracked.data) + 1) if tracked is not None else 0.0
        use_running = self.track_running_stats or not self.training
        running = (self.running_mean, self.running_var) if use_running else (None, None)
        by_batch = self.training or self.running_mean is None
        y = F.batch_norm(x, *running, self.weight, self.bias, by_batch, momentum, self.eps)
        if self.training and self.track_running_stats and tracked is not None:
            tracked.data[...] += 1
        return y


class BatchNorm1d(_BatchNorm):
    __doc__ = f"{_BatchNorm.__doc__}\n    Input (N, C) or (N, C, W)."
    _ndims = (2, 3)


class BatchNorm2d(_BatchNorm):
    __doc__ = f"{_BatchNorm.__doc__}\n    Input (N, C, H, W)."
    _ndims = (4,)


class BatchNorm3d(_BatchNorm):
    __doc__ = f"{_BatchNorm.__doc__}\n    Input (N, C, D, H, W)."
    _ndims = (5,)


class _InstanceNorm(_ChannelNorm):
    """Normalise each channel of each sample over its positions: Ulyanov et al. (2016).

    Args:
        num_features: the channels of the input.
        eps: added to the variance.
        momentum: the weight of a new batch in the running statistics, or None to never update them.
        affine: learn a weight and a bias.
        track_running_stats: keep running statistics, and use them in evaluation.
        bias: with `affine`, learn a bias.
        dtype: np.float32 or np.float64.

    A layer without weights and running statistics accepts any number of channels, but warns if it is not num_features.
    """

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = False,
        track_running_stats: bool = False, *, bias: bool = True, dtype: Dtype = np.float32,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias, dtype)

    def forward(self, input: Tensor) -> Tensor:
        x = self._checked(input)
        batched = x.ndim == self._ndims[-1]
        shape, channels = x.shape, x.shape[1 if batched else 0]
        if channels != self.num_features:
            layer = type(self).__name__
            message = f"{layer}: input of shape {shape} has {channels} channels; num_features is"
            if self.affine or self.track_running_stats:
                raise ShapeError(f"{message} {self.num_features}")
            warnings.warn(f"{message} {self.num_features}, which has no effect without weights", stacklevel=3)
        x = x if batched else x.reshape(1, *shape)
        by_sample = self.training or not self.track_running_stats
        momentum = 0.0 if self.momentum is None else self.momentum
        y = F.instance_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, by_sample, momentum, self.eps
        )
        return y if batched else y.reshape(shape)


class InstanceNorm1d(_InstanceNorm):
    __doc__ = f"{_InstanceNorm.__doc__}\n    Input (N, C, W) or (C, W)."
    _ndims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    __doc__ = f"{_InstanceNorm.__doc__}\n    Input (N, C, H, W) or (C, H, W)."
    _ndims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    __doc__ = f"{_InstanceNorm.__doc__}\n    Input (N, C, D, H, W) or (C, D, H, W)."
    _ndims = (4, 5)


class GroupNorm(_Affine):
    """Normalise each group of consecutive channels of each sample: Wu & He (2018).

    Args:
        num_groups: the number of groups.
        num_channels: the channels of the input (N, C, ...), a multiple of num_groups.
        eps: added to the variance.
        affine: learn a weight and a bias, both (num_channels,).
        bias: with `affine`, learn a bias.
        dtype: np.float32 or np.float64.
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, *, bias: bool = True,
        dtype: Dtype = np.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_groups = positive("GroupNorm", "num_groups", num_groups)
        self.num_channels = positive("GroupNorm", "num_channels", num_channels)
        if num_channels % num_groups:
            raise ShapeError(f"GroupNorm: num_groups={num_groups} must divide num_channels={num_channels}")
        self.eps, self.affine = eps, affine
        self._make_affine((self.num_channels,), affine, bias, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        sizes = f"{self.num_groups}, {self.num_channels}"
        return f"{sizes}, eps={self.eps}, affine={self.affine}, bias={self.bias is not None}"


class LayerNorm(_Affine):
    """Normalise each sample over its last axes: Ba et al. (2016).

    Args:
        normalized_shape: the sizes of these axes; an int means one axis.
        eps: added to the variance.
        elementwise_affine: learn a weight and a bias of shape normalized_shape.
        bias: with `elementwise_affine`, learn a bias.
        dtype: np.float32 or np.float64.
    """

    def __init__(
        self, normalized_shape: Sequence[int] | int, eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, *, dtype: Dtype = np.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        self.normalized_shape = normal_sizes("LayerNorm", normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self._make_affine(self.normalized_shape, elementwise_affine, bias, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        settings = f"eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        return f"{self.normalized_shape}, {settings}, bias={self.bias is not None}"
