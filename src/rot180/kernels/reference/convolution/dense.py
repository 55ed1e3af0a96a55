"""A linear layer, or a kernel that covers x exactly: one matrix product on the flattened x."""

from __future__ import annotations

import math

from ....window import Window
from ...dispatch import Array


def conv_y(x: Array, w: Array, window: Window, bias: Array | None) -> Array:
    """y (N, O) or (N, O, 1, ...)."""
    y = _flattened(x).dot(_flattened(w).T)  # (N, C*H*W) @ (C*H*W, O)
    if bias is not None:
        y += bias
    return y if not window.kernel else y.reshape(*y.shape, *window.y_size)


def conv_x(y: Array, w: Array, window: Window) -> Array:
    """x (N, C) or (N, C, *x_size)."""
    x = _flattened(y).dot(_flattened(w))  # (N, O) @ (O, C*H*W)
    return x if not window.kernel else x.reshape(y.shape[0], w.shape[1], *window.x_size)


def conv_w(x: Array, y: Array, window: Window) -> Array:
    """w (O, C) or (O, C, *kernel)."""
    w = _flattened(y).T.dot(_flattened(x))  # (O, N) @ (N, C*H*W)
    return w if not window.kernel else w.reshape(w.shape[0], x.shape[1], *window.kernel)


def _flattened(a: Array) -> Array:
    return a if a.ndim == 2 else a.reshape(a.shape[0], math.prod(a.shape[1:]))
