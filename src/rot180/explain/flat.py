"""The list of triples (`trace.py`) as flat indices in arrays: along each axis first, then all together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..window import Sizes, Window
from .operations import Array, Layer


def count_triples(layer: Layer, shapes: Mapping[str, Sizes]) -> int:
    """How many there would be."""
    images, channels = shapes["x"][:2]
    pairs = images * channels
    if not layer.operation.pools:
        pairs *= shapes["dy"][1] // layer.window.groups
    for axis in range(layer.window.ndim):
        pairs *= sum(layer.window.coverage(axis))
    return pairs


def flat_triples(layer: Layer, shapes: Mapping[str, Sizes]) -> dict[str, Array]:
    """{"y", "x", "w"} in the layer's vocabulary, sorted by y, then by w (by x for pools, which have no w)."""
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
    """For one plane of each: the cells of y, x and w that meet, as three lists of flat indices."""
    whole = [np.zeros(1, np.int64)] * 3
    for axis in range(window.ndim):
        sizes = (window.y_size[axis], window.x_size[axis], window.kernel[axis])
        whole = [
            (before[:, None] * size + here).ravel()
            for before, here, size in zip(whole, _line(window, axis), sizes, strict=True)
        ]
    return whole[0], whole[1], whole[2]


def _line(window: Window, axis: int) -> list[Array]:
    """The same along one axis."""
    found = []
    for k in range(window.kernel[axis]):
        positions, cells = (np.arange(part.stop)[part] for part in window.reach(axis, k))
        found.append(np.array([positions, cells, np.full(len(positions), k)]))
    return list(np.concatenate(found, axis=1))
