"""The layouts of the user's arrays. The checker itself uses (N, C, *spatial), and PyTorch's layout for weights.

    channels_first   the checker's own layout
    channels_last    x, y (N, *spatial, C); weights (*kernel, in, out), of a transposed layer (*kernel, out, in). The
                     weight of a linear layer, which has no kernel, is (in, out), as in x @ w
    bare             x, y and w are single matrices without batch and channels; b is a number
    columns          x, y (C, N), weights as they are; only for linear layers, recognised but not an option

A layout is a pair of functions, each the inverse of the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import Rot180Error
from ...spelling import unknown_name
from ..operations import Definition
from ..operations.case import Array

NAMES = {
    "channels_first": ("channels_first", "ncw", "nchw", "ncdhw"),
    "channels_last": ("channels_last", "nwc", "nhwc", "ndhwc"),
    "bare": ("bare", "w", "hw", "dhw"),
}


class UnknownLayoutError(Rot180Error, ValueError):
    """There is no layout of this name."""


def find(name: str, definition: Definition) -> str:
    """Return the layout with this name, in any case. It must be one that the arrays of the operation can have."""
    for layout, names in NAMES.items():
        if str(name).lower() in names:
            if layout not in definition.layouts:
                raise UnknownLayoutError(
                    f"check.layer: {definition.name} does not support layout {name!r}; "
                    f"use {', '.join(definition.layouts)}"
                )
            return layout
    raise UnknownLayoutError(
        f"check.layer: {unknown_name('layout', name, [n for names in NAMES.values() for n in names])}"
    )


def to_user(layout: str, argument: str, a: Array) -> Any:
    """Convert an array from the checker's layout to the user's. The result is a copy."""
    if a.ndim == 0:
        return a[()]
    if layout == "bare":
        return float(a[0]) if argument == "b" else a[0, 0].copy()
    if layout == "columns" and argument in ("x", "y"):
        return np.ascontiguousarray(a.T)
    if layout == "channels_last" and a.ndim > 1:
        return np.ascontiguousarray(np.transpose(a, _last(argument, a.ndim)))
    return a.copy()


def from_user(layout: str, argument: str, a: Any, ndim: int) -> Array:
    """Convert a returned array to the checker's layout; unchanged if it has another number of axes."""
    array = np.array(a)  # a copy, because it may be a buffer that the next call changes
    if ndim == 0:
        return array.reshape(()) if array.size == 1 else array
    if layout == "bare":
        if argument == "b":
            return array.reshape(1) if array.size == 1 else array
        return array[None, None] if array.ndim == ndim - 2 else array
    if layout == "columns" and argument in ("x", "y"):
        return array.T
    if layout == "channels_last" and array.ndim == ndim > 1:
        return np.transpose(array, np.argsort(_last(argument, ndim)))
    return array


def _last(argument: str, ndim: int) -> tuple[int, ...]:
    """The axis order of a channels-last array. PyTorch's weights are (out, in, *kernel), here (*kernel, in, out)."""
    spatial = tuple(range(2, ndim))
    return (*spatial, 1, 0) if argument == "w" else (0, *spatial, 1)
