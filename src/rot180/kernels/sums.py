"""The sum of two arrays of one shape, where a network forks and joins: a residual, and the gradients that meet there.

Who may import it: the engine table.
"""

from __future__ import annotations

import numpy as np

from .walk import Array

MANY = 1 << 16  # cells from which on it is worth asking an engine for a sum: several threads can share them


def add(a: Array, b: Array, overwrite: bool = False) -> Array:
    """a + b; in the array of a, if that may be overwritten."""
    return np.add(a, b, out=a if overwrite else None)
