"""The judge of the four programs: gradients by central differences.

It knows nothing about convolution or about gradients: it moves one number at a time, both ways, and watches what
happens to the output. What it says is slow and rounded, but nobody's derivation is in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def numerical_gradient(f: Callable[[], Any], a: np.ndarray, dout: Any = 1.0, step: float = 1e-5) -> np.ndarray:
    """d sum(f() * dout) / d a, cell by cell: sum((f at a + step - f at a - step) * dout) / (2 step).

    `f` takes nothing and reads `a`, whose cells are moved and put back; for a loss, a single number, dout is 1. The
    differences are taken before the sum, so that what a cell does not touch leaves no rounding behind.
    """
    gradient = np.zeros_like(a)
    for cell in np.ndindex(a.shape):
        kept = a[cell]
        a[cell] = kept + step
        above = f()
        a[cell] = kept - step
        below = f()
        a[cell] = kept
        gradient[cell] = np.sum((above - below) * dout) / (2 * step)
    return gradient


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """The largest |a - b| / (|a| + |b|) of all cells, the sum taken as at least 1e-8: the measure of the texts."""
    return float(np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b))))
