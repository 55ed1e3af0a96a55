"""The equivalent view of one cell in a terminal: every step as a small matrix, with what makes the cell in brackets."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import views
from .cells import Cell, place
from .numerals import number
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


def view_text(trace: Trace, cell: Cell, language: str) -> str:
    """The steps of the cell's pass, each a heading and a matrix, and what the marks mean."""
    view = trace.views[cell.array]
    n, c, o = _pair(trace, cell)
    used: list[int] = []
    lines = [say("text.view", language, array=cell.array)]
    counts = {"n": trace.given["x"].shape[0], "c": trace.given["x"].shape[1], "o": trace.given["dy"].shape[1]}
    if any(count > 1 for count in counts.values()):
        shown = {name: trace.pictured[name][i] for name, i in zip("nco", (n, c, o), strict=True)}
        lines.append(say("text.pair", language, **shown))
    whole, at = _correlation(trace, cell, (n, c, o))
    for i, step in enumerate(view["steps"]):
        key = f"text.step.{step['kind']}" + (f"_{step['over']}" if step["kind"] == "sum" else "")
        words = {"array": step["array"]}
        if step["kind"] == "sum":
            share = trace.window.groups if step["over"] != "n" else 1
            words["count"] = str(counts[step["over"]] // share)
        lines += ["", f"{i + 1}. {say(key, language, **words)}"]
        lines += _matrix(*_shown(trace, cell, step, i, (n, c, o), whole, at))
        used += [code for row in step["cells"] for code in row if code < 0 and code not in used]
    legend = [say(key, language) for key in dict.fromkeys(_LEGEND[code] for code in used)]
    return "\n".join([*lines, "", *legend, say("text.legend.window", language, cell=cell)])


def _pair(trace: Trace, cell: Cell) -> tuple[int, int, int]:
    """The sample and the channels of the planes to show: the cell's own, and the first of those that it sums over."""
    index = np.unravel_index(place(trace, cell), trace.arrays[cell.array].shape)
    own = {letter: int(i) for letter, i in zip(trace.layer.operation.letters[cell.array], index, strict=True)}
    groups, channels, outputs = trace.window.groups, trace.given["x"].shape[1], trace.given["dy"].shape[1]
    if cell.array == "dw":
        second = "o" if trace.layer.operation.transposed else "c"
        first, total = ("c", channels) if second == "o" else ("o", outputs)
        share = (outputs if second == "o" else channels) // groups
        own[second] += own[first] // (total // groups) * share
        return 0, own["c"], own["o"]
    if "c" in own:
        return own["n"], own["c"], own["c"] // (channels // groups) * (outputs // groups)
    return own["n"], own["o"] // (outputs // groups) * (channels // groups), own["o"]


def _plane(trace: Trace, array: str, pair: tuple[int, int, int]) -> Any:
    """One plane of x, w or dy, of a sample and a pair of channels."""
    n, c, o = pair
    a = trace.arrays[array]
    if array == "w":
        return a[c, o % a.shape[1]] if trace.layer.operation.transposed else a[o, c % a.shape[1]]
    return a[n, c if array == "x" else o]


def _correlation(trace: Trace, cell: Cell, pair: tuple[int, int, int]) -> tuple[Any, tuple[int, int]]:
    """The whole correlation of the last two grids, and where in it the cell lies."""
    view = trace.views[cell.array]
    steps = view["steps"]
    image, kernel = (
        views.values(steps[view[name]]["cells"], _plane(trace, steps[view[name]]["array"], pair))
        for name in ("image", "kernel")
    )
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    kept = np.array(next(step["cells"] for step in steps if step["kind"] == "correlate"))
    flat = place(trace, cell) % int(np.prod(trace.arrays[cell.array].shape[2:]))
    row, column = np.argwhere(kept == flat)[0]
    return np.einsum("pqrs,rs->pq", windows, kernel), (int(row), int(column))


def _shown(
    trace: Trace, cell: Cell, step: views.Step, i: int, pair: tuple[int, int, int], whole: Any, at: tuple[int, int]
) -> tuple[list[list[str]], Any]:
    """The texts of a step's grid, and which of them make the cell."""
    view, cells = trace.views[cell.array], np.array(step["cells"])
    marked = np.zeros(cells.shape, bool)
    if step["operand"] == "result":
        numbers = _results(trace, cell, step, pair, whole)
        position = np.argwhere(cells == place(trace, cell) % int((cells >= 0).sum()))[0]
        marked[tuple(position)] = True
    else:
        numbers = views.values(step["cells"], _plane(trace, step["array"], pair))
        if i == view["image"]:
            rows, columns = view["steps"][view["kernel"]]["shape"]
            marked[at[0] : at[0] + rows, at[1] : at[1] + columns] = True
        elif i == view["kernel"]:
            marked[:] = True
    texts = [
        [_MARKS[code] if code < 0 else number(float(value)) for code, value in zip(codes, values, strict=True)]
        for codes, values in zip(step["cells"], numbers, strict=True)
    ]
    return texts, marked


def _results(trace: Trace, cell: Cell, step: views.Step, pair: tuple[int, int, int], whole: Any) -> Any:
    """The numbers of a step of the result: of this pair of channels, or summed over all that are shown."""
    shape = step["shape"]
    if step["kind"] == "correlate":
        return whole
    if step["kind"] == "keep":
        kept = next(one["cells"] for one in trace.views[cell.array]["steps"] if one["kind"] == "correlate")
        return whole[np.array(kept) >= 0].reshape(shape)
    size = shape[0] * shape[1]
    own = slice(place(trace, cell) // size * size, (place(trace, cell) // size + 1) * size)
    numbers = trace.arrays[cell.array].ravel()[own].reshape(shape)
    if cell.array == "y" and "b" in trace.arrays:
        numbers = numbers - trace.arrays["b"][pair[2]]
    return numbers - trace.rest[cell.array].ravel()[own].reshape(shape) if trace.rest else numbers


def _matrix(texts: list[list[str]], marked: Any) -> list[str]:
    """Columns of one width; what is marked in brackets, a run of marked cells in one pair."""
    width = max(len(text) for row in texts for text in row)
    lines = []
    for row, marks in zip(texts, marked, strict=True):
        line = "   "
        for i, text in enumerate(row):
            opens, after = marks[i] and (i == 0 or not marks[i - 1]), i > 0 and marks[i - 1] and not marks[i]
            line += ("[" if opens else "]" if after else " ") + " " * (i > 0) + f"{text:>{width}}"
        lines.append(f"{line}{']' if marks[-1] else ''}".rstrip())
    return lines
