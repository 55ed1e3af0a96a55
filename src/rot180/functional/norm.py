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
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .. import kernels
from ..errors import DtypeError, GradientError, ShapeError
from ..kernels.norm import BATCH, SAMPLE, inverse_std
from ..tape.elementary import sqrt
from ..tape.operands import FLOATS, floating, raw
from ..tape.record import Array, Variable, primitive
from ..tape.reduction import mean, sum
from ..window import Sizes


class Grouping(NamedTuple):
    """Which cells of x belong together."""

    shape: Sizes  # x seen as (N, G, K, S)
    axes: Sizes  # of these: what the statistics run over; none if they were given
    affine: Sizes  # the shape of weight and bias


class Moments:
    """Mean and variance: given, or left here by the forward for the vjp and for the running statistics."""

    __slots__ = ("mean", "var")
    mean: Any  # an array that broadcasts against x seen as (N, G, K, S); None before the forward
    var: Any

    def __init__(self, mean: Array | None = None, var: Array | None = None) -> None:
        self.mean, self.var = mean, var


def _forward(x: Array, weight: Any, bias: Any, grouping: Grouping, eps: float, moments: Moments) -> Array:
    shape, axes, _ = grouping
    cells, w, b = x.reshape(shape), _per_channel(weight, shape), _per_channel(bias, shape)
    if axes:
        y, moments.mean, moments.var = kernels.norm_y(cells, w, b, axes, eps)
        return y.reshape(x.shape)
    r = inverse_std(moments.var, eps)
    scale = r if w is None else r * w
    shift = -moments.mean * scale if b is None else b - moments.mean * scale
    return kernels.affine_y(cells, scale, shift).reshape(x.shape)


def _vjp(
    gy: Any, needs: Any, y: Any, x: Any, weight: Any, bias: Any, grouping: Grouping, eps: float, moments: Moments
) -> Any:
    """With gz = gy * weight, r = 1 / sqrt(var + eps), and means over the cells that share their statistics:

        gx = r * (gz - mean(gz) - xhat * mean(gz * xhat)),  gweight = sum(gy * xhat),  gbias = sum(gy)

    The formulas of Ioffe & Szegedy (2015), section 3, with the gradients of mean and variance put in: a change of x
    that moves or stretches all of its group together changes nothing, so that part of gz is taken away.
    """
    shape, axes, affine = grouping
    g, cells = gy.reshape(shape), x.reshape(shape)
    centred = cells - (mean(cells, axes, True) if axes else moments.mean)
    r = 1.0 / sqrt((mean(centred * centred, axes, True) if axes else moments.var) + eps)
    xhat, gx = centred * r, None
    if needs[0]:
        gz = g if weight is None else g * _per_channel(weight, shape)
        if axes:
            gz = gz - mean(gz, axes, True) - xhat * mean(gz * xhat, axes, True)
        gx = (gz * r).reshape(raw(x).shape)
    gweight = sum(g * xhat, (0, 3)).reshape(affine) if needs[1] else None
    return gx, gweight, sum(g, (0, 3)).reshape(affine) if needs[2] else None


def _fast_vjp(
    gy: Any, needs: Any, y: Any, x: Any, weight: Any, bias: Any, grouping: Grouping, eps: float, moments: Moments,
    overwrite: bool = False,
) -> Any:  # fmt: skip
    """The same from the mean and variance that the forward found."""
    shape, axes, affine = grouping
    needs = [edge is not None for edge in needs]
    w = _per_channel(weight, shape)
    kept = (moments.mean, moments.var, axes, eps)
    gx, gweight, gbias = kernels.norm_x(gy.reshape(shape), x.reshape(shape), w, *kept, needs, overwrite)
    return (
        None if gx is None else gx.reshape(x.shape),
        None if gweight is None else gweight.reshape(affine),
        None if gbias is None else gbias.reshape(affine),
    )


_NAMES = ("batch_norm", "layer_norm", "group_norm", "instance_norm")
_OPS = {name: primitive(arrays=3, keep=("x", "weight"), name=name, fresh=True)(_forward) for name in _NAMES}
for _op in _OPS.values():
    _op.vjp(_vjp)
    _op.fast_vjp(_fast_vjp)
    _op.overwriting_vjp(partial(_fast_vjp, overwrite=True))


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
    return _apply("group_norm", x, weight, bias, grouping, eps, Moments())


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
    return _apply("layer_norm", x, weight, bias, grouping, eps, Moments())


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
    """Apply `op` with the running statistics, or update them with what it finds."""
    if isinstance(momentum, bool) or not isinstance(momentum, int | float | np.integer | np.floating):
        raise ValueError(f"{op}: momentum must be a number; got {momentum!r}")
    if not grouping.axes:
        assert running is not None
        # copies, because the vjp reads them and a later forward may change them in place
        moments = Moments(*(a.reshape(1, -1, 1, 1).copy() for a in running))
        return _apply(op, x, weight, bias, grouping, eps, moments)
    moments = Moments()
    y = _apply(op, x, weight, bias, grouping, eps, moments)
    if running is not None and raw(x).size:
        count = raw(x).size / moments.mean.size
        for kept, new, factor in zip(running, (moments.mean, moments.var), (1, count / (count - 1)), strict=True):
            kept *= float(1 - momentum)
            kept += np.add.reduce(new, 0).reshape(-1) * float(momentum * factor / len(new))
    return y


def _apply(op: str, x: Any, weight: Any, bias: Any, grouping: Grouping, eps: float, moments: Moments) -> Any:
    a = raw(x)
    _check_fit(op, "weight", weight, a.dtype, grouping.affine)
    _check_fit(op, "bias", bias, a.dtype, grouping.affine)
    if not a.size:  # no cells, no statistics; what is left of the op is an affine map of nothing
        nothing = np.zeros((1, *grouping.shape[1:2], 1, 1), a.dtype)
        return _OPS[op](x, weight, bias, grouping._replace(axes=()), eps, Moments(nothing, nothing + 1))
    return _OPS[op](x, weight, bias, grouping, eps, moments)


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
