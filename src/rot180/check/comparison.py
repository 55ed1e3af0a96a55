"""When two arrays count as equal: the tolerances for rounding, and the comparison with them."""

from __future__ import annotations

import numpy as np

from .operations.case import Array

HALF = 2e-3  # what float16 may cost: 11 bits, several times
CLOSE = 1e-9  # relative to the largest cell: what scaling by a third and summing in another order may cost
SINGLE_CLOSE = 1e-5  # the same for what is computed in float32
# What a float32 on the way (a cache, a constant, a product by FFT) leaves in float64: 24 bits, a few times; it was seen
# to be at most 4.8e-7. An eps of 1e-5 that is forgotten beside a variance makes 1e-6.
NOISE = 5e-7


def same(a: Array, b: Array, within: float | None = None) -> bool:
    """Equal shapes, and cells as near as sums in another order are."""
    if a.shape != b.shape:
        return False
    if np.array_equal(a, b):
        return True
    return not _far_apart(a, b, within) and not differing(a, b, within).any()


def _far_apart(a: Array, b: Array, within: float | None) -> bool:
    """Whether two arrays differ by more than any tolerance: a search compares thousands, and most are such."""
    if within is not None or not a.size:
        return False
    with np.errstate(invalid="ignore"):
        most = np.abs(np.subtract(a, b, dtype=float)).max()
        return bool(most > 2 * SINGLE_CLOSE * max(np.abs(b).max(), 1.0))  # false where that is no number


def differing(found: Array, right: Array, within: float | None = None, error_bound: Array | float = 0.0) -> Array:
    """Which cells of two arrays of one shape differ, as a mask.

    One that is no number differs from any, unless nothing is known of the right one: where the error_bound is infinite.
    """
    scale = max(float(np.max(np.abs(right), initial=0.0, where=np.isfinite(right))), 1.0)
    with np.errstate(invalid="ignore"):
        near = np.abs(np.subtract(found, right, dtype=float)) <= error_bound + (within or tolerance(found)) * scale
    return np.asarray(~(near | (found == right) | np.isinf(error_bound)))


def tolerance(a: Array) -> float:
    """What rounding may do to a found array, relative to its largest cell."""
    if a.dtype == np.float16:
        return HALF
    return SINGLE_CLOSE if is_single(a) else NOISE


def is_single(a: Array) -> bool:
    """Whether an array went through float32: by its dtype, or because all its cells are numbers that float32 has."""
    if a.dtype == np.float32:
        return True
    if a.dtype.kind != "f":
        return False
    with np.errstate(all="ignore"):
        kept = np.array_equal(a.astype(np.float32), a, equal_nan=True)
        return bool(kept and np.any(a != np.rint(a * 1024) / 1024))  # all have small integers and their fractions


def is_low(found: Array, right: Array, within: float | None = None) -> bool:
    """Whether a result that counts as right is farther from it than float64 goes."""
    return same(found, right, within) and not same(found.astype(float), right, CLOSE)
