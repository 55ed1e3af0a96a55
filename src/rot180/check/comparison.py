"""Comparison of arrays with tolerances for rounding."""

from __future__ import annotations

import numpy as np

from .operations.case import Array

HALF = 2e-3  # tolerance for float16: several rounding units of an 11-bit mantissa
CLOSE = 1e-9  # tolerance for float64, relative to the largest cell: allows another order of summation
SINGLE_CLOSE = 1e-5  # tolerance for results computed in float32, relative to the largest cell
# Tolerance for float64 results of code that uses float32 somewhere (a cache, a constant, an FFT): a few rounding units
# of float32. The largest error observed was 4.8e-7. The tolerance must be below 1e-6, which is the error if the code
# forgets an eps of 1e-5 next to a variance.
NOISE = 5e-7


def same(a: Array, b: Array, within: float | None = None) -> bool:
    """True if the shapes are equal and the cells are equal up to rounding, such as a different order of summation."""
    if a.shape != b.shape:
        return False
    if np.array_equal(a, b):
        return True
    return not _far_apart(a, b, within) and not differing(a, b, within).any()


def _far_apart(a: Array, b: Array, within: float | None) -> bool:
    """True if two arrays differ by more than any tolerance. This fast test settles most comparisons of a search."""
    if within is not None or not a.size:
        return False
    with np.errstate(invalid="ignore"):
        most = np.abs(np.subtract(a, b, dtype=float)).max()
        return bool(most > 2 * SINGLE_CLOSE * max(np.abs(b).max(), 1.0))  # False for NaN


def differing(actual: Array, expected: Array, within: float | None = None, error_bound: Array | float = 0.0) -> Array:
    """Return a mask of the cells in which two arrays of the same shape differ.

    NaN differs from everything. An infinite error bound means that the correct value is unknown: no value differs.
    """
    scale = max(float(np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))), 1.0)
    with np.errstate(invalid="ignore"):
        near = np.abs(np.subtract(actual, expected, dtype=float)) <= error_bound + (within or tolerance(actual)) * scale
    return np.asarray(~(near | (actual == expected) | np.isinf(error_bound)))


def tolerance(a: Array) -> float:
    """The rounding error that is accepted in an array, relative to its largest cell."""
    if a.dtype == np.float16:
        return HALF
    return SINGLE_CLOSE if is_single(a) else NOISE


def is_single(a: Array) -> bool:
    """True if an array seems to be computed in float32: by its dtype, or because float32 holds every cell exactly."""
    if a.dtype == np.float32:
        return True
    if a.dtype.kind != "f":
        return False
    with np.errstate(all="ignore"):
        kept = np.array_equal(a.astype(np.float32), a, equal_nan=True)
        return bool(
            kept and np.any(a != np.rint(a * 1024) / 1024)
        )  # small integers and binary fractions are exact in every dtype, so they do not show the dtype of the code


def is_low(actual: Array, expected: Array, within: float | None = None) -> bool:
    """True if an array is correct within the tolerance, but not to float64 accuracy."""
    return same(actual, expected, within) and not same(actual.astype(float), expected, CLOSE)


def same_result(second: Array, first: Array) -> bool:
    """True if two calls gave the same result; cells that are NaN both times count as equal."""
    return same(np.where(np.isnan(second), 0, second), np.where(np.isnan(first), 0, first))
