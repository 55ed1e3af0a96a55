"""Arrays as a few numbers, so that the values recorded from PyTorch fit in a small file.

A digest is the shape, two random projections (every entry counts in both, with a factor of size 1/2 to 3/2) and some
entries as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

SHOWN = 4


def _factors(a: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(a.size)
    return rng.uniform(0.5, 1.5, (2, a.size)) * rng.choice((-1.0, 1.0), (2, a.size))


def _entries(a: np.ndarray) -> np.ndarray:
    return np.unique(np.linspace(0, max(a.size - 1, 0), SHOWN).astype(int))[: a.size]


def digest(a: np.ndarray) -> list[Any]:
    flat = np.asarray(a, np.float64).ravel()
    return [list(a.shape), (_factors(a) @ flat).tolist(), flat[_entries(a)].tolist()]


def difference(a: np.ndarray, recorded: list[Any]) -> float:
    """The largest difference from a digest, relative to the sizes that went into each number; inf for another shape."""
    shape, projections, entries = recorded
    if list(a.shape) != shape:
        return float("inf")
    flat = np.asarray(a, np.float64).ravel()
    size = 1e-300 + np.abs(flat).max(initial=0.0)
    mine = digest(a)
    far = np.abs(np.subtract(mine[1], projections)) / (size * max(a.size, 1) ** 0.5)
    near = np.abs(np.subtract(mine[2], entries)) / size
    return float(max(far.max(initial=0.0), near.max(initial=0.0)))
