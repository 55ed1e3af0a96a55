"""Losses: a forward and its vjp each. `reduction` is "mean", "sum" or "none".

Targets are arrays or Tensors; class targets are integers. Where a target is a float array, it is differentiated too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError
from ..tape.arithmetic import choose, maximum, where
from ..tape.elementary import absolute, clamp, exp, log
from ..tape.operands import floating, raw
from ..tape.record import Array, primitive
from ..tape.reduction import mean
from ..tape.shape import getitem
from .activation import log_softmax, sigmoid, softmax

REDUCTIONS = ("mean", "sum", "none")


def _reduced(losses: Any, reduction: str) -> Any:
    if reduction == "mean":
        return np.add.reduce(losses, None) / losses.size if losses.size else np.asarray(np.nan, losses.dtype)
    return np.add.reduce(losses, None) if reduction == "sum" else losses


def _spread(g: Any, size: int, reduction: str) -> Any:
    """The cotangent of each single loss; broadcasts."""
    return g / max(size, 1) if reduction == "mean" else g


def _check(op: str, input: Any, target: Any, reduction: str) -> tuple[Any, Any]:
    check_reduction(op, reduction)
    x, t = floating(op, input), floating(op, target)
    a, b = raw(x), raw(t)
    if a.shape != b.shape:
        raise ShapeError(f"{op}: input has shape {a.shape} but target has {b.shape}; they must be the same")
    if a.dtype != b.dtype:
        raise DtypeError(f"{op}: input is {a.dtype} but target is {b.dtype}; convert one with .astype")
    return x, t


def _scale(op: str, name: str, value: Any, x: Any) -> Any:
    """A factor of the single losses (or None) in the dtype of x; it must broadcast to the shape of x."""
    if value is None:
        return None
    a = raw(x)
    factor = np.asarray(raw(value), a.dtype)
    fits = all(n in (1, m) for n, m in zip(reversed(factor.shape), reversed(a.shape), strict=False))
    if factor.ndim > a.ndim or not fits:
        raise ShapeError(f"{op}: {name} has shape {factor.shape}; it must broadcast to that of the input, {a.shape}")
    return factor


def check_reduction(op: str, reduction: str) -> None:
    """ValueError unless it is one of the three."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{op}: reduction must be 'mean', 'sum' or 'none'; got {reduction!r}")


@primitive(arrays=2, keep=("x", "t"), name="mse_loss")
def _mse(x: Array, t: Array, reduction: str) -> Array:
    d = x - t
    if reduction == "none":
        return d * d
    d = d.reshape(-1)
    total = d.dot(d)
    return total / (d.size or np.nan) if reduction == "mean" else total


@_mse.vjp
def _(g: Any, needs: Any, loss: Any, x: Any, t: Any, reduction: str) -> Any:
    factor = 2.0 / raw(x).size if reduction == "mean" and raw(x).size else 2.0
    gx = (x - t) * (g * factor)
    return gx if needs[0] else None, -gx if needs[1] else None


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The squared error (input - target)**2; shapes must be the same."""
    return _mse(*_check("mse_loss", input, target, reduction), reduction)


@primitive(arrays=2, keep=("x", "t"), name="binary_cross_entropy")
def _bce(x: Array, t: Array, weight: Any, reduction: str) -> Array:
    with np.errstate(divide="ignore"):
        losses = -(t * np.maximum(np.log(x), -100) + (1 - t) * np.maximum(np.log1p(-x), -100))
    return _reduced(losses if weight is None else losses * weight, reduction)


@_bce.vjp
def _(g: Any, needs: Any, loss: Any, x: Any, t: Any, weight: Any, reduction: str) -> Any:
    g = _spread(g, raw(x).size, reduction)
    g = g if weight is None else g * weight
    gx = gt = None
    if needs[0]:  # (x - t) / (x (1 - x)), with the denominator no smaller than 1e-12, as PyTorch has it
        spread = x * (1.0 - x)
        inside = np.asarray(raw(spread) >= 1e-12, raw(x).dtype)
        gx = g * (x - t) / (spread * inside + (1.0 - inside) * 1e-12)
    if needs[1]:
        with np.errstate(divide="ignore"):  # log(0) is cut at -100, as in the forward
            gt = g * (clamp(log(1.0 - x), -100.0) - clamp(log(x), -100.0))
    return gx, gt


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """-(t log x + (1 - t) log(1 - x)) for probabilities x; the logarithms are cut at -100; `weight` scales losses."""
    x, t = _check("binary_cross_entropy", input, target, reduction)
    a = raw(x)
    if a.size and not (a.min() >= 0 and a.max() <= 1):
        raise ValueError("binary_cross_entropy: input must hold probabilities between 0 and 1; apply sigmoid first")
    return _bce(x, t, _scale("binary_cross_entropy", "weight", weight, x), reduction)


@primitive(arrays=2, keep=("x", "t"), name="binary_cross_entropy_with_logits")
def _bce_logits(x: Array, t: Array, weight: Any, positive: Any, reduction: str) -> Array:
    softplus = np.maximum(-x, 0) + np.log1p(np.exp(-np.abs(x)))  # log(1 + exp(-x)) = -log sigmoid(x)
    losses = (1 - t) * x + (softplus if positive is None else (1 + (positive - 1) * t) * softplus)
    return _reduced(losses if weight is None else losses * weight, reduction)


@_bce_logits.vjp
def _(g: Any, needs: Any, loss: Any, x: Any, t: Any, weight: Any, positive: Any, reduction: str) -> Any:
    g = _spread(g, raw(x).size, reduction)
    g = g if weight is None else g * weight
    gx = gt = None
    if needs[0]:
        factor = 1.0 if positive is None else 1.0 + (positive - 1.0) * t
        gx = g * (1.0 - t + factor * (sigmoid(x) - 1.0))
    if needs[1]:
        gt = -g * x if positive is None else g * ((positive - 1.0) * _softplus(-x) - x)
    return gx, gt


def _softplus(x: Any) -> Any:
    """log(1 + exp(x)) without overflow, written with ops."""
    return maximum(x, 0.0) + log(exp(-absolute(x)) + 1.0)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """binary_cross_entropy(sigmoid(input), target) without overflow; `pos_weight` scales the positive term."""
    op = "binary_cross_entropy_with_logits"
    x, t = _check(op, input, target, reduction)
    factor, positive = _scale(op, "weight", weight, x), _scale(op, "pos_weight", pos_weight, x)
    return _bce_logits(x, t, factor, positive, reduction)


# ---- classes: input (N, C) or (N, C, ...) or (C,), target (N,), (N, ...) or () of integers ----


def nll_loss(input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """-weight[t] * input[t] for log-probabilities; "mean" divides by the sum of the weights of the targets.

    Args:
        input: (N, C, ...) or (C,), the classes on axis 1 (or 0).  target: integers (N, ...) or (), in [0, C).
        weight: (C,), one factor per class.  ignore_index: targets of this value count for nothing.
    """
    x, t = _classes("nll_loss", input, target, reduction)
    return _picked(x, t, *_factors("nll_loss", x, t, weight, ignore_index), reduction, np.shape(raw(target)))


def cross_entropy(
    input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    """nll_loss(log_softmax(input), target) for logits; a float target of input's shape holds class probabilities.

    The vjp for integer targets is (softmax(x) - onehot(t)) * weight[t]: one op, not two.
    """
    if raw(target) is not None and np.asarray(raw(target)).dtype.kind == "f":
        return _soft_cross_entropy(input, target, weight, reduction)
    x, t = _classes("cross_entropy", input, target, reduction)
    safe, factors = _factors("cross_entropy", x, t, weight, ignore_index)
    losses = _cross_entropy(x, safe, factors)
    return _finish(losses, factors, reduction, np.shape(raw(target)))


@primitive(keep=("x",), name="cross_entropy")
def _cross_entropy(x: Array, t: Array, factors: Array) -> Array:
    shifted = x - x.max(1, keepdims=True)
    picked = np.take_along_axis(shifted, t[:, None], 1)[:, 0]
    losses = np.log(np.exp(shifted).sum(1)) - picked
    return np.where(factors == 0, 0, losses) * factors  # what is ignored counts for nothing, infinite or not


@_cross_entropy.vjp
def _(g: Any, needs: Any, losses: Any, x: Any, t: Array, factors: Array) -> Any:
    onehot = np.zeros_like(raw(x))
    np.put_along_axis(onehot, t[:, None], 1, 1)
    scale, ignored = (g * factors)[:, None], (factors == 0)[:, None]
    gx = (softmax(x, 1) - onehot) * scale
    return (choose(np.broadcast_to(ignored, onehot.shape), 0.0, gx) if ignored.any() else gx,)


def _soft_cross_entropy(input: Any, target: Any, weight: Any, reduction: str) -> Any:
    x, t = _check("cross_entropy", input, target, reduction)
    axis = 1 if x.ndim > 1 else 0
    terms = log_softmax(x, axis) * t
    if weight is not None:
        factor = _class_weights("cross_entropy", weight, x.dtype, x.shape[axis])
        terms = terms * factor.reshape(-1, *(1,) * (x.ndim - axis - 1))
    losses = -terms.sum(axis)
    if reduction == "none":
        return losses
    return mean(losses) if reduction == "mean" else losses.sum()


def _classes(op: str, input: Any, target: Any, reduction: str) -> tuple[Any, Array]:
    """input with a batch axis, and the targets, checked."""
    check_reduction(op, reduction)
    x, t = floating(op, input), np.asarray(raw(target))
    if t.dtype.kind not in "iu":
        raise DtypeError(f"{op}: target must hold integers (class numbers), got {t.dtype}; convert with .astype(int)")
    if x.ndim == 0 or t.shape != (x.shape[:1] + x.shape[2:] if x.ndim > 1 else ()):
        need = x.shape[:1] + x.shape[2:] if x.ndim > 1 else ()
        raise ShapeError(f"{op}: target has shape {t.shape}; input of shape {x.shape} needs {need}")
    return (x, t.astype(np.intp)) if x.ndim > 1 else (x.reshape(1, *x.shape), t.reshape(1).astype(np.intp))


def _factors(op: str, x: Any, t: Array, weight: Any, ignore_index: int) -> tuple[Array, Array]:
    """The targets with ignored ones made harmless, and the factor of each loss."""
    classes = x.shape[1]
    counts = t != ignore_index
    bad = counts & ((t < 0) | (t >= classes))
    if bad.any():
        raise ValueError(
            f"{op}: target {int(t[bad][0])} is not a class: input has {classes} classes, 0 to {classes - 1}"
        )
    safe = np.where(counts, t, 0)
    if weight is None:
        return safe, counts.astype(raw(x).dtype)
    return safe, _class_weights(op, weight, raw(x).dtype, classes)[safe] * counts


def _class_weights(op: str, weight: Any, dtype: Any, classes: int) -> Array:
    w: Array = np.asarray(raw(weight), dtype)
    if w.shape != (classes,):
        raise ShapeError(f"{op}: weight has shape {w.shape}; ({classes},) is needed, one per class")
    return w


def _picked(x: Any, t: Array, safe: Array, factors: Array, reduction: str, shape: Any) -> Any:
    grid = np.ogrid[tuple(slice(n) for n in t.shape)]
    losses = where(factors == 0, 0.0, -getitem(x, (grid[0], safe, *grid[1:]))) * factors
    return _finish(losses, factors, reduction, shape)


def _finish(losses: Any, factors: Array, reduction: str, shape: Any) -> Any:
    if reduction == "none":
        return losses.reshape(shape)
    total = losses.sum()
    return total / (float(factors.sum()) or float("nan")) if reduction == "mean" else total  # no targets: NaN
