"""Softmax cross entropy of logits x (N, C, ...) and classes t (N, ...), and the gradient of x.

    loss = log(sum over c of exp(x[c])) - x[t]          gx[c] = softmax(x)[c] - (c == t)

Ignored targets and class weights are handled in functional/classification_loss.py.
"""

from __future__ import annotations

import numpy as np

from ..dispatch import Array, kernel
from .mask import masked


@kernel
def cross_entropy_y(x: Array, t: Array, factors: Array | None) -> Array:
    """Return each loss multiplied by its factor; a factor of 0 gives 0 even if x holds NaN or infinity.

    Args:
        x: float array of shape (N, C, ...).
        t: int64 array of shape (N, ...), classes from 0 to C - 1.
        factors: float array of shape (N, ...); None means 1.
    """
    shifted = x - x.max(1, keepdims=True)
    target_logits = np.take_along_axis(shifted, t[:, None], 1)[:, 0]
    losses: Array = np.log(np.exp(shifted).sum(1)) - target_logits
    return losses if factors is None else np.where(factors == 0, 0, losses) * factors


@kernel
def cross_entropy_x(scale: Array, x: Array, t: Array) -> Array:
    """Return the gradient of x, with the gradient of each loss multiplied by `scale` (N, ...).

    A scale of 0 gives 0 even if x holds NaN or infinity.
    """
    gx = np.exp(x - x.max(1, keepdims=True))
    gx /= gx.sum(1, keepdims=True)
    classes = t[:, None]
    np.put_along_axis(gx, classes, np.take_along_axis(gx, classes, 1) - 1, 1)
    gx *= scale[:, None]
    return gx if scale.all() else masked(gx, np.broadcast_to(scale[:, None] != 0, gx.shape).copy())
