"""Mistakes of order in memory: an array that is reshaped where its axes had to be transposed first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from ....window import Window
from ...operations.case import Array
from ...operations.convolution import plus_bias, without_bias
from ..evidence import Evidence
from .mistake import Candidate, mistake


@mistake(
    "reshaped-not-transposed",
    "x w y",
    "The numbers are right and in the wrong places: an array was reshaped where its axes had to be transposed first. "
    "reshape keeps the order in memory, so (N, O, P, Q) read as (O, N*P*Q) mixes samples with channels{variant} (S is "
    "for the cells in space).",
    "transpose before the reshape, for example dy.transpose(1, 0, 2, 3).reshape(O, -1)",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if argument != "w":
        yield from _weights_misread(ev, argument)
    if argument == "y":
        yield from _results_misread(ev)
        return
    for name, scrambled in _relaid(ev.dy, "NO"):
        yield ev.gradient(argument, dy=scrambled), f": dy, {name}"
    if argument == "w":
        for name, scrambled in _relaid(ev.x, "NC"):
            yield ev.gradient(argument, x=scrambled), f": x, {name}"
    right = ev.right[argument]
    for name, scrambled in _relaid(right, "OC" if argument == "w" else "NC"):
        yield scrambled, f": d{argument}, {name}"
    if argument == "x":
        yield from _columns_misread(ev)
    if right.ndim > 3:
        yield np.ascontiguousarray(right.swapaxes(-1, -2)).reshape(right.shape), ": rows and columns"


def _results_misread(ev: Evidence) -> Iterator[Candidate]:
    """The result laid out in one order and read in another, before the bias is added, or after."""
    if ev.definition.axes:
        b = ev.problem.arrays.get("b")
        for name, scrambled in _relaid(ev.definition.forward(without_bias(ev.problem.arrays), ev.case), "NO"):
            yield plus_bias(scrambled, b), f": y, {name}"
        for name, scrambled in _relaid(ev.right["y"], "NO"):
            yield scrambled, f": y with its bias, {name}"


def _weights_misread(ev: Evidence, argument: str) -> Iterator[Candidate]:
    """y or dx from a weight laid out in one order and read in another."""
    if "w" in ev.problem.arrays:
        for name, w in _relaid(ev.w, "CO" if ev.definition.transposed else "OC"):
            arrays = {**ev.problem.arrays, "w": w}
            yield ev.definition.forward(arrays, ev.case) if argument == "y" else ev.dx(w=w), f": w, {name}"


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


def _columns_misread(ev: Evidence) -> Iterator[Candidate]:
    """dx by col2im, of columns that lie in one order and are read in another: samples, positions, cells of a window."""
    if ev.definition.transposed or not ev.definition.axes:
        return
    window = ev.through()
    columns = _columns(ev, window)
    n, c, taps, positions = columns.shape
    whole = columns.reshape(n, c * taps, positions)
    for written, read in permutations(permutations(range(3)), 2):
        laid = whole.transpose(written).reshape([whole.shape[axis] for axis in read]).transpose(np.argsort(read))
        names = ["".join("NKP"[axis] for axis in order) for order in (written, read)]
        text = f": the columns, laid out as {names[0]} and read as {names[1]}, before col2im (K is C*R*S, P positions)"
        yield _gathered(laid.reshape(columns.shape), window), text
    turned = columns.swapaxes(1, 2).reshape(columns.shape)
    yield _gathered(turned, window), ": the columns, where channels and taps change places, before col2im"
    turned = columns.reshape(n, taps, c, positions).swapaxes(1, 2)
    yield _gathered(turned, window), ": the columns, where taps and channels change places, before col2im"


def _columns(ev: Evidence, window: Window) -> Array:
    """(N, C, taps, positions): what each position of dy gives each cell of its window."""
    outs, kernel = ev.w.shape[0] // window.groups, ev.definition.kernel(ev.w, ev.case)
    parts = []
    for group in range(window.groups):
        share = slice(group * outs, (group + 1) * outs)
        dy, w = ev.dy[:, share], kernel[share]
        parts.append(np.einsum("nop,ock->nckp", dy.reshape(*dy.shape[:2], -1), w.reshape(*w.shape[:2], -1)))
    return np.concatenate(parts, 1)


def _gathered(columns: Array, window: Window) -> Array:
    """col2im: every cell of x is the sum of the places where it stands in the columns."""
    columns = columns.reshape(*columns.shape[:3], *window.y_size)
    dx = np.zeros((*columns.shape[:2], *window.x_size))
    for number, tap in enumerate(window.offsets()):
        reach = [window.reach(axis, k) for axis, k in enumerate(tap)]
        seen, met = ((slice(None), slice(None), *part) for part in zip(*reach, strict=True))
        dx[met] += columns[:, :, number][seen]
    return dx
