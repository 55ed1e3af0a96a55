"""The gradient of a bias, in NumPy: what it was added to, summed.

Who may import it: the engine table. The forward is part of `conv_y`, or one addition.
"""

from __future__ import annotations

from .walk import Array


def bias_sums(y: Array) -> Array:
    """(O,) from y (N, O, *y_size): the sum over the batch and all positions."""
    total: Array = y.sum((0, *range(2, y.ndim)))
    return total
