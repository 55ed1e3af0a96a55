"""Dropout, with random numbers from rot180's random state."""

from __future__ import annotations

import numpy as np

from ..random import generator
from ..tape.operands import floating, raw, real
from ..tape.types import ArrayLike, T


def dropout(input: T | ArrayLike, p: float = 0.5, training: bool = True) -> T:
    """Set each cell to 0 with probability p and multiply the others by 1 / (1 - p).

    Args:
        input: an array or Tensor of any shape.
        p: the probability, between 0 and 1 (default: 0.5).
        training: if False, return the input unchanged (default: True).

    This is the inverted form of dropout (Srivastava et al., "Dropout", 2014): scaling happens in training, not in
    evaluation. Raises DtypeError, and ValueError if p is not between 0 and 1.
    """
    if not 0 <= real("dropout", "p", p) <= 1:
        raise ValueError(f"dropout: p must lie between 0 and 1; got {p}")
    x = floating("dropout", input)
    if not training or p == 0:
        return x
    mask = generator().random(x.shape, np.float32) >= p
    scale = np.asarray(1 / (1 - p) if p < 1 else 0.0, raw(x).dtype)
    return x * (mask * scale)
