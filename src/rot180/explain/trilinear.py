"""The trilinear form of a window as a list of triples: the cells of y, x and w that are multiplied with each other.

    T(y, x, w) = sum over triples of  y[n, o, *p] * x[n, c, *i] * w[o, c, *k]       i = stride*p + dilation*k - padding

Every result and every gradient of a layer is a sum over some triples: y[n, o, *p] is the sum of x * w over the triples
with that cell of y, dw[o, c, *k] is the sum of dy * x over the triples with that cell of w. In this file, x is the
array that the window slides over, as in docs/decisions/0001; the input of a transposed layer is y.

`plane_triples` computes the list for one plane. `triples` extends it to all samples and channels and yields one triple
at a time; `flat_triples.py` returns all triples as arrays of flat indices.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product
from typing import Any, NamedTuple

import numpy as np

from ..window import Sizes, Window

Indices = np.ndarray[Any, Any]


class Triple(NamedTuple):
    """The indices of three cells in one product: y (n, o, *p), x (n, c, *i) and w (o, c within its group, *k)."""

    y: Sizes
    x: Sizes
    w: Sizes


def triples(window: Window, images: int, channels: int, outputs: int) -> Iterator[Triple]:
    """All triples, ordered by the cell of y, then by the cell of w. `channels` is the number of channels of x,
    `outputs` that of y.
    """
    share, group = outputs // window.groups, channels // window.groups
    planes = plane_triples(window)
    order = np.lexsort((planes[2], planes[0]))  # by the cell of y, then by the cell of w
    sizes = (window.y_size, window.x_size, window.kernel)
    cells = [list(_indices(flat[order], size)) for flat, size in zip(planes, sizes, strict=True)]
    starts = np.searchsorted(planes[0][order], np.arange(int(np.prod(window.y_size)) + 1))
    for n, o in product(range(images), range(outputs)):
        for first, last in pairwise(starts):
            for c in range(group):
                for p, i, k in zip(*(column[first:last] for column in cells), strict=True):
                    yield Triple((n, o, *p), (n, o // share * group + c, *i), (o, c, *k))


def _indices(flat: Indices, size: Sizes) -> Iterator[Sizes]:
    if not size:  # a linear layer has no spatial axes
        return (() for _ in flat)
    return (tuple(map(int, index)) for index in zip(*np.unravel_index(flat, size), strict=True))


def plane_triples(window: Window) -> tuple[Indices, Indices, Indices]:
    """The triples of one plane each of y, x and w, as three arrays of flat indices."""
    planes = [np.zeros(1, np.int64)] * 3
    for axis in range(window.ndim):
        sizes = (window.y_size[axis], window.x_size[axis], window.kernel[axis])
        planes = [
            (outer[:, None] * size + inner).ravel()
            for outer, inner, size in zip(planes, _line(window, axis), sizes, strict=True)
        ]
    return planes[0], planes[1], planes[2]


def _line(window: Window, axis: int) -> list[Indices]:
    """The triples along one axis."""
    lines = []
    for k in range(window.kernel[axis]):
        positions, cells = (np.arange(part.stop)[part] for part in window.reach(axis, k))
        lines.append(np.array([positions, cells, np.full(len(positions), k)]))
    return list(np.concatenate(lines, axis=1))


def triples_at(window: Window, images: int, channels: int, outputs: int, **cell: Sizes) -> list[Triple]:
    """The triples that contain one cell of y, x or w, for example `triples_at(window, 1, 3, 4, w=(0, 1, 2, 2))`."""
    ((side, index),) = cell.items()
    return [t for t in triples(window, images, channels, outputs) if getattr(t, side) == tuple(index)]
