"""Regression losses, which are functions of input - target. Each forward is followed by its vjp.

`reduction` is "mean", "sum" or "none". Input and target have the same shape, and both get a gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..tape.operands import raw, real
from ..tape.primitives import primitive
from ..tape.record import Array
from ..tape.types import ArrayLike, T
from .loss_reduction import check_pair, check_reduction, reduce_losses, unreduced_cotangent
from .piecewise_activation import hardtanh


@primitive(arrays=2, keep=("x", "t"), name="mse_loss", fresh=True)
def _mse(x: Array, t: Array, reduction: str) -> Array:
    if reduction == "none":
        d = x - t
        return d * d
    total = kernels.squared_error_y(x, t)
    return x.dtype.type(total / (x.size or np.nan) if reduction == "mean" else total)


@_mse.vjp
def mse_vjp(g: Any, needs: Any, loss: Any, x: Any, t: Any, reduction: str) -> Any:
    factor = 2.0 / raw(x).size if reduction == "mean" and raw(x).size else 2.0
    gx = (x - t) * (g * factor)
    return gx if needs[0] else None, -gx if needs[1] else None


@_mse.array_vjp
def mse_array_vjp(g: Array, needs: Any, overwrite: bool, loss: Any, x: Array, t: Array, reduction: str) -> Any:
    scale = 2.0 / (x.size or 1) if reduction == "mean" else 2.0
    if reduction == "none":
        gx = (x - t) * (g * scale)
    else:
        gx = kernels.squared_error_x(x, t, float(g) * scale)
    return gx if needs[0] else None, -gx if needs[1] else None


def mse_loss(input: T | ArrayLike, target: T | ArrayLike, reduction: str = "mean") -> T:
    """The squared error (input - target)**2. The shapes must be equal."""
    check_reduction("mse_loss", reduction)
    return _mse(*check_pair("mse_loss", input, target), reduction)


@primitive(arrays=2, keep=("x", "t"), name="l1_loss")
def _l1(x: Array, t: Array, reduction: str) -> Array:
    return reduce_losses(np.abs(x - t), reduction)


@_l1.vjp
def l1_vjp(g: Any, needs: Any, loss: Any, x: Any, t: Any, reduction: str) -> Any:
    gx = np.sign(raw(x) - raw(t)) * unreduced_cotangent(g, raw(x).size, reduction)
    return gx if needs[0] else None, -gx if needs[1] else None


def l1_loss(input: T | ArrayLike, target: T | ArrayLike, reduction: str = "mean") -> T:
    """The absolute error |input - target|. If input and target are equal, the gradient is 0."""
    check_reduction("l1_loss", reduction)
    return _l1(*check_pair("l1_loss", input, target), reduction)


@primitive(arrays=2, keep=("x", "t"), name="huber_loss")
def _huber(x: Array, t: Array, delta: float, reduction: str) -> Array:
    a = np.abs(x - t)
    near = np.minimum(a, delta)
    return reduce_losses(near * (a - 0.5 * near), reduction)


@_huber.vjp
def huber_vjp(g: Any, needs: Any, loss: Any, x: Any, t: Any, delta: float, reduction: str) -> Any:
    gx = hardtanh(x - t, -delta, delta) * unreduced_cotangent(g, raw(x).size, reduction)
    return gx if needs[0] else None, -gx if needs[1] else None


def huber_loss(input: T | ArrayLike, target: T | ArrayLike, reduction: str = "mean", delta: float = 1.0) -> T:
    """The Huber loss: d**2 / 2 if |d| < delta, else delta * (|d| - delta / 2), with d = input - target; Huber (1964).

    Raises ValueError if delta is not positive.
    """
    check_reduction("huber_loss", reduction)
    delta = check_delta("huber_loss", delta)
    return _huber(*check_pair("huber_loss", input, target), delta, reduction)


def check_delta(op: str, delta: float) -> float:
    """Return delta as a float; raise ValueError if it is not positive."""
    if not real(op, "delta", delta) > 0:
        raise ValueError(f"{op}: delta must be positive; got {delta}")
    return float(delta)


def smooth_l1_loss(input: T | ArrayLike, target: T | ArrayLike, reduction: str = "mean", beta: float = 1.0) -> T:
    """huber_loss with delta = beta, divided by beta, so that its slope is at most 1. With beta = 0 it is l1_loss.

    Girshick, "Fast R-CNN" (2015), equation 3, uses beta = 1. Raises ValueError if beta is negative.
    """
    check_reduction("smooth_l1_loss", reduction)
    beta = check_beta("smooth_l1_loss", beta)
    x, t = check_pair("smooth_l1_loss", input, target)
    return _huber(x, t, beta, reduction) / beta if beta else _l1(x, t, reduction)


def check_beta(op: str, beta: float) -> float:
    """Return beta as a float; raise ValueError if it is negative."""
    if not real(op, "beta", beta) >= 0:
        raise ValueError(f"{op}: beta must not be negative; got {beta}")
    return float(beta)
