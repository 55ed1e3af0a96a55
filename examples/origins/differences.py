"""The judge of the four programs: gradients by central differences.

It knows nothing about convolution or about gradients: it moves one number at a time, both ways, and watches the loss.
What it says is slow and rounded, but nobody's derivation is in it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def numerical_gradient(loss: Callable[[], float], a: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """(loss(a + step) - loss(a - step)) / (2 step), cell by cell; `loss` reads `a`, which is put back as it was."""
    gradient = np.zeros_like(a)
    for cell in np.ndindex(a.shape):
        kept = a[cell]
        a[cell] = kept + step
        above = loss()
        a[cell] = kept - step
        below = loss()
        a[cell] = kept
        gradient[cell] = (above - below) / (2 * step)
    return gradient


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """The largest |a - b| / (|a| + |b|) of all cells, the measure that the texts use; 0 where both are 0."""
    size = np.abs(a) + np.abs(b)
    return float(np.max(np.abs(a - b) / np.where(size > 0, size, 1)))
