"""The step-by-step view of a pass: the pass as a correlation at stride 1, on one plane of each operand.

    conv_y    pad x;                                            correlate with w dilated;           keep every stride-th
    conv_x    insert zeros between the cells of y, pad or crop; correlate with w rotated, dilated
    conv_w    pad x;                                            correlate with y with zeros inserted; keep every d-th

In this file, x is the larger array that the window slides over and y has one cell per window position, as in
docs/decisions/0001. The forward pass of a layer is conv_y or conv_x. Every step is a grid. An entry of the grid is the
index of a cell in a plane, or a negative code for a kind of zero, for example padding. The grids contain no values, so
they stay valid when a user edits numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .operations import Layer

STUFFED, PADDING, OUTPUT_PADDING, DILATED, DROPPED = -1, -2, -3, -4, -5
_STRONGER = (
    STUFFED,
    DILATED,
    PADDING,
    OUTPUT_PADDING,
    DROPPED,
)  # if the row and the column of a cell have different codes, the later one in this list is shown

Line = list[int]  # one axis of a grid: indices of cells, or the codes of zeros
Step = dict[str, Any]


def views(
    layer: Layer, terms: Mapping[str, int], *, bias: bool = False, with_rest: Collection[str] = ()
) -> dict[str, Any]:
    """The view of each pass, {"y", "dx", "dw"}; {} for a pooling layer.

    Args:
        terms: the number of samples ("n") and channels ("c", "o") that the sum of one cell runs over.
        bias: True if the layer has a bias; the view of y then ends with the step that adds the bias.
        with_rest: the results that include contributions from samples or channels that are not shown.
    """
    if layer.operation.pools:
        return {}
    wide, narrow = ("dy", "x") if layer.operation.transposed else ("x", "dy")
    to_narrow, to_wide = ("dx", "y") if layer.operation.transposed else ("y", "dx")
    over = {"y": "c", "dx": "o", "dw": "n"}
    steps_of = {
        to_narrow: _conv_y(_Steps(layer, to_narrow), wide),
        to_wide: _conv_x(_Steps(layer, to_wide), narrow),
        "dw": _conv_w(_Steps(layer, "dw"), wide, narrow),
    }
    for name, steps in steps_of.items():
        if terms[over[name]] > 1:
            steps.add("sum", over=over[name])
        if name in with_rest:
            steps.add("rest")
    if bias:
        steps_of["y"].add("bias")
    return {name: steps_of[name].as_dict() for name in over}


@dataclass
class _Steps:
    """Builds one view, step by step. `lines` describes a grid, with one line per axis."""

    layer: Layer
    result: str
    steps: list[Step] = field(default_factory=list)
    last: dict[str, int] = field(default_factory=dict)

    def add_grid(self, kind: str, operand: str, array: str, lines: Sequence[Line], plane: Sequence[int]) -> None:
        """Add a grid of an operand, unless it equals the operand's previous grid."""
        cells = grid(lines, plane)
        previous = self.steps[self.last[operand]] if operand in self.last else None
        if previous is not None and kind != "keep" and previous["cells"] == cells:
            return
        self.last[operand] = len(self.steps)
        shape = [len(cells), len(cells[0])]
        self.steps.append({"kind": kind, "operand": operand, "array": array, "shape": shape, "cells": cells})

    def correlate(self, kept: Sequence[Line]) -> None:
        """Add the correlation and, if it has positions that are not part of the result, the step that drops them."""
        plane = [sum(p >= 0 for p in line) for line in kept]
        self.add_grid("correlate", "result", self.result, kept, plane)
        if any(p < 0 for line in kept for p in line):
            self.add_grid("keep", "result", self.result, [list(range(size)) for size in plane], plane)

    def add(self, kind: str, **more: Any) -> None:
        """Add a step that changes the numbers of the result; the same cells are shown."""
        grid = {key: self.steps[-1][key] for key in ("operand", "array", "shape", "cells")}
        self.steps.append({"kind": kind, **grid, **more})

    def as_dict(self) -> dict[str, Any]:
        """The view as plain data."""
        return {
            "steps": self.steps,
            "image": self.last["image"],
            "kernel": self.last["kernel"],
            "result": self.result,
        }


def grid(lines: Sequence[Line], plane: Sequence[int]) -> list[list[int]]:
    """Rows of cell indices in a plane of this size, or of codes of zeros. A layer with one axis has one row."""
    rows, columns = (lines[0], lines[1]) if len(lines) == 2 else ([0], lines[0])
    return [[_cell(r, c, plane[-1]) for c in columns] for r in rows]


def _cell(row: int, column: int, width: int) -> int:
    if row >= 0 and column >= 0:
        return row * width + column
    return max((code for code in (row, column) if code < 0), key=_STRONGER.index)


def _conv_y(steps: _Steps, wide: str) -> _Steps:
    window = steps.layer.window
    _add_padded_image(steps, wide)
    _add_kernel(steps, rotate=False)
    steps.correlate(
        [
            _kept(before + x + after - d * (k - 1), s, y)
            for (before, after), x, y, k, s, d in zip(
                steps.layer.pads,
                window.x_size,
                window.y_size,
                window.kernel,
                window.stride,
                window.dilation,
                strict=True,
            )
        ]
    )
    return steps


def _conv_x(steps: _Steps, narrow: str) -> _Steps:
    window = steps.layer.window
    plane = window.y_size
    steps.add_grid("start", "image", narrow, [list(range(size)) for size in plane], plane)
    stuffed = [_spread(size, s, STUFFED) for size, s in zip(plane, window.stride, strict=True)]
    steps.add_grid("stuff", "image", narrow, stuffed, plane)
    cropped, padded = [], []
    for axis, line in enumerate(stuffed):
        reach = window.dilation[axis] * (window.kernel[axis] - 1)
        shift, length = reach - window.padding[axis], window.x_size[axis] + reach
        left = [u for j, u in enumerate(line) if 0 <= j + shift < length]
        before = min(max(shift, 0), length)
        after = length - before - len(left)
        unreached = min(sum(steps.layer.pads[axis]) + window.x_size[axis] - window.spans[axis], after)
        cropped.append(left)
        padded.append([PADDING] * before + left + [PADDING] * (after - unreached) + [OUTPUT_PADDING] * unreached)
    if all(cropped):  # otherwise no cell of the plane is left, and only the padded zeros are shown
        steps.add_grid("crop", "image", narrow, cropped, plane)
    steps.add_grid("pad", "image", narrow, padded, plane)
    _add_kernel(steps, rotate=True)
    steps.correlate([list(range(size)) for size in window.x_size])
    return steps


def _conv_w(steps: _Steps, wide: str, narrow: str) -> _Steps:
    window = steps.layer.window
    _add_padded_image(steps, wide)
    plane = window.y_size
    steps.add_grid("start", "kernel", narrow, [list(range(size)) for size in plane], plane)
    stuffed = [_spread(size, s, STUFFED) for size, s in zip(plane, window.stride, strict=True)]
    steps.add_grid("stuff", "kernel", narrow, stuffed, plane)
    steps.correlate(
        [
            _kept(before + x + after - len(line) + 1, d, k)
            for (before, after), x, line, k, d in zip(
                steps.layer.pads, window.x_size, stuffed, window.kernel, window.dilation, strict=True
            )
        ]
    )
    return steps


def _add_padded_image(steps: _Steps, wide: str) -> None:
    plane = steps.layer.window.x_size
    lines = [list(range(size)) for size in plane]
    steps.add_grid("start", "image", wide, lines, plane)
    padded = [
        [PADDING] * before + line + [PADDING] * after
        for line, (before, after) in zip(lines, steps.layer.pads, strict=True)
    ]
    steps.add_grid("pad", "image", wide, padded, plane)


def _add_kernel(steps: _Steps, *, rotate: bool) -> None:
    window = steps.layer.window
    plane = window.kernel
    lines = [list(range(size)) for size in plane]
    steps.add_grid("start", "kernel", "w", lines, plane)
    if rotate:
        lines = [line[::-1] for line in lines]
        steps.add_grid("rotate", "kernel", "w", lines, plane)
    spread = [_interleave(line, d, DILATED) for line, d in zip(lines, window.dilation, strict=True)]
    steps.add_grid("dilate", "kernel", "w", spread, plane)


def _spread(size: int, step: int, zero: int) -> Line:
    return _interleave(list(range(size)), step, zero)


def _interleave(line: Line, step: int, zero: int) -> Line:
    """The line with `step - 1` zeros inserted between neighbouring cells."""
    spread: Line = [zero] * ((len(line) - 1) * step + 1)
    spread[::step] = line
    return spread


def _kept(length: int, step: int, count: int) -> Line:
    """The result's index at each position of the correlation, or DROPPED. Every `step`-th position is kept, at most
    `count` positions.
    """
    return [m // step if m % step == 0 and m // step < count else DROPPED for m in range(length)]


def values(cells: Sequence[Sequence[int]], plane: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The value of each grid entry: the referenced cell of the plane, or 0 for a code of a zero."""
    flat, refs = plane.ravel(), np.array(cells)
    return np.where(refs >= 0, flat[np.maximum(refs, 0)], 0.0)
