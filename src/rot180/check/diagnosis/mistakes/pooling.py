"""Mistakes in max pooling: overwritten cells, an ignored stride, missing last rows, and padding with zeros."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ...operations.pooling import MaxPooling
from ..evidence import Evidence
from .mistake import ANY, Candidate, mistake


def _maximum(ev: Evidence) -> MaxPooling | None:
    """Return the definition if it is max pooling with a known forward, else None."""
    return ev.definition if isinstance(ev.definition, MaxPooling) and ev.defined else None


@mistake(
    "overlap-overwritten",
    "x",
    "Cells are overwritten (=) where they should be accumulated (+=). {variant}. If no windows overlap, the mistake "
    "does not show.",
    "use += instead of =, in an array that starts as zeros",
    replays=False,
)
def pool_overlap_overwritten(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = _maximum(ev)
    if definition is None:
        return
    cell_only, window_overwritten = np.zeros(ev.x.shape), np.zeros(ev.x.shape)
    for gradient, cells in definition.gradients_with_windows(ev.problem):
        largest = max(cells, key=lambda cell: ev.x[cell])
        for cell in cells:
            window_overwritten[cell] = 0.0
        window_overwritten[largest] = cell_only[largest] = gradient
    yield cell_only, "A cell that is the largest of several windows keeps only the gradient of the last one"
    yield window_overwritten, "Each window overwrites all of its cells, with zeros where they are not the largest"


@mistake(
    "stride-ignored",
    "x",
    "The backward finds the largest cell of each window, but places its gradient relative to the index of the window "
    "instead of the first cell of the window (index * stride){variant}. As a result, all gradients end up at the top "
    "left.",
    "dx[i * stride + r, j * stride + s] += dy[i, j], where (r, s) is the position of the maximum in its window",
    replays=False,
)
def pool_stride_ignored(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = _maximum(ev)
    if definition is None:
        return
    window = definition.geometry(ev.problem.case)
    if all(s == 1 for s in window.stride):
        yield ev.expected["x"], ANY
        return
    added, assigned = np.zeros(ev.x.shape), np.zeros(ev.x.shape)
    positions = np.ndindex(*ev.dy.shape)
    for position, (gradient, cells) in zip(positions, definition.gradients_with_windows(ev.problem), strict=True):
        cell = max(cells, key=lambda cell: ev.x[cell])
        moved = [c - (s - 1) * p for c, s, p in zip(cell[2:], window.stride, position[2:], strict=True)]
        place = (*cell[:2], *moved)
        if min(moved) >= 0:  # a cell with a negative index is in the padding
            added[place] += gradient
            assigned[place] = gradient
    yield added, ""
    yield assigned, ", and it uses = instead of +="


@mistake(
    "border-dropped",
    "x",
    "dx contains only the cells that the windows reach: the last rows or columns are missing. Even if no window "
    "reaches the last rows of x, dx must have the shape of x, with zeros at the end.",
    "allocate dx with np.zeros_like(x) and fill the part that the windows cover",
    replays=False,
)
def pool_border_dropped(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = _maximum(ev)
    if definition is None:
        return
    window = definition.geometry(ev.problem.case)
    reach = [max(n - p, 0) for n, p in zip(window.spans, window.padding, strict=True)]
    yield ev.expected["x"][(slice(None), slice(None), *map(slice, reach))], ""


@mistake(
    "max-of-padding",
    "y x",
    "The padding counts as cells with the value 0{variant}. If all cells of a window are negative, the 0 of the "
    "padding becomes the maximum. Padding must never be the maximum.",
    "pad with -np.inf instead of 0: np.pad(x, ..., constant_values=-np.inf)",
    replays=False,
)
def padding_in_the_maximum(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = ev.definition
    if not isinstance(definition, MaxPooling) or (argument == "x" and not ev.defined):
        return
    padding = definition.geometry(ev.problem.case).padding
    if not any(padding):
        yield ev.expected[argument], ANY
        return
    x = np.pad(ev.x, [(0, 0), (0, 0), *((p, p) for p in padding)])
    case = replace(ev.case, settings={**ev.case.settings, "padding": 0}, shapes={"x": x.shape})
    if argument == "y":
        yield definition.forward({"x": x}, case), ""
        return
    dx = definition.gradients(ev.dy, {"x": x}, case)["x"]
    inner = [slice(p, p + n) for p, n in zip(padding, ev.x.shape[2:], strict=True)]
    yield dx[(slice(None), slice(None), *inner)], " in the backward"
