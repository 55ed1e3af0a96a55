"""Mistakes in the gradient of a maximum over windows: overwritten, without the stride, short of the last rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...operations.pooling import MaxPooling
from ..evidence import Evidence
from .mistake import ANY, Candidate, mistake


def _maximum(ev: Evidence) -> MaxPooling | None:
    """The operation, if it is a maximum whose windows are known."""
    return ev.definition if isinstance(ev.definition, MaxPooling) and ev.defined else None


@mistake(
    "overlap-overwritten",
    "x",
    "Cells are overwritten where they should be added to: = for +=. {variant}. Where the windows do not overlap, "
    "nothing shows.",
    "write += for =, into an array that starts as zeros",
    replays=False,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = _maximum(ev)
    if definition is None:
        return
    cell_only, whole = np.zeros(ev.x.shape), np.zeros(ev.x.shape)
    for sent, cells in definition.sent(ev.problem):
        largest = max(cells, key=lambda cell: ev.x[cell])
        for cell in cells:
            whole[cell] = 0.0
        whole[largest] = cell_only[largest] = sent
    yield cell_only, "A cell that is the largest of several windows keeps the gradient of the last one"
    yield whole, "Each window replaces all its cells, with zeros where they are not the largest"


@mistake(
    "stride-ignored",
    "x",
    "The backward finds the largest cell of a window and puts the gradient at its place in the window, counted from "
    "the number of the window and not from where it begins{variant}: everything gathers at the top left.",
    "dx[i * stride + r, j * stride + s] += dy[i, j], where (r, s) is the place of the maximum in the window",
    replays=False,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = _maximum(ev)
    if definition is None:
        return
    window = definition.geometry(ev.problem.case)
    if all(s == 1 for s in window.stride):
        yield ev.right["x"], ANY
        return
    added, set_ = np.zeros(ev.x.shape), np.zeros(ev.x.shape)
    positions = np.ndindex(*ev.dy.shape)
    for position, (sent, cells) in zip(positions, definition.sent(ev.problem), strict=True):
        cell = max(cells, key=lambda cell: ev.x[cell])
        moved = [c - (s - 1) * p for c, s, p in zip(cell[2:], window.stride, position[2:], strict=True)]
        place = (*cell[:2], *moved)
        if min(moved) >= 0:  # else it lies in the padding
            added[place] += sent
            set_[place] = sent
    yield added, ""
    yield set_, ", and = stands for +="


@mistake(
    "border-dropped",
    "x",
    "The last rows or columns are left out: dx is only as long as the windows reach. Where the stride does not tile "
    "the input, x is longer than that, and dx has the size of x all the same, with zeros at the end.",
    "make dx of the shape of x, np.zeros_like(x), and put what the windows cover into its first rows and columns",
    replays=False,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = _maximum(ev)
    if definition is None:
        return
    window = definition.geometry(ev.problem.case)
    reach = [max(n - p, 0) for n, p in zip(window.spans, window.padding, strict=True)]
    yield ev.right["x"][(slice(None), slice(None), *map(slice, reach))], ""
