"""The trilinear form of a window as a list of triples: the cells of y, x and w that are multiplied with each other.

    T(y, x, w) = sum over triples of  y[n, o, *p] * x[n, c, *i] * w[o, c, *k]       i = stride*p + dilation*k - padding

Every result and every gradient of a layer is a sum over some triples: y[n, o, *p] is the sum of x * w over the triples
with that cell of y, dw[o, c, *k] is the sum of dy * x over the triples with that cell of w. In this file, x is the wide
side of the window, as in docs/decisions/0001; the input of a transposed layer is y.

This file lists the triples in plain Python, one by one; `flat_triples.py` computes the same list with arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from ..window import Sizes, Window


class Triple(NamedTuple):
    """The indices of three cells in one product: y (n, o, *p), x (n, c, *i) and w (o, c within its group, *k)."""

    y: Sizes
    x: Sizes
    w: Sizes


def triples(window: Window, images: int, channels: int, outputs: int) -> Iterator[Triple]:
    """All triples, ordered by the cell of y, then by the cell of w. `channels` are those of x, `outputs` those of y."""
    share, group = outputs // window.groups, channels // window.groups
    positions = list(_positions(window))
    for n, o in product(range(images), range(outputs)):
        for p, pairs in positions:
            for c in range(group):
                for k, i in pairs:
                    yield Triple((n, o, *p), (n, o // share * group + c, *i), (o, c, *k))


def _positions(window: Window) -> Iterator[tuple[Sizes, list[tuple[Sizes, Sizes]]]]:
    """For each position p of y, the pairs (k, i) of a kernel index and the cell of x that it is multiplied with."""
    for p in product(*map(range, window.y_size)):
        pairs = []
        for k in product(*map(range, window.kernel)):
            i = tuple(
                s * q + d * t - pad
                for s, q, d, t, pad in zip(window.stride, p, window.dilation, k, window.padding, strict=True)
            )
            if all(0 <= cell < size for cell, size in zip(i, window.x_size, strict=True)):
                pairs.append((k, i))
        yield p, pairs


def triples_at(window: Window, images: int, channels: int, outputs: int, **cell: Sizes) -> list[Triple]:
    """The triples that contain one cell of y, x or w, for example `triples_at(window, 1, 3, 4, w=(0, 1, 2, 2))`."""
    ((side, index),) = cell.items()
    return [t for t in triples(window, images, channels, outputs) if getattr(t, side) == tuple(index)]
