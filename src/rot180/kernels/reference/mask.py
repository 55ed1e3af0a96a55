"""Keep some elements of an array and set the others to zero, exactly and fast.

`np.where` and a masked `np.copyto` take 3 to 10 times as long for an irregular mask, because they branch per element.
Multiplying by the mask would turn a dropped infinity into NaN. So the mask is widened to all ones or all zeros, and
combined with the bits of the array by `and`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import Array

_INTEGER: dict[Any, Any] = {np.dtype(np.float32): np.int32, np.dtype(np.float64): np.int64}


def masked(a: Array, keep: Array) -> Array:
    """Return `a` (float32 or float64) where the boolean array `keep`, of the same shape, is true, and +0 elsewhere."""
    integer = _INTEGER[a.dtype]
    bits = np.negative(keep.view(np.int8).astype(integer))  # true becomes -1, which is all ones
    np.bitwise_and(bits, a.view(integer), out=bits)
    return bits.view(a.dtype)
