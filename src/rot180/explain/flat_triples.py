"""The triples of a whole layer (see `trilinear.py`) as arrays of flat indices."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..window import Sizes
from .operations import Array, Layer
from .trilinear import plane_triples


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
    p, i, k = plane_triples(window)
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
