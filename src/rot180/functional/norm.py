"""Batch, layer, group and instance normalisation: one op.

Each group of cells is brought to mean 0 and variance 1, then each channel is scaled and shifted:

    xhat = (x - mean) / sqrt(var + eps)        y = xhat * weight + bias

The four functions differ only in the groups. All four view the input as (N, G, K, S), that is batch, groups, channels
of a group and positions, with a weight and a bias per channel (G, K):

    batch_norm      (N, C, 1, S)         statistics over N, K, S      Ioffe & Szegedy, "Batch Normalization" (2015)
    instance_norm   (N, C, 1, S)         statistics over K, S         Ulyanov et al., "Instance Normalization" (2016)
    group_norm      (N, G, C / G, S)     statistics over K, S         Wu & He, "Group Normalization" (2018)
    layer_norm      (N, 1, cells, 1)     statistics over K, S         Ba et al., "Layer Normalization" (2016)

Running statistics are constants, so with them the op is one multiplication and one addition.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import kernels
from ..errors import ShapeError
from ..kernels.reference.norm import BATCH, SAMPLE, inverse_std
from ..tape.elementary import sqrt
from ..tape.operands import floating, raw
from ..tape.primitives import primitive
from ..tape.record import Array
from ..tape.reduction import mean, sum
from ..tape.types import ArrayLike, Constant, T
from ..window import Sizes
from .norm_arguments import check_eps, check_fit, check_input, check_running, normal_sizes


class Grouping(NamedTuple):
    """The groups of cells that share their statistics."""

    shape: Sizes  # x viewed as (N, G, K, S)
    axes: Sizes  # the axes of `shape` over which the statistics are taken; () if the statistics are given
    affine: Sizes  # the shape of weight and bias


Statistics = tuple[Array, Array]  # mean and variance; they broadcast against x viewed as (N, G, K, S)


@primitive(arrays=3, keep=("x", "weight", "residuals"), name=lambda op, *settings: op, fresh=True)
def _norm(
    x: Array, weight: Any, bias: Any, op: str, grouping: Grouping, eps: float, statistics: Statistics | None
) -> tuple[Array, Statistics]:
    """(y, (mean, var)): the statistics of x, or the given ones."""
    shape, axes, _ = grouping
    cells, w, b = x.reshape(shape), _per_channel(weight, shape), _per_channel(bias, shape)
    if statistics is None:
        y, mean, var = kernels.norm_y(cells, w, b, axes, eps)
        return y.reshape(x.shape), (mean, var)
    mean, var = statistics
    r = inverse_std(var, eps)
    scale = r if w is None else r * w
    shift = -mean * scale if b is None else b - mean * scale
    return kernels.affine_y(cells, scale, shift).reshape(x.shape), statistics


@_norm.vjp
def norm_vjp(
    gy: Any, needs: Any, y: Any, residuals: Statistics, x: Any, weight: Any, bias: Any, op: str, grouping: Grouping,
    eps: float, statistics: Statistics | None,
) -> Any:  # fmt: skip
    """With gz = gy * weight, r = 1 / sqrt(var + eps), and means over the cells that share their statistics:

        gx = r * (gz - mean(gz) - xhat * mean(gz * xhat)),  gweight = sum(gy * xhat),  gbias = sum(gy)

    The formulas are those of Ioffe & Szegedy (2015), section 3, with the gradients of mean and variance substituted.
    xhat does not change if a group of x is shifted or scaled, so gx has no component in these directions. If the
    statistics were passed, they are constants, and gx = r * gz.
    """
    shape, axes, affine = grouping
    g, cells = gy.reshape(shape), x.reshape(shape)
    if statistics is None:
        centred = cells - mean(cells, axes, True)
        var = mean(centred * centred, axes, True)
    else:
        centred, var = cells - statistics[0], statistics[1]
    r = 1.0 / sqrt(var + eps)
    xhat, gx = centred * r, None
    if needs[0]:
        gz = g if weight is None else g * _per_channel(weight, shape)
        if statistics is None:
            gz = gz - mean(gz, axes, True) - xhat * mean(gz * xhat, axes, True)
        gx = (gz * r).reshape(raw(x).shape)
    gweight = sum(g * xhat, (0, 3)).reshape(affine) if needs[1] else None
    return gx, gweight, sum(g, (0, 3)).reshape(affine) if needs[2] else None


@_norm.array_vjp
def norm_array_vjp(
    gy: Array, needs: Any, overwrite: bool, y: Any, residuals: Statistics, x: Array, weight: Any, bias: Any, op: str,
    grouping: Grouping, eps: float, statistics: Statistics | None,
) -> Any:  # fmt: skip
    """Like `norm_vjp`, but with the mean and variance that the forward computed."""
    shape, axes, affine = grouping
    wanted = [need is not None for need in needs]
    w = _per_channel(weight, shape)
    gx, gweight, gbias = kernels.norm_x(
        gy.reshape(shape), x.reshape(shape), w, *residuals, axes, eps, wanted, overwrite
    )
    return (
        None if gx is None else gx.reshape(x.shape),
        None if gweight is None else gweight.reshape(affine),
        None if gbias is None else gbias.reshape(affine),
    )


def _per_channel(factor: Any, shape: Sizes) -> Any:
    """A weight or bias, (G * K,), as (1, G, K, 1)."""
    return None if factor is None else factor.reshape(1, *shape[1:3], 1)


def batch_norm(
    input: T | ArrayLike, running_mean: Constant | None, running_var: Constant | None,
    weight: T | Array | None = None, bias: T | Array | None = None, training: bool = False, momentum: float = 0.1,
    eps: float = 1e-5,
) -> T:  # fmt: skip
    """Normalise each channel over the batch and all positions; in evaluation, with the running statistics.

    Args:
        input: (N, C, ...).
        running_mean, running_var: (C,), Tensors or arrays; both or neither. In training they are updated **in place**:
            running = (1 - momentum) * running + momentum * new, where the new variance is the unbiased one.
        weight, bias: (C,) or None.
        training: use the statistics of `input`. Each channel needs more than one value.
        momentum: the weight of the new statistics.
        eps: added to the variance; more than 0 in training.

    An empty input leaves the running statistics unchanged. Raises ShapeError, DtypeError, ValueError, and GradientError
    if a running statistic requires a gradient.
    """
    x = check_input("batch_norm", input)
    shape: Sizes = x.shape
    check_eps("batch_norm", eps, positive=training)
    grouping = Grouping((*shape[:2], 1, math.prod(shape[2:])), BATCH if training else (), shape[1:2])
    if training and shape[0] * grouping.shape[3] == 1:
        raise ValueError(
            f"batch_norm: input of shape {shape} has one value per channel, so its variance is 0; training needs more"
        )
    running = check_running("batch_norm", x, running_mean, running_var, shape[1], written=training)
    if not training and running is None:
        raise ValueError("batch_norm: running_mean and running_var are needed in evaluation (training=False)")
    return _with_running("batch_norm", x, weight, bias, grouping, running, momentum, eps)


def instance_norm(
    input: T | ArrayLike, running_mean: Constant | None = None, running_var: Constant | None = None,
    weight: T | Array | None = None, bias: T | Array | None = None, use_input_stats: bool = True,
    momentum: float = 0.1, eps: float = 1e-5,
) -> T:  # fmt: skip
    """Normalise each channel of each sample over its positions, or by the running statistics.

    Args:
        input: (N, C, ...).
        running_mean, running_var: (C,). With use_input_stats they are updated **in place** as by `batch_norm`; the new
            values are the averages of the samples' means and unbiased variances.
        weight, bias: (C,) or None.
        use_input_stats: use the statistics of each sample. Each channel needs more than one position.
        momentum, eps: as for `batch_norm`.

    Raises the same errors as `batch_norm`.
    """
    x = check_input("instance_norm", input)
    shape: Sizes = x.shape
    check_eps("instance_norm", eps)
    grouping = Grouping((*shape[:2], 1, math.prod(shape[2:])), SAMPLE if use_input_stats else (), shape[1:2])
    if use_input_stats and grouping.shape[3] == 1:
        raise ValueError(
            f"instance_norm: input of shape {shape} has one position per channel, so its variance is 0; more are needed"
        )
    running = check_running("instance_norm", x, running_mean, running_var, shape[1], written=use_input_stats)
    if not use_input_stats and running is None:
        raise ValueError("instance_norm: running_mean and running_var are needed with use_input_stats=False")
    return _with_running("instance_norm", x, weight, bias, grouping, running, momentum, eps)


def group_norm(
    input: T | ArrayLike, num_groups: int, weight: T | Array | None = None, bias: T | Array | None = None,
    eps: float = 1e-5,
) -> T:  # fmt: skip
    """Normalise each group of adjacent channels of each sample.

    Args:
        input: (N, C, ...).
        num_groups: the number of groups; must divide C.
        weight, bias: (C,) or None.
        eps: added to the variance.

    Raises ShapeError, DtypeError, and ValueError if the input has only one value per group.
    """
    x = check_input("group_norm", input)
    shape: Sizes = x.shape
    check_eps("group_norm", eps)
    if isinstance(num_groups, bool) or not hasattr(num_groups, "__index__") or num_groups < 1:
        raise ShapeError(f"group_norm: num_groups must be an int of at least 1; got {num_groups!r}")
    if shape[1] % num_groups:
        raise ShapeError(f"group_norm: input has {shape[1]} channels; num_groups={num_groups} must divide them")
    per_group, size = shape[1] // num_groups, math.prod(shape[2:])
    if shape[0] * per_group * size == 1:
        raise ValueError(
            f"group_norm: input of shape {shape} has one value per group, so its variance is 0; more are needed"
        )
    grouping = Grouping((shape[0], int(num_groups), per_group, size), SAMPLE, shape[1:2])
    return _apply("group_norm", x, weight, bias, grouping, eps)[0]


def layer_norm(
    input: T | ArrayLike, normalized_shape: Sequence[int] | int, weight: T | Array | None = None,
    bias: T | Array | None = None, eps: float = 1e-5,
) -> T:  # fmt: skip
    """Normalise each sample over the last axes of `input`.

    Args:
        input: (..., *normalized_shape).
        normalized_shape: the sizes of these axes; an int stands for one axis.
        weight, bias: of shape normalized_shape, or None.
        eps: added to the variance.

    Raises ShapeError or DtypeError if the arguments do not fit.
    """
    x = floating("layer_norm", input)
    check_eps("layer_norm", eps)
    sizes, shape = normal_sizes("layer_norm", normalized_shape), raw(x).shape
    lead = len(shape) - len(sizes)
    if lead < 0 or shape[lead:] != sizes:
        raise ShapeError(f"layer_norm: input has shape {shape}; its last axes must have sizes {sizes}")
    grouping = Grouping((math.prod(shape[:lead]), 1, math.prod(sizes), 1), SAMPLE, sizes)
    return _apply("layer_norm", x, weight, bias, grouping, eps)[0]


def _with_running(
    op: str, x: Any, weight: Any, bias: Any, grouping: Grouping, running: tuple[Array, Array] | None, momentum: float,
    eps: float,
) -> Any:  # fmt: skip
    """Normalise with the running statistics, or with the statistics of x; these then update the running statistics."""
    if isinstance(momentum, bool) or not isinstance(momentum, int | float | np.integer | np.floating):
        raise ValueError(f"{op}: momentum must be a number; got {momentum!r}")
    if not grouping.axes:
        assert running is not None
        # copies, because the vjp reads them and a later forward may change them in place
        mean, var = (a.reshape(1, -1, 1, 1).copy() for a in running)
        return _apply(op, x, weight, bias, grouping, eps, (mean, var))[0]
    y, statistics = _apply(op, x, weight, bias, grouping, eps)
    if running is not None and raw(x).size:
        count = raw(x).size / statistics[0].size
        for average, new, factor in zip(running, statistics, (1, count / (count - 1)), strict=True):
            average *= float(1 - momentum)
            average += np.add.reduce(new, 0).reshape(-1) * float(momentum * factor / len(new))
    return y


def _apply(
    op: str, x: Any, weight: Any, bias: Any, grouping: Grouping, eps: float, statistics: Statistics | None = None
) -> tuple[Any, Statistics]:
    """The output and the statistics."""
    a = raw(x)
    check_fit(op, "weight", weight, a.dtype, grouping.affine)
    check_fit(op, "bias", bias, a.dtype, grouping.affine)
    if not a.size:  # an empty input has no statistics; the returned ones are never read
        zeros = np.zeros((1, *grouping.shape[1:2], 1, 1), a.dtype)
        grouping, statistics = grouping._replace(axes=()), (zeros, zeros + 1)
    return _norm.with_residuals(x, weight, bias, op, grouping, eps, statistics)
