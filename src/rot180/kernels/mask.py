"""Keeping some cells of an array and zeroing the others, exactly and fast.

`np.where` and a masked `np.copyto` take 3 to 10 times as long where the mask is irregular (they branch per cell), and
multiplying by the mask makes NaN of an infinity that should be dropped. So the mask is widened to all ones or all zeros
and laid over the bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .walk import Array

_BITS: dict[Any, Any] = {np.dtype(np.float32): np.int32, np.dtype(np.float64): np.int64}


def masked(a: Array, keep: Array) -> Array:
    """`a` (float32 or float64) where the boolean `keep`, of the same shape, is true; +0 elsewhere."""
    bits = _BITS[a.dtype]
    ones = np.negative(keep.view(np.int8).astype(bits))  # true -> -1 = all ones
    np.bitwise_and(ones, a.view(bits), out=ones)
    return ones.view(a.dtype)
