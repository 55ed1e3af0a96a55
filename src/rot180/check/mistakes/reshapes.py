"""Mistakes of order in memory: an array that is reshaped where its axes had to be transposed first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from ..case import Array
from ..evidence import Evidence
from .mistake import Candidate, mistake


@mistake(
    "reshaped-not-transposed",
    "x w",
    "The numbers are right and in the wrong places: an array was reshaped where its axes had to be transposed first. "
    "reshape keeps the order in memory, so (N, O, P, Q) read as (O, N*P*Q) mixes samples with channels{variant} (S is "
    "for the cells in space).",
    "transpose before the reshape, for example dy.transpose(1, 0, 2, 3).reshape(O, -1)",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    for name, scrambled in _relaid(ev.dy, "NO"):
        yield ev.gradient(argument, dy=scrambled), f": dy, {name}"
    if argument == "w":
        for name, scrambled in _relaid(ev.x, "NC"):
            yield ev.gradient(argument, x=scrambled), f": x, {name}"
    right = ev.right[argument]
    for name, scrambled in _relaid(right, "OC" if argument == "w" else "NC"):
        yield scrambled, f": d{argument}, {name}"
    if right.ndim > 3:
        yield np.ascontiguousarray(right.swapaxes(-1, -2)).reshape(right.shape), ": rows and columns"


def _relaid(a: Array, letters: str) -> Iterator[tuple[str, Array]]:
    """An array laid out in one order and read in another, all ways; its cells S in space stay together."""
    orders: list[tuple[int, ...]] = [(0, 1), (1, 0)]
    if a.ndim > 2:
        orders = [tuple(m for axis in order for m in _axes(axis, a.ndim)) for order in permutations(range(3))]
    for written, read in permutations(orders, 2):
        laid = a.transpose(written).reshape([a.shape[axis] for axis in read])
        names = ["".join(dict.fromkeys((*letters, *"S" * a.ndim)[axis] for axis in order)) for order in (written, read)]
        yield f"laid out as {names[0]} and read as {names[1]}", np.ascontiguousarray(laid.transpose(np.argsort(read)))


def _axes(axis: int, ndim: int) -> tuple[int, ...]:
    return (axis,) if axis < 2 else tuple(range(2, ndim))
