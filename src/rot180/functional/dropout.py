"""Dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..random import generator
from ..tape.operands import floating, raw, real


def dropout(input: Any, p: float = 0.5, training: bool = True) -> Any:
    """Each cell is zeroed with probability p and the others are scaled by 1 / (1 - p); unchanged if not training.

    Srivastava et al., "Dropout" (2014), in its inverted form. Draws from rot180's random state.
    """
    if not 0 <= real("dropout", "p", p) <= 1:
        raise ValueError(f"dropout: p must lie between 0 and 1; got {p}")
    x = floating("dropout", input)
    if not training or p == 0:
        return x
    kept = generator().random(x.shape, np.float32) >= p
    scale = np.asarray(1 / (1 - p) if p < 1 else 0.0, raw(x).dtype)
    return x * (kept * scale)
