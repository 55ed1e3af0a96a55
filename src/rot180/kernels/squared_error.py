"""The sum of squared differences, in NumPy, and its gradient. Who may import it: the engine table."""

from __future__ import annotations

from .walk import Array


def squared_error_y(x: Array, t: Array) -> float:
    """The sum of (x - t)**2."""
    d = (x - t).reshape(-1)
    return float(d.dot(d))


def squared_error_x(x: Array, t: Array, scale: float) -> Array:
    """(x - t) * scale."""
    gx: Array = x - t
    gx *= scale
    return gx
