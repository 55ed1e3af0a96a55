"""Mistakes with the order of axes in memory: an array is reshaped without the transpose that must come first."""

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
    "The numbers are right but in the wrong places: an array is reshaped where its axes must be transposed "
    "first{variant}. reshape keeps the order in memory, so reading (N, O, P, Q) as (O, N*P*Q) mixes samples with "
    "channels.",
    "transpose before the reshape, for example dy.transpose(1, 0, 2, 3).reshape(O, -1)",
)
def reshaped_not_transposed(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if argument != "w":
        yield from _weights_misread(ev, argument)
    if argument == "y":
        yield from _results_misread(ev)
        return
    for name, misread in _misread(ev.dy, "NO"):
        yield ev.gradient(argument, dy=misread), f" (dy is {name})"
    if argument == "w":
        for name, misread in _misread(ev.x, "NC"):
            yield ev.gradient(argument, x=misread), f" (x is {name})"
    expected = ev.expected[argument]
    for name, misread in _misread(expected, "OC" if argument == "w" else "NC"):
        yield misread, f" (d{argument} is {name})"
    if argument == "x":
        yield from _columns_misread(ev)
    if expected.ndim > 3:
        yield (
            np.ascontiguousarray(expected.swapaxes(-1, -2)).reshape(expected.shape),
            " (rows and columns are interchanged)",
        )


def _results_misread(ev: Evidence) -> Iterator[Candidate]:
    """Yield results that are stored in one axis order and read in another, before or after the bias is added."""
    if ev.definition.axes:
        b = ev.problem.arrays.get("b")
        for name, misread in _misread(ev.definition.forward(without_bias(ev.problem.arrays), ev.case), "NO"):
            yield plus_bias(misread, b), f" (y is {name})"
        for name, misread in _misread(ev.expected["y"], "NO"):
            yield misread, f" (y, after the bias is added, is {name})"


def _weights_misread(ev: Evidence, argument: str) -> Iterator[Candidate]:
    """Yield y or dx computed from a weight that is stored in one axis order and read in another."""
    if "w" in ev.problem.arrays:
        for name, w in _misread(ev.w, "CO" if ev.definition.transposed else "OC"):
            arrays = {**ev.problem.arrays, "w": w}
            yield ev.definition.forward(arrays, ev.case) if argument == "y" else ev.dx(w=w), f" (w is {name})"


def _misread(a: Array, letters: str) -> Iterator[tuple[str, Array]]:
    """Yield an array stored in one axis order and read in another, for all pairs of orders.

    The spatial axes (S) stay together.
    """
    orders: list[tuple[int, ...]] = [(0, 1), (1, 0)]
    if a.ndim > 2:
        orders = [tuple(m for axis in order for m in _axes(axis, a.ndim)) for order in permutations(range(3))]
    for order, read in permutations(orders, 2):
        stored = a.transpose(order).reshape([a.shape[axis] for axis in read])
        names = ["".join(dict.fromkeys((*letters, *"S" * a.ndim)[axis] for axis in order)) for order in (order, read)]
        key = "; S stands for the spatial axes" if "S" in names[0] else ""
        yield (
            f"{names[0]} in memory and is read as {names[1]}{key}",
            np.ascontiguousarray(stored.transpose(np.argsort(read))),
        )


def _axes(axis: int, ndim: int) -> tuple[int, ...]:
    return (axis,) if axis < 2 else tuple(range(2, ndim))


def _columns_misread(ev: Evidence) -> Iterator[Candidate]:
    """Yield dx by col2im of columns that are stored in one order and read in another.

    The axes of the columns are samples, cells of a window, and positions.
    """
    if ev.definition.transposed or not ev.definition.axes:
        return
    window = ev.through()
    columns = _columns(ev, window)
    n, c, taps, positions = columns.shape
    flat = columns.reshape(n, c * taps, positions)
    for order, read in permutations(permutations(range(3)), 2):
        stored = flat.transpose(order).reshape([flat.shape[axis] for axis in read]).transpose(np.argsort(read))
        names = ["".join("NKP"[axis] for axis in order) for order in (order, read)]
        text = (
            f" (before col2im the columns are {names[0]} in memory and are read as {names[1]}, where K = C*R*S and P "
            "counts positions)"
        )
        yield _col2im(stored.reshape(columns.shape), window), text
    turned = columns.swapaxes(1, 2).reshape(columns.shape)
    yield (
        _col2im(turned, window),
        " (before col2im the columns have kernel cells before channels and are read as channels before kernel cells)",
    )
    turned = columns.reshape(n, taps, c, positions).swapaxes(1, 2)
    yield (
        _col2im(turned, window),
        " (before col2im the columns have channels before kernel cells and are read as kernel cells before channels)",
    )


def _columns(ev: Evidence, window: Window) -> Array:
    """Return the contribution of each position of dy to each cell of its window, of shape (N, C, taps, positions)."""
    outs, kernel = ev.w.shape[0] // window.groups, ev.definition.kernel(ev.w, ev.case)
    parts = []
    for group in range(window.groups):
        share = slice(group * outs, (group + 1) * outs)
        dy, w = ev.dy[:, share], kernel[share]
        parts.append(np.einsum("nop,ock->nckp", dy.reshape(*dy.shape[:2], -1), w.reshape(*w.shape[:2], -1)))
    return np.concatenate(parts, 1)


def _col2im(columns: Array, window: Window) -> Array:
    """col2im: add each entry of the columns to its cell of x."""
    columns = columns.reshape(*columns.shape[:3], *window.y_size)
    dx = np.zeros((*columns.shape[:2], *window.x_size))
    for number, tap in enumerate(window.offsets()):
        reach = [window.reach(axis, k) for axis, k in enumerate(tap)]
        positions, cells = ((slice(None), slice(None), *part) for part in zip(*reach, strict=True))
        dx[cells] += columns[:, :, number][positions]
    return dx
