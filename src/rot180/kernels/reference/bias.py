"""The gradient of a bias. (Adding a bias is part of `conv_y` and `conv_x`.)"""

from __future__ import annotations

from ..dispatch import Array, kernel


@kernel
def bias_sums(y: Array) -> Array:
    """Sum y (N, O, *y_size) over the batch and all positions: (O,)."""
    total: Array = y.sum((0, *range(2, y.ndim)))
    return total
