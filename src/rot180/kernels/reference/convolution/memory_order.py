"""Arrays (N, C, *spatial) whose batch is innermost in memory ("batch last"), which gives NumPy long contiguous runs."""

from __future__ import annotations

import numpy as np

from ...dispatch import Array


def is_batch_last(a: Array) -> bool:
    """True if the batch of (N, C, *spatial) is innermost in memory."""
    return a.shape[0] > 1 and a.strides[0] == a.itemsize


def batch_last(a: Array) -> Array:
    """Return (N, C, *spatial) as a contiguous (C, *spatial, N), without a copy if it already is."""
    return np.ascontiguousarray(a.transpose(*range(1, a.ndim), 0))


def batch_first(a: Array) -> Array:
    """Return (C, *spatial, N) as a view (N, C, *spatial)."""
    return a.transpose(a.ndim - 1, *range(a.ndim - 1))
