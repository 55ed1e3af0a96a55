"""Classification losses. Each forward is followed by its vjp. `reduction` is "mean", "sum" or "none".

The input is (N, C, ...) with the classes on axis 1, or (C,). The target is (N, ...) or (), integers in [0, C).
cross_entropy also accepts probabilities of the input's shape as a target, and gives them a gradient.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import kernels
from ..errors import DtypeError, ShapeError
from ..tape.arithmetic import choose, where
from ..tape.operands import floating, raw, real
from ..tape.primitives import primitive
from ..tape.record import Array
from ..tape.reduction import mean
from ..tape.shape import getitem
from ..tape.types import ArrayLike, Constant, T
from .loss_reduction import check_pair, check_reduction, weight_array
from .softmax import log_softmax, softmax

IGNORE_INDEX = -100  # PyTorch's default


def check_smoothing(op: str, smoothing: float) -> None:
    """Raise ValueError if label_smoothing is not between 0 and 1."""
    if not 0 <= real(op, "label_smoothing", smoothing) <= 1:
        raise ValueError(f"{op}: label_smoothing must lie between 0 and 1; got {smoothing}")


def nll_loss(
    input: T | ArrayLike,
    target: Constant,
    weight: Constant | None = None,
    ignore_index: int = IGNORE_INDEX,
    reduction: str = "mean",
) -> T:
    """The negative log-likelihood -weight[t] * input[t] for log-probabilities and class numbers t.

    Args:
        input: (N, C, ...) with the classes on axis 1, or (C,).
        target: integers in [0, C), (N, ...) or ().
        weight: (C,), one factor per class (default: 1).
        ignore_index: targets with this value do not contribute to the loss or the gradient (default: -100).
        reduction: "mean", "sum" or "none". "mean" divides the sum by the total weight of the targets that are not
            ignored.

    Raises ShapeError or DtypeError if the arguments do not fit, ValueError if a target is not a class.
    """
    x, t = _check_classes("nll_loss", input, target, reduction)
    return _nll(x, t, *_factors("nll_loss", x, t, weight, ignore_index), reduction, np.shape(raw(target)))


def _nll(x: Any, t: Array, safe: Array, factors: Array | None, reduction: str, shape: Any) -> Any:
    grid = np.ogrid[tuple(slice(n) for n in t.shape)]
    losses = -getitem(x, (grid[0], safe, *grid[1:]))
    if factors is not None:
        losses = where(factors == 0, 0.0, losses) * factors
    return _reduce(losses, factors, reduction, shape)


def cross_entropy(
    input: T | ArrayLike,
    target: Constant,
    weight: Constant | None = None,
    ignore_index: int = IGNORE_INDEX,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> T:
    """nll_loss(log_softmax(input), target) for logits.

    For integer targets this is one op, whose vjp is (softmax(x) - onehot(t)) * weight[t].

    Args:
        input, weight, reduction: as for nll_loss.
        target: class numbers as for nll_loss, or class probabilities: floats of the input's shape.
        ignore_index: as for nll_loss. It cannot be combined with a target of probabilities.
        label_smoothing: a number s in [0, 1] (default: 0) that turns the target into (1 - s) * onehot(t) + s / C
            (Szegedy et al., "Rethinking the Inception Architecture" (2016), section 7). If s is not 0, the loss is a
            sum over all classes, and the weight of each class scales its term. "mean" divides by the same total weight
            as in nll_loss.

    Raises the errors of nll_loss, and ValueError if label_smoothing is not between 0 and 1.
    """
    if label_smoothing != 0:
        check_smoothing("cross_entropy", label_smoothing)
    if raw(target) is not None and np.asarray(raw(target)).dtype.kind == "f":
        return _soft_cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)
    x, t = _check_classes("cross_entropy", input, target, reduction)
    safe, factors = _factors("cross_entropy", x, t, weight, ignore_index)
    if label_smoothing:
        losses = _smoothed_losses(x, safe, t == ignore_index, weight, label_smoothing)
        return _reduce(losses, factors, reduction, np.shape(raw(target)))
    if reduction == "none":
        return _cross_entropy(x, safe, factors, None).reshape(np.shape(raw(target)))
    return _cross_entropy(x, safe, factors, _total(safe.size, factors) if reduction == "mean" else 1.0)


@primitive(keep=("x",), name="cross_entropy", fresh=True)
def _cross_entropy(x: Array, t: Array, factors: Array | None, total: float | None) -> Array:
    """The losses, or their sum divided by `total` if it is not None."""
    losses = kernels.cross_entropy_y(x, t, factors)
    return losses if total is None else np.add.reduce(losses, None) / total


@_cross_entropy.vjp
def cross_entropy_vjp(
    g: Any, needs: Any, loss: Any, x: Any, t: Array, factors: Array | None, total: float | None
) -> Any:
    onehot = np.zeros_like(raw(x))
    np.put_along_axis(onehot, t[:, None], 1, 1)
    gx = softmax(x, 1) - onehot
    scale = g[:, None] if total is None else g / total
    if factors is None:
        return (gx * scale,)
    gx, ignored = gx * (scale * factors[:, None]), (factors == 0)[:, None]
    return (choose(np.broadcast_to(ignored, onehot.shape), 0.0, gx) if ignored.any() else gx,)


@_cross_entropy.array_vjp
def cross_entropy_array_vjp(
    g: Array, needs: Any, overwrite: bool, loss: Any, x: Array, t: Array, factors: Array | None, total: float | None
) -> Any:
    scale = g if total is None else g / total
    if factors is not None:
        scale = np.where(factors == 0, 0, scale * factors)  # ignored targets get 0, even if the total is NaN
    elif total is not None:
        scale = np.full(t.shape, scale, x.dtype)
    return (kernels.cross_entropy_x(scale, x, t),)


def _smoothed_losses(x: Any, t: Array, ignored: Array, weight: Any, smoothing: float) -> Any:
    """The losses for the probabilities (1 - smoothing) * onehot(t) + smoothing / C."""
    uniform = smoothing / x.shape[1]
    q = np.full(x.shape, uniform, raw(x).dtype)
    np.put_along_axis(q, t[:, None], 1 - smoothing + uniform, 1)
    if ignored.any():
        ignored = np.broadcast_to(ignored[:, None], x.shape)
        q[ignored] = 0.0
        x = where(ignored, 0.0, x)  # because 0 times an infinite logit would be NaN
    return _soft_losses(x, q, weight, 1)


def _soft_cross_entropy(
    input: Any, target: Any, weight: Any, ignore_index: int, reduction: str, smoothing: float
) -> Any:
    check_reduction("cross_entropy", reduction)
    if np.ndim(raw(target)) < np.ndim(raw(input)):
        raise DtypeError(
            f"cross_entropy: target is {np.asarray(raw(target)).dtype}; class numbers must be integers: convert with "
            f".astype(int). Class probabilities must have the input's shape {np.shape(raw(input))}"
        )
    x, t = check_pair("cross_entropy", input, target)
    if ignore_index >= 0:
        raise ValueError(f"cross_entropy: ignore_index={ignore_index} needs integer targets; got class probabilities")
    axis = 1 if x.ndim > 1 else 0
    if smoothing:
        t = t * (1.0 - smoothing) + smoothing / x.shape[axis]
    losses = _soft_losses(x, t, weight, axis)
    if reduction == "none":
        return losses
    return mean(losses) if reduction == "mean" else losses.sum()


def _soft_losses(x: Any, q: Any, weight: Any, axis: int) -> Any:
    """-sum(weight * q * log_softmax(x)) over the classes."""
    terms = log_softmax(x, axis) * q
    if weight is not None:
        factor = _class_weights("cross_entropy", weight, x.dtype, x.shape[axis])
        terms = terms * factor.reshape(-1, *(1,) * (x.ndim - axis - 1))
    return -terms.sum(axis)


def _check_classes(op: str, input: Any, target: Any, reduction: str) -> tuple[Any, Array]:
    """Return the input and the class numbers, both with a batch axis; raise an error if they do not fit."""
    check_reduction(op, reduction)
    x, t = floating(op, input), np.asarray(raw(target))
    if t.dtype.kind not in "iu":
        raise DtypeError(f"{op}: target must hold integers (class numbers), got {t.dtype}; convert with .astype(int)")
    if x.ndim == 0 or t.shape != (x.shape[:1] + x.shape[2:] if x.ndim > 1 else ()):
        need = x.shape[:1] + x.shape[2:] if x.ndim > 1 else ()
        raise ShapeError(f"{op}: target has shape {t.shape}; input of shape {x.shape} needs {need}")
    if not x.shape[1 if x.ndim > 1 else 0]:
        raise ShapeError(f"{op}: input of shape {x.shape} has no classes; at least one is needed")
    return (x, t.astype(np.int64)) if x.ndim > 1 else (x.reshape(1, *x.shape), t.reshape(1).astype(np.int64))


def _factors(op: str, x: Any, t: Array, weight: Any, ignore_index: int) -> tuple[Array, Array | None]:
    """(targets with 0 in place of ignored ones, factor of each loss); the factors are None if all are 1."""
    classes = x.shape[1]
    if weight is None and t.size and np.minimum.reduce(t, None) >= 0 and np.maximum.reduce(t, None) < classes:
        if not 0 <= ignore_index < classes:
            return t, None
    is_used = t != ignore_index
    invalid = is_used & ((t < 0) | (t >= classes))
    if invalid.any():
        raise ValueError(
            f"{op}: target {int(t[invalid][0])} is not a class: input has {classes} classes, 0 to {classes - 1}"
        )
    safe = np.where(is_used, t, 0)
    if weight is None:
        return safe, is_used.astype(raw(x).dtype)
    return safe, _class_weights(op, weight, raw(x).dtype, classes)[safe] * is_used


def _class_weights(op: str, weight: Any, dtype: Any, classes: int) -> Array:
    w = weight_array(op, "weight", weight, dtype)
    if w.shape != (classes,):
        raise ShapeError(f"{op}: weight has shape {w.shape}; ({classes},) is needed, one per class")
    return w


def _reduce(losses: Any, factors: Array | None, reduction: str, shape: Any) -> Any:
    if reduction == "none":
        return losses.reshape(shape)
    return losses.sum() / _total(raw(losses).size, factors) if reduction == "mean" else losses.sum()


def _total(count: int, factors: Array | None) -> float:
    """The divisor of the mean: the sum of the factors, or the number of losses; NaN if that is 0."""
    return float(count if factors is None else np.add.reduce(factors, None)) or math.nan
