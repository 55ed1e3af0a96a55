"""Batch, layer, group and instance normalisation: one op, a forward and its vjp.

Cells that share a mean and a variance are brought to mean 0 and variance 1, then scaled and shifted channel by channel:

    xhat = (x - mean) / sqrt(var + eps)        y = xhat * weight + bias

The four differ only in which cells belong together. Seen as (N, G, K, S), that is batch, groups, channels of a group
and positions, with a weight and a bias per channel (G, K):

    batch_norm      (N, C, 1, S)         statistics over N, K, S      Ioffe & Szegedy, "Batch Normalization" (2015)
    instance_norm   (N, C, 1, S)         statistics over K, S         Ulyanov et al., "Instance Normalization" (2016)
    group_norm      (N, G, C / G, S)     statistics over K, S         Wu & He, "Group Normalization" (2018)
    layer_norm      (N, 1, cells, 1)     statistics over K, S         Ba et al., "Layer Normalization" (2016)

With running statistics, which are constants, it is one multiplication and one addition.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import kernels
from ..errors import DtypeError, GradientError, ShapeError
from ..kernels.reference.norm import BATCH, SAMPLE, inverse_std
from ..tape.elementary import sqrt
from ..tape.operands import FLOATS, floating, raw
from ..tape.primitives import primitive
from ..tape.record import Array, Variable
from ..tape.reduction import mean, sum
from ..window import Sizes


class Grouping(NamedTuple):
    """Which cells of x belong together."""

    shape: Sizes  # x seen as (N, G, K, S)
    axes: Sizes  # the axes of `shape` over which the statistics are taken; () if the statistics are given
    affine: Sizes  # the shape of weight and bias


Statistics = tuple[Array, Array]  # mean and variance; they broadcast against x seen as (N, G, K, S)


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

    These are the formulas of Ioffe & Szegedy (2015), section 3, with the gradients of mean and variance substituted. A
    change of x that shifts or scales its whole group changes nothing, so that part of gz is removed. With given
    statistics, which are constants, gx = r * gz.
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
    """The same with the mean and variance of the forward."""
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
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Normalise each channel over the batch and all positions; in evaluation with the running statistics.

    Args:
        input: (N, C, ...).
        running_mean, running_var: (C,), Tensors or arrays; both or neither. In training they are changed **in place**:
            running = (1 - momentum) * running + momentum * new, where the new variance is the unbiased one.
        weight, bias: (C,) or None.
        training: use the statistics of `input`, whose channels need more than one value each.
        momentum: the weight of the new statistics.
        eps: added to the variance; in training more than 0.

    An empty input leaves the running statistics alone. Raises ShapeError, DtypeError, ValueError, and GradientError if
    a running statistic requires a gradient.
    """
    x, shape = _input("batch_norm", input)
    _check_eps("batch_norm", eps, positive=training)
    grouping = Grouping((*shape[:2], 1, math.prod(shape[2:])), BATCH if training else (), shape[1:2])
    if training and shape[0] * grouping.shape[3] == 1:
        raise ValueError(
            f"batch_norm: input of shape {shape} has one value per channel; training needs more (their variance is 0)"
        )
    running = _running("batch_norm", x, running_mean, running_var, shape[1], written=training)
    if not training and running is None:
        raise ValueError("batch_norm: running_mean and running_var are needed in evaluation (training=False)")
    return _with_running("batch_norm", x, weight, bias, grouping, running, momentum, eps)


def instance_norm(
    input: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Normalise each channel of each sample over its positions, or all samples with the running statistics.

    Args:
        input: (N, C, ...).
        running_mean, running_var: (C,), changed **in place** as by `batch_norm`, by the mean over the samples of their
            means and unbiased variances, if use_input_stats.
        weight, bias: (C,) or None.
        use_input_stats: use the statistics of each sample, which needs more than one position.
        momentum, eps: as for `batch_norm`.

    Raises as `batch_norm` does.
    """
    x, shape = _input("instance_norm", input)
    _check_eps("instance_norm", eps)
    grouping = Grouping((*shape[:2], 1, math.prod(shape[2:])), SAMPLE if use_input_stats else (), shape[1:2])
    if use_input_stats and grouping.shape[3] == 1:
        raise ValueError(
            f"instance_norm: input of shape {shape} has one position per channel; more are needed (their variance is 0)"
        )
    running = _running("instance_norm", x, running_mean, running_var, shape[1], written=use_input_stats)
    if not use_input_stats and running is None:
        raise ValueError("instance_norm: running_mean and running_var are needed with use_input_stats=False")
    return _with_running("instance_norm", x, weight, bias, grouping, running, momentum, eps)


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Normalise each group of neighbouring channels of each sample.

    Args:
        input: (N, C, ...), where num_groups divides C.
        num_groups: 1 takes all channels together, C each alone.
        weight, bias: (C,) or None.
        eps: added to the variance.

    Raises ShapeError, DtypeError, and ValueError if there is no more than one value in all.
    """
    x, shape = _input("group_norm", input)
    _check_eps("group_norm", eps)
    if isinstance(num_groups, bool) or not hasattr(num_groups, "__index__") or num_groups < 1:
        raise ShapeError(f"group_norm: num_groups must be an int of at least 1; got {num_groups!r}")
    if shape[1] % num_groups:
        raise ShapeError(f"group_norm: input has {shape[1]} channels; num_groups={num_groups} must divide them")
    per_group, size = shape[1] // num_groups, math.prod(shape[2:])
    if shape[0] * per_group * size == 1:
        raise ValueError(f"group_norm: input of shape {shape} has one value per group; more are needed")
    grouping = Grouping((shape[0], int(num_groups), per_group, size), SAMPLE, shape[1:2])
    return _apply("group_norm", x, weight, bias, grouping, eps)[0]


def layer_norm(
    input: Any, normalized_shape: Sequence[int] | int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Normalise over the last axes of `input`, each sample alone.

    Args:
        input: (..., *normalized_shape).
        normalized_shape: the sizes of these axes, at least one; an int stands for one axis.
        weight, bias: of shape normalized_shape, or None.
        eps: added to the variance.

    Raises ShapeError or DtypeError for what does not fit.
    """
    x = floating("layer_norm", input)
    _check_eps("layer_norm", eps)
    sizes, shape = normal_sizes("layer_norm", normalized_shape), raw(x).shape
    lead = len(shape) - len(sizes)
    if lead < 0 or shape[lead:] != sizes:
        raise ShapeError(f"layer_norm: input has shape {shape}; its last axes must have sizes {sizes}")
    grouping = Grouping((math.prod(shape[:lead]), 1, math.prod(sizes), 1), SAMPLE, sizes)
    return _apply("layer_norm", x, weight, bias, grouping, eps)[0]


def normal_sizes(op: str, sizes: Sequence[int] | int) -> Sizes:
    """A normalized_shape as a tuple; ShapeError unless it is an int or some ints, none negative."""
    try:
        found = tuple(map(operator.index, sizes if isinstance(sizes, list | tuple) else [sizes]))
    except TypeError:
        found = ()
    if not found or min(found) < 0:
        raise ShapeError(f"{op}: normalized_shape must be an int or at least one int, none negative; got {sizes!r}")
    return found


def _with_running(
    op: str, x: Any, weight: Any, bias: Any, grouping: Grouping, running: tuple[Array, Array] | None, momentum: float,
    eps: float,
) -> Any:  # fmt: skip
    """Normalise with the running statistics, or update them with those of x."""
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
    _check_fit(op, "weight", weight, a.dtype, grouping.affine)
    _check_fit(op, "bias", bias, a.dtype, grouping.affine)
    if not a.size:  # without cells there are no statistics; any will do
        zeros = np.zeros((1, *grouping.shape[1:2], 1, 1), a.dtype)
        grouping, statistics = grouping._replace(axes=()), (zeros, zeros + 1)
    return _norm.with_residuals(x, weight, bias, op, grouping, eps, statistics)


# ---- what is refused ----


def _input(op: str, input: Any) -> tuple[Any, Sizes]:
    x = floating(op, input)
    shape: Sizes = raw(x).shape
    if len(shape) < 2:
        raise ShapeError(f"{op}: input has shape {shape}; (batch, channels, ...) is needed")
    return x, shape


def _check_eps(op: str, eps: float, positive: bool = False) -> None:
    if not isinstance(eps, int | float | np.integer | np.floating) or not eps >= 0 or (positive and not eps):
        need = "more than 0 in training" if positive else "0 or more"
        raise ValueError(f"{op}: eps must be a number, {need}; got {eps!r}")


def _check_fit(op: str, name: str, value: Any, dtype: Any, shape: Sizes) -> None:
    """Refuse a weight, bias or running statistic that is not an array or Tensor of this dtype and shape."""
    if value is None:
        return
    a = raw(value)
    if not isinstance(a, np.ndarray):
        raise DtypeError(f"{op}: {name} must be a Tensor or an array, got {type(value).__name__}; use np.asarray")
    if a.dtype != dtype:
        hint = "convert one with .astype" if a.dtype in FLOATS else f"convert it with .astype(np.{dtype})"
        raise DtypeError(f"{op}: {name} is {a.dtype} but input is {dtype}; {hint}")
    if a.shape != shape:
        raise ShapeError(f"{op}: {name} has shape {a.shape}; {shape} is needed")


def _running(
    op: str, x: Any, running_mean: Any, running_var: Any, channels: int, written: bool
) -> tuple[Array, Array] | None:
    """The arrays of the running statistics, checked; None if there are none."""
    if running_mean is None and running_var is None:
        return None
    if running_mean is None or running_var is None:
        raise ValueError(f"{op}: running_mean and running_var must both be given, or neither")
    for name, value in (("running_mean", running_mean), ("running_var", running_var)):
        _check_fit(op, name, value, raw(x).dtype, (channels,))
        if isinstance(value, Variable) and value.node is not None:
            raise GradientError(f"{op}: {name} requires a gradient, but none flows to it; give its .detach()")
        if written and not raw(value).flags.writeable:
            raise ValueError(f"{op}: {name} is a read-only array, but would be updated in place; give a copy of it")
    return raw(running_mean), raw(running_var)
