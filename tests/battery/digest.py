"""Arrays as a few numbers, so that the values recorded from PyTorch fit in a small file.

A digest holds the shape, two random projections (every entry counts in both, with a factor of size 1/2 to 3/2) and a
few entries.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

SHOWN = 4


@cache
def _factors(size: int) -> np.ndarray:
    rng = np.random.default_rng(size)
    return rng.uniform(0.5, 1.5, (2, size)) * rng.choice((-1.0, 1.0), (2, size))


def _entries(a: np.ndarray) -> np.ndarray:
    return np.unique(np.linspace(0, max(a.size - 1, 0), SHOWN).astype(int))[: a.size]


def digest(a: np.ndarray) -> list[Any]:
    flat = np.asarray(a, np.float64).ravel()
    return [list(a.shape), (_factors(a.size) @ flat).tolist(), flat[_entries(a)].tolist()]


def difference(a: np.ndarray, recorded: list[Any]) -> float:
    """The largest difference from a digest, relative to each number's terms; inf for another shape or NaN."""
    shape, projections, entries = recorded
    if list(a.shape) != shape:
        return float("inf")
    flat = np.asarray(a, np.float64).ravel()
    size = 1e-300 + np.abs(flat).max(initial=0.0)
    mine = digest(a)
    far = np.abs(np.subtract(mine[1], projections)) / (size * max(a.size, 1) ** 0.5)
    near = np.abs(np.subtract(mine[2], entries)) / size
    worst = np.concatenate([far, near]).max(initial=0.0)
    return float("inf") if np.isnan(worst) else float(worst)
