"""The equivalent view of a pass: what it is as a correlation at stride 1, step by step, on one plane of each operand.

    conv_y    pad x;                                            correlate with w dilated;           keep every stride-th
    conv_x    stuff zeros between the cells of y, pad or crop;  correlate with w rotated, dilated
    conv_w    pad x;                                            correlate with y stuffed;           keep every d-th

(x is the wide side of the window, y the narrow one, as in docs/decisions/0001; the forward of a layer is one of the
first two.) Every step is a grid of references to the cells of one plane, or of zeros by what they are there for, so the
values follow the numbers that a user edits, and nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .operations import Layer

STUFFED, PADDING, OUTPUT_PADDING, DILATED, DROPPED = -1, -2, -3, -4, -5
_STRONGER = (STUFFED, DILATED, PADDING, OUTPUT_PADDING, DROPPED)  # in a corner of two, the later one names the cell

Line = list[int]  # the cells of one axis: indices, or one of the kinds of zeros
Step = dict[str, Any]


def views(
    layer: Layer, terms: Mapping[str, int], *, bias: bool = False, with_rest: Collection[str] = ()
) -> dict[str, Any]:
    """The view of each pass, {"y", "dx", "dw"}; {} for a pooling layer.

    Args:
        terms: how many samples ("n") and channels ("c", "o") one cell sums over.
        bias: True if the layer has one; the view of y then ends with the step that adds it.
        with_rest: the results to which the samples and channels that are not pictured contribute.
    """
    if layer.operation.pools:
        return {}
    wide, narrow = ("dy", "x") if layer.operation.transposed else ("x", "dy")
    to_narrow, to_wide = ("dx", "y") if layer.operation.transposed else ("y", "dx")
    over = {"y": "c", "dx": "o", "dw": "n"}
    found = {
        to_narrow: _conv_y(_Walk(layer, to_narrow), wide),
        to_wide: _conv_x(_Walk(layer, to_wide), narrow),
        "dw": _conv_w(_Walk(layer, "dw"), wide, narrow),
    }
    for name, walk in found.items():
        if terms[over[name]] > 1:
            walk.add("sum", over=over[name])
        if name in with_rest:
            walk.add("rest")
    if bias:
        found["y"].add("bias")
    return {name: found[name].as_dict() for name in over}


@dataclass
class _Walk:
    """The steps of one view as they are made; `lines` are the current image and kernel, one line per axis."""

    layer: Layer
    result: str
    steps: list[Step] = field(default_factory=list)
    last: dict[str, int] = field(default_factory=dict)

    def step(self, kind: str, operand: str, array: str, lines: Sequence[Line], plane: Sequence[int]) -> None:
        """Add a grid, unless the operand has this one already."""
        cells = grid(lines, plane)
        before = self.steps[self.last[operand]] if operand in self.last else None
        if before is not None and kind != "keep" and before["cells"] == cells:
            return
        self.last[operand] = len(self.steps)
        shape = [len(cells), len(cells[0])]
        self.steps.append({"kind": kind, "operand": operand, "array": array, "shape": shape, "cells": cells})

    def correlate(self, kept: Sequence[Line]) -> None:
        """The whole correlation and, if not all of it is wanted, what is kept."""
        plane = [sum(p >= 0 for p in line) for line in kept]
        self.step("correlate", "result", self.result, kept, plane)
        if any(p < 0 for line in kept for p in line):
            self.step("keep", "result", self.result, [list(range(size)) for size in plane], plane)

    def add(self, kind: str, **more: Any) -> None:
        """Add a step that changes the numbers of the result and not which cells are shown."""
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
    """Rows of references into a plane of this size; a layer of one axis has one row."""
    rows, columns = (lines[0], lines[1]) if len(lines) == 2 else ([0], lines[0])
    return [[_cell(r, c, plane[-1]) for c in columns] for r in rows]


def _cell(row: int, column: int, width: int) -> int:
    if row >= 0 and column >= 0:
        return row * width + column
    return max((code for code in (row, column) if code < 0), key=_STRONGER.index)


def _conv_y(walk: _Walk, wide: str) -> _Walk:
    window = walk.layer.window
    _padded(walk, wide)
    _kernel(walk, rotate=False)
    walk.correlate(
        [
            _kept(before + x + after - d * (k - 1), s, y)
            for (before, after), x, y, k, s, d in zip(
                walk.layer.pads,
                window.x_size,
                window.y_size,
                window.kernel,
                window.stride,
                window.dilation,
                strict=True,
            )
        ]
    )
    return walk


def _conv_x(walk: _Walk, narrow: str) -> _Walk:
    window = walk.layer.window
    plane = window.y_size
    walk.step("start", "image", narrow, [list(range(size)) for size in plane], plane)
    stuffed = [_spread(size, s, STUFFED) for size, s in zip(plane, window.stride, strict=True)]
    walk.step("stuff", "image", narrow, stuffed, plane)
    cropped, padded = [], []
    for axis, line in enumerate(stuffed):
        reach = window.dilation[axis] * (window.kernel[axis] - 1)
        shift, length = reach - window.padding[axis], window.x_size[axis] + reach
        left = [u for j, u in enumerate(line) if 0 <= j + shift < length]
        before = min(max(shift, 0), length)
        after = length - before - len(left)
        unreached = min(sum(walk.layer.pads[axis]) + window.x_size[axis] - window.spans[axis], after)
        cropped.append(left)
        padded.append([PADDING] * before + left + [PADDING] * (after - unreached) + [OUTPUT_PADDING] * unreached)
    if all(cropped):  # else nothing of the plane is left: the picture goes straight to the zeros
        walk.step("crop", "image", narrow, cropped, plane)
    walk.step("pad", "image", narrow, padded, plane)
    _kernel(walk, rotate=True)
    walk.correlate([list(range(size)) for size in window.x_size])
    return walk


def _conv_w(walk: _Walk, wide: str, narrow: str) -> _Walk:
    window = walk.layer.window
    _padded(walk, wide)
    plane = window.y_size
    walk.step("start", "kernel", narrow, [list(range(size)) for size in plane], plane)
    stuffed = [_spread(size, s, STUFFED) for size, s in zip(plane, window.stride, strict=True)]
    walk.step("stuff", "kernel", narrow, stuffed, plane)
    walk.correlate(
        [
            _kept(before + x + after - len(line) + 1, d, k)
            for (before, after), x, line, k, d in zip(
                walk.layer.pads, window.x_size, stuffed, window.kernel, window.dilation, strict=True
            )
        ]
    )
    return walk


def _padded(walk: _Walk, wide: str) -> None:
    plane = walk.layer.window.x_size
    whole = [list(range(size)) for size in plane]
    walk.step("start", "image", wide, whole, plane)
    padded = [
        [PADDING] * before + line + [PADDING] * after
        for line, (before, after) in zip(whole, walk.layer.pads, strict=True)
    ]
    walk.step("pad", "image", wide, padded, plane)


def _kernel(walk: _Walk, *, rotate: bool) -> None:
    window = walk.layer.window
    plane = window.kernel
    lines = [list(range(size)) for size in plane]
    walk.step("start", "kernel", "w", lines, plane)
    if rotate:
        lines = [line[::-1] for line in lines]
        walk.step("rotate", "kernel", "w", lines, plane)
    spread = [_interleave(line, d, DILATED) for line, d in zip(lines, window.dilation, strict=True)]
    walk.step("dilate", "kernel", "w", spread, plane)


def _spread(size: int, step: int, zero: int) -> Line:
    return _interleave(list(range(size)), step, zero)


def _interleave(line: Line, step: int, zero: int) -> Line:
    """`step - 1` zeros between the cells."""
    apart: Line = [zero] * ((len(line) - 1) * step + 1)
    apart[::step] = line
    return apart


def _kept(length: int, step: int, count: int) -> Line:
    """Which cells of a correlation are the result: every step-th, `count` of them."""
    return [m // step if m % step == 0 and m // step < count else DROPPED for m in range(length)]


def values(cells: Sequence[Sequence[int]], plane: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A step's grid of references as numbers, zeros for zeros."""
    flat, at = plane.ravel(), np.array(cells)
    return np.where(at >= 0, flat[np.maximum(at, 0)], 0.0)
