"""Softmax cross entropy in NumPy: the losses of logits x (N, C, ...) for the classes t (N, ...), and the gradient of x.

    loss = log(sum over c of exp(x[c])) - x[t]          gx[c] = softmax(x)[c] - (c == t)

Who may import it: the engine table. Deliberately absent: which targets count and for how much (functional/).
"""

from __future__ import annotations

import numpy as np

from .mask import masked
from .walk import Array


def cross_entropy_y(x: Array, t: Array, factors: Array | None) -> Array:
    """Each loss times its factor; 0 where that is 0, whatever x holds there."""
    shifted = x - x.max(1, keepdims=True)
    picked = np.take_along_axis(shifted, t[:, None], 1)[:, 0]
    losses: Array = np.log(np.exp(shifted).sum(1)) - picked
    return losses if factors is None else np.where(factors == 0, 0, losses) * factors


def cross_entropy_x(scale: Array, x: Array, t: Array) -> Array:
    """The gradient of x where each loss counts `scale` times; 0 where that is 0, whatever x holds there."""
    gx = np.exp(x - x.max(1, keepdims=True))
    gx /= gx.sum(1, keepdims=True)
    chosen = t[:, None]
    np.put_along_axis(gx, chosen, np.take_along_axis(gx, chosen, 1) - 1, 1)
    gx *= scale[:, None]
    return masked(gx, np.broadcast_to(scale[:, None] != 0, gx.shape).copy()) if not scale.all() else gx
