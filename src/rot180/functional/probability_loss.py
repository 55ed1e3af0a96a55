"""Losses whose targets are probabilities of the input's shape. Each forward is followed by its vjp.

`reduction` is "mean", "sum" or "none". Input and target both get a gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..tape.elementary import clamp, exp, log
from ..tape.operands import raw
from ..tape.primitives import primitive
from ..tape.record import Array
from ..tape.types import ArrayLike, Constant, T
from .loss_reduction import (
    DIVERGENCE_REDUCTIONS,
    check_pair,
    check_reduction,
    reduce_losses,
    unreduced_cotangent,
    weight_array,
)
from .smooth_activation import logsigmoid, sigmoid


@primitive(arrays=2, keep=("x", "t"), name="binary_cross_entropy")
def _bce(x: Array, t: Array, weight: Any, reduction: str) -> Array:
    with np.errstate(divide="ignore"):
        losses = -(t * np.maximum(np.log(x), -100) + (1 - t) * np.maximum(np.log1p(-x), -100))
    return reduce_losses(losses if weight is None else losses * weight, reduction)


@_bce.vjp
def bce_vjp(g: Any, needs: Any, loss: Any, x: Any, t: Any, weight: Any, reduction: str) -> Any:
    g = unreduced_cotangent(g, raw(x).size, reduction)
    g = g if weight is None else g * weight
    gx = gt = None
    if needs[0]:  # (x - t) / (x (1 - x)), with a denominator of at least 1e-12, as in PyTorch
        product = x * (1.0 - x)
        inside = np.asarray(raw(product) >= 1e-12, raw(x).dtype)
        gx = g * (x - t) / (product * inside + (1.0 - inside) * 1e-12)
    if needs[1]:
        with np.errstate(divide="ignore"):  # log(0) is clamped to -100, as in the forward
            gt = g * (clamp(log(1.0 - x), -100.0) - clamp(log(x), -100.0))
    return gx, gt


def binary_cross_entropy(
    input: T | ArrayLike, target: T | ArrayLike, weight: Constant | None = None, reduction: str = "mean"
) -> T:
    """-(t log x + (1 - t) log(1 - x)) for probabilities x. The logarithms are clamped to at least -100.

    Args:
        input: probabilities.
        target: probabilities of the same shape.
        weight: multiplies the loss of each element; must broadcast to the shape of the input (default: 1).
        reduction: "mean", "sum" or "none".

    Raises ShapeError, DtypeError, and ValueError if the input is not between 0 and 1.
    """
    check_reduction("binary_cross_entropy", reduction)
    x, t = check_pair("binary_cross_entropy", input, target)
    a = raw(x)
    if a.size and not (a.min() >= 0 and a.max() <= 1):
        raise ValueError("binary_cross_entropy: input must hold probabilities between 0 and 1; apply sigmoid first")
    return _bce(x, t, _scale("binary_cross_entropy", "weight", weight, x), reduction)


@primitive(arrays=2, keep=("x", "t"), name="binary_cross_entropy_with_logits")
def _bce_logits(x: Array, t: Array, weight: Any, positive: Any, reduction: str) -> Array:
    softplus = np.maximum(-x, 0) + np.log1p(np.exp(-np.abs(x)))  # log(1 + exp(-x)) = -log sigmoid(x)
    losses = (1 - t) * x + (softplus if positive is None else (1 + (positive - 1) * t) * softplus)
    return reduce_losses(losses if weight is None else losses * weight, reduction)


@_bce_logits.vjp
def bce_logits_vjp(g: Any, needs: Any, loss: Any, x: Any, t: Any, weight: Any, positive: Any, reduction: str) -> Any:
    g = unreduced_cotangent(g, raw(x).size, reduction)
    g = g if weight is None else g * weight
    gx = gt = None
    if needs[0]:
        factor = 1.0 if positive is None else 1.0 + (positive - 1.0) * t
        gx = g * (1.0 - t + factor * (sigmoid(x) - 1.0))
    if needs[1]:
        gt = -g * x if positive is None else -g * ((positive - 1.0) * logsigmoid(x) + x)
    return gx, gt


def binary_cross_entropy_with_logits(
    input: T | ArrayLike,
    target: T | ArrayLike,
    weight: Constant | None = None,
    reduction: str = "mean",
    pos_weight: Constant | None = None,
) -> T:
    """binary_cross_entropy(sigmoid(input), target), computed without overflow.

    Args:
        input: logits.
        target: probabilities of the same shape.
        weight: multiplies the loss of each element; must broadcast to the shape of the input (default: 1).
        reduction: "mean", "sum" or "none".
        pos_weight: the factor of the term t log(sigmoid(x)); must broadcast to the shape of the input (default: 1).

    Raises ShapeError or DtypeError.
    """
    op = "binary_cross_entropy_with_logits"
    check_reduction(op, reduction)
    x, t = check_pair(op, input, target)
    factor, positive = _scale(op, "weight", weight, x), _scale(op, "pos_weight", pos_weight, x)
    return _bce_logits(x, t, factor, positive, reduction)


def _scale(op: str, name: str, value: Any, x: Any) -> Any:
    """Return `value` (or None) in the dtype of x; raise ShapeError if it does not broadcast to the shape of x."""
    if value is None:
        return None
    a = raw(x)
    factor = weight_array(op, name, value, a.dtype)
    fits = all(n in (1, m) for n, m in zip(reversed(factor.shape), reversed(a.shape), strict=False))
    if factor.ndim > a.ndim or not fits:
        raise ShapeError(
            f"{op}: {name} has shape {factor.shape}; it must broadcast to the shape of the input, {a.shape}"
        )
    return factor


@primitive(arrays=2, keep=("x", "t"), name="kl_div")
def _kl_div(x: Array, t: Array, log_target: bool, reduction: str) -> Array:
    if log_target:
        return reduce_losses(np.exp(t) * (t - x), reduction)
    entropy = t * np.log(t, out=np.zeros_like(t), where=t != 0)  # t log t, with value 0 at t = 0
    return reduce_losses(entropy - t * x, reduction)


@_kl_div.vjp
def kl_div_vjp(g: Any, needs: Any, loss: Any, x: Any, t: Any, log_target: bool, reduction: str) -> Any:
    g = unreduced_cotangent(g, raw(x).size, reduction)
    gx = gt = None
    if log_target:
        p = exp(t)
        gx = -g * p if needs[0] else None
        return gx, g * p * (t - x + 1.0) if needs[1] else None
    if needs[0]:
        gx = -g * t
    if needs[1]:
        with np.errstate(divide="ignore"):  # the slope of t log t at 0 is -inf
            gt = g * (log(t) - x + 1.0)
    return gx, gt


def kl_div(input: T | ArrayLike, target: T | ArrayLike, reduction: str = "mean", log_target: bool = False) -> T:
    """The Kullback-Leibler divergence of exp(input) from the target: target * (log(target) - input).

    The input comes first and holds logarithms, as in PyTorch. Kullback and Leibler (1951).

    Args:
        input: log-probabilities.
        target: probabilities, or log-probabilities if `log_target`.
        reduction: "batchmean" divides the sum by the size of axis 0, which gives the divergence per sample. "mean"
            divides the sum by the number of cells. The other values are "sum" and "none".
        log_target: the target holds log-probabilities (default: False).

    Raises ShapeError, DtypeError, and ValueError for an unknown reduction.
    """
    check_reduction("kl_div", reduction, DIVERGENCE_REDUCTIONS)
    x, t = check_pair("kl_div", input, target)
    if reduction != "batchmean":
        return _kl_div(x, t, bool(log_target), reduction)
    total = _kl_div(x, t, bool(log_target), "sum")
    return total / (float(x.shape[0]) or float("nan")) if x.ndim else total
