"""The trilinear form of a window, listed: which cell of y, which of x and which of w meet in one product.

    T(y, x, w) = sum over triples of  y[n, o, *p] * x[n, c, *i] * w[o, c, *k]       i = stride*p + dilation*k - padding

Every result of a layer and every gradient is a sum over some of them: y[n, o, *p] gets x * w of all triples with that
cell of y, dw[o, c, *k] gets dy * x of all with that cell of w. Here x is the wide side of the window, as in
docs/decisions/0001; a transposed layer has its input on the other side.

Who may import it: check/ and the explainer. Deliberately absent: arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from ..window import Sizes, Window


class Triple(NamedTuple):
    """The indices of three cells that meet: y (n, o, *p), x (n, c, *i), w (o, c within its group, *k)."""

    y: Sizes
    x: Sizes
    w: Sizes


def triples(window: Window, images: int, channels: int, outputs: int) -> Iterator[Triple]:
    """All of them, `channels` and `outputs` being those of x and y: sample by sample, in the order of y, then of w."""
    share, group = outputs // window.groups, channels // window.groups
    places = list(_places(window))
    for n, o in product(range(images), range(outputs)):
        for p, met in places:
            for c in range(group):
                for k, i in met:
                    yield Triple((n, o, *p), (n, o // share * group + c, *i), (o, c, *k))


def _places(window: Window) -> Iterator[tuple[Sizes, list[tuple[Sizes, Sizes]]]]:
    """For each position of y: the taps of the kernel and the cells of x, inside it, that they meet."""
    for p in product(*map(range, window.y_size)):
        met = []
        for k in product(*map(range, window.kernel)):
            i = tuple(
                s * q + d * t - pad
                for s, q, d, t, pad in zip(window.stride, p, window.dilation, k, window.padding, strict=True)
            )
            if all(0 <= cell < size for cell, size in zip(i, window.x_size, strict=True)):
                met.append((k, i))
        yield p, met


def meeting(window: Window, images: int, channels: int, outputs: int, **cell: Sizes) -> list[Triple]:
    """The triples with one given cell: `meeting(window, 1, 3, 4, w=(0, 1, 2, 2))`; also y= or x=."""
    ((side, index),) = cell.items()
    return [t for t in triples(window, images, channels, outputs) if getattr(t, side) == tuple(index)]
