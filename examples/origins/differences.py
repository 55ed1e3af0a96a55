"""Numerical gradients by central differences, which the four programs compare with.

Numerical gradients need no derivation: each number is changed in both directions, and the change of the output is
measured. Numerical gradients are slow and have rounding errors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def numerical_gradient(f: Callable[[], Any], a: np.ndarray, dout: Any = 1.0, step: float = 1e-5) -> np.ndarray:
    """The gradient of sum(f() * dout) with respect to a: sum((f at a + step - f at a - step) * dout) / (2 step).

    Args:
        f: takes no argument and reads `a`, whose cells are changed one by one and restored.
        a: the array to differentiate with respect to.
        dout: the cotangent of the output; 1 for a loss.
        step: the change of each cell.

    The difference is taken before the sum, so that cells of the output that do not change add no rounding error.
    """
    gradient = np.zeros_like(a)
    for cell in np.ndindex(a.shape):
        value = a[cell]
        a[cell] = value + step
        above = f()
        a[cell] = value - step
        below = f()
        a[cell] = value
        gradient[cell] = np.sum((above - below) * dout) / (2 * step)
    return gradient


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """The largest |a - b| / max(|a| + |b|, 1e-8) over all cells, the measure that the texts use."""
    return float(np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b))))
