"""How arrays lie at the user's: the checker's own are (N, C, *spatial) and weights as PyTorch lays them.

    channels_first   as they are
    channels_last    x, y (N, *spatial, C); weights (*kernel, in, out), of a transposed layer (*kernel, out, in); so the
                     weight of a linear layer, which has no kernel, is (in, out), as in x @ w
    bare             x, y and w without batch and channels, a single matrix each; b a number
    columns          of linear layers, found and never asked for: x, y (C, N); weights as they are

A layout is a pair of functions, which are each other's inverse.
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
    """A name that is none of a layout."""


def find(name: str, definition: Definition) -> str:
    """The layout by one of its names, in any case; it must be one that the arrays of the operation can have."""
    for layout, names in NAMES.items():
        if str(name).lower() in names:
            if layout not in definition.layouts:
                raise UnknownLayoutError(
                    f"check.layer: {definition.name} has no layout {name!r}; it has {', '.join(definition.layouts)}"
                )
            return layout
    raise UnknownLayoutError(
        f"check.layer: {unknown_name('layout', name, [n for names in NAMES.values() for n in names])}"
    )


def to_user(layout: str, argument: str, a: Array) -> Any:
    """An array of the checker's, as the user's functions take it: a copy of their own."""
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
    """What they returned, as the checker takes it; where it has another number of axes, as it is."""
    array = np.array(a)  # a copy: theirs may be a buffer that the next call changes
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
    """The order of axes of a channels-last array: PyTorch's weights are (out, in, *kernel), here (*kernel, in, out)."""
    spatial = tuple(range(2, ndim))
    return (*spatial, 1, 0) if argument == "w" else (0, *spatial, 1)
