"""The sum of squared differences, and its gradient."""

from __future__ import annotations

from ..dispatch import Array, kernel


@kernel
def squared_error_y(x: Array, t: Array) -> float:
    """Return the sum of (x - t)**2."""
    d = (x - t).reshape(-1)
    return float(d.dot(d))


@kernel
def squared_error_x(x: Array, t: Array, scale: float) -> Array:
    """Return (x - t) * scale."""
    gx: Array = x - t
    gx *= scale
    return gx
