"""The list of triples (`trilinear.py`) as arrays of flat indices: first for each axis, then for all axes combined."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..window import Sizes, Window
from .operations import Array, Layer


def count_triples(layer: Layer, shapes: Mapping[str, Sizes]) -> int:
    """The number of triples, without listing them."""
    images, channels = shapes["x"][:2]
    pairs = images * channels
    if not layer.operation.pools:
        pairs *= shapes["dy"][1] // layer.window.groups
    for axis in range(layer.window.ndim):
        pairs *= sum(layer.window.coverage(axis))
    return pairs


def flat_triples(layer: Layer, shapes: Mapping[str, Sizes]) -> dict[str, Array]:
    """The flat indices of each triple's cells, {"y", "x", "w"}, where x is the layer's input and y its output.

    Sorted by y, then by w. Pooling has no w; its pairs are sorted by y, then by x.
    """
    operation, window = layer.operation, layer.window
    wide, narrow = ("dy", "x") if operation.transposed else ("x", "dy")
    (images, channels), outputs = shapes[wide][:2], shapes[narrow][1]
    p, i, k = _planes(window)
    groups = channels if operation.pools else window.groups
    share, group = outputs // groups, channels // groups
    n, o, c = (a[..., None] for a in np.meshgrid(*map(np.arange, (images, outputs, group)), indexing="ij"))
    at = {
        narrow: (n * outputs + o) * int(np.prod(window.y_size)) + p,
        wide: (n * channels + o // share * group + c) * int(np.prod(window.x_size)) + i,
        "w": (o * group + c) * window.taps + k + 0 * n,
    }
    columns = {"y": at["dy"].ravel(), "x": at["x"].ravel(), "w": at["w"].ravel()}
    if operation.pools:
        del columns["w"]
    order = np.lexsort((columns.get("w", columns["x"]), columns["y"]))
    return {name: column[order] for name, column in columns.items()}


def _planes(window: Window) -> tuple[Array, Array, Array]:
    """The triples of one plane of y, x and w, as three arrays of flat indices."""
    planes = [np.zeros(1, np.int64)] * 3
    for axis in range(window.ndim):
        sizes = (window.y_size[axis], window.x_size[axis], window.kernel[axis])
        planes = [
            (outer[:, None] * size + inner).ravel()
            for outer, inner, size in zip(planes, _line(window, axis), sizes, strict=True)
        ]
    return planes[0], planes[1], planes[2]


def _line(window: Window, axis: int) -> list[Array]:
    """The triples along one axis."""
    lines = []
    for k in range(window.kernel[axis]):
        positions, cells = (np.arange(part.stop)[part] for part in window.reach(axis, k))
        lines.append(np.array([positions, cells, np.full(len(positions), k)]))
    return list(np.concatenate(lines, axis=1))
