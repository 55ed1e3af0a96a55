"""The step-by-step view of one cell in a terminal: one small matrix per step, in which brackets mark the cells used."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import views
from .cells import Cell, flat_index
from .number_format import format_number
from .operations import Array
from .record import Trace
from .strings import say

_MARKS = {views.STUFFED: ".", views.DILATED: ".", views.PADDING: "o", views.OUTPUT_PADDING: "+", views.DROPPED: "-"}
_LEGEND = {
    views.STUFFED: "text.legend.stuffed",
    views.DILATED: "text.legend.dilation",
    views.PADDING: "text.legend.padding",
    views.OUTPUT_PADDING: "text.legend.output_padding",
    views.DROPPED: "text.legend.dropped",
}
Planes = tuple[int, int, int]  # sample n, input channel c and output channel o


def view_text(trace: Trace, cell: Cell, language: str) -> str:
    """The steps of the cell's pass, each with a heading and a matrix, then a legend of the marks."""
    view = trace.views[cell.array]
    planes = _planes(trace, cell)
    codes: list[int] = []
    lines = [say("text.view", language, array=cell.array)]
    if any(len(numbers) > 1 for numbers in trace.selection.values()):
        numbers = {letter: trace.selection[letter][i] for letter, i in zip("nco", planes, strict=True)}
        lines.append(say("text.pair", language, **numbers))
    correlation, position = _correlation(trace, cell, planes)
    for i, step in enumerate(view["steps"]):
        lines += ["", f"{i + 1}. {_heading(trace, step, planes, language)}"]
        lines += _matrix(*_grid(trace, cell, i, planes, correlation, position))
        codes += [code for row in step["cells"] for code in row if code < 0]
    legend = [say(_LEGEND[code], language) for code in dict.fromkeys(codes)]
    return "\n".join([*lines, "", *dict.fromkeys(legend), say("text.legend.window", language, cell=cell)])


def _heading(trace: Trace, step: views.Step, planes: Planes, language: str) -> str:
    """The heading of one step of the view."""
    kind = step["kind"]
    words: dict[str, Any] = {"array": step["array"]}
    if kind == "sum":
        over = step["over"]
        words["count"] = len(trace.selection[over]) // (trace.window.groups if over != "n" else 1)
        kind = f"sum_{over}"
    elif kind == "bias":
        words |= {"o": trace.selection["o"][planes[2]], "value": format_number(float(trace.arrays["b"][planes[2]]))}
    return say(f"text.step.{kind}", language, **words)


def _planes(trace: Trace, cell: Cell) -> Planes:
    """The sample and channels of the planes to show: the cell's own indices, and the first index on each axis that the
    cell sums over.
    """
    index = np.unravel_index(flat_index(trace, cell), trace.arrays[cell.array].shape)
    own = {letter: int(i) for letter, i in zip(trace.layer.operation.letters[cell.array], index, strict=True)}
    groups, channels, outputs = trace.window.groups, trace.inputs["x"].shape[1], trace.inputs["dy"].shape[1]
    if cell.array == "dw":
        second = "o" if trace.layer.operation.transposed else "c"
        first, total = ("c", channels) if second == "o" else ("o", outputs)
        share = (outputs if second == "o" else channels) // groups
        own[second] += own[first] // (total // groups) * share
        return 0, own["c"], own["o"]
    if "c" in own:
        return own["n"], own["c"], own["c"] // (channels // groups) * (outputs // groups)
    return own["n"], own["o"] // (outputs // groups) * (channels // groups), own["o"]


def _plane(trace: Trace, array: str, planes: Planes) -> Array:
    """One plane of x, w or dy."""
    n, c, o = planes
    a = trace.arrays[array]
    if array == "w":
        return a[c, o % a.shape[1]] if trace.layer.operation.transposed else a[o, c % a.shape[1]]
    return a[n, c if array == "x" else o]


def _correlation(trace: Trace, cell: Cell, planes: Planes) -> tuple[Array, tuple[int, int]]:
    """Correlate the image and kernel of the last steps; also return the row and column of the cell in the result."""
    view = trace.views[cell.array]
    steps = view["steps"]
    image, kernel = (
        views.values(steps[view[name]]["cells"], _plane(trace, steps[view[name]]["array"], planes))
        for name in ("image", "kernel")
    )
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    flat = flat_index(trace, cell) % int(np.prod(trace.arrays[cell.array].shape[2:]))
    row, column = np.argwhere(_correlate_cells(view) == flat)[0]
    return np.einsum("pqrs,rs->pq", windows, kernel), (int(row), int(column))


def _correlate_cells(view: dict[str, Any]) -> Array:
    """The index of the result cell that each position of the correlation computes."""
    return np.array(next(step["cells"] for step in view["steps"] if step["kind"] == "correlate"))


def _grid(
    trace: Trace, cell: Cell, i: int, planes: Planes, correlation: Array, position: tuple[int, int]
) -> tuple[list[list[str]], Array]:
    """The text of each cell in step i, and a mask of the cells that are used."""
    view = trace.views[cell.array]
    step = view["steps"][i]
    cells = np.array(step["cells"])
    mask = np.zeros(cells.shape, bool)
    if step["operand"] == "result":
        values = _results(trace, cell, step, planes, correlation)
        mask[tuple(np.argwhere(cells == flat_index(trace, cell) % int((cells >= 0).sum()))[0])] = True
    else:
        values = views.values(step["cells"], _plane(trace, step["array"], planes))
        if i == view["image"]:
            rows, columns = view["steps"][view["kernel"]]["shape"]
            mask[position[0] : position[0] + rows, position[1] : position[1] + columns] = True
        elif i == view["kernel"]:
            mask[:] = True
    texts = [
        [_MARKS[code] if code < 0 else format_number(float(value)) for code, value in zip(codes, row, strict=True)]
        for codes, row in zip(step["cells"], values, strict=True)
    ]
    return texts, mask


def _results(trace: Trace, cell: Cell, step: views.Step, planes: Planes, correlation: Array) -> Array:
    """The values of the result after a step: for one pair of planes, then summed over all pairs, then with the rest
    added, then with the bias.
    """
    kind, shape = step["kind"], step["shape"]
    if kind == "correlate":
        return correlation
    if kind == "keep":
        return correlation[_correlate_cells(trace.views[cell.array]) >= 0].reshape(shape)
    size = shape[0] * shape[1]
    first = flat_index(trace, cell) // size * size

    def plane(array: Array) -> Array:
        return array.ravel()[first : first + size].reshape(shape)

    values = plane(trace.arrays[cell.array])
    if kind != "bias" and cell.array == "y" and "b" in trace.arrays:
        values = values - trace.arrays["b"][planes[2]]
    if kind == "sum" and trace.rest:
        values = values - plane(trace.rest[cell.array])
    return values


def _matrix(texts: list[list[str]], mask: Array) -> list[str]:
    """Columns of equal width; brackets around each run of marked cells."""
    width = max(len(text) for row in texts for text in row)
    lines = []
    for row, marks in zip(texts, mask, strict=True):
        line = "   "
        for i, text in enumerate(row):
            opens, after = marks[i] and (i == 0 or not marks[i - 1]), i > 0 and marks[i - 1] and not marks[i]
            line += ("[" if opens else "]" if after else " ") + " " * (i > 0) + f"{text:>{width}}"
        lines.append(f"{line}{']' if marks[-1] else ''}".rstrip())
    return lines
