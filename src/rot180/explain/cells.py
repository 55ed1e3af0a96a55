"""A cell of a trace by its name, for example `dx[0,0,1,1]`, and the terms that add up to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..window import Sizes
from .errors import ExplainError
from .record import Trace
from .request import Request

RESULTS = ("y", "dx", "dw", "db")
_FACTORS = {"y": ("x", "w"), "dx": ("dy", "w"), "dw": ("dy", "x")}
_COLUMN = {"y": "y", "dx": "x", "dw": "w", "x": "x", "w": "w", "dy": "y"}  # the column of `triples` for each array


@dataclass(frozen=True)
class Cell:
    """The name of a result array and an index into it, even if only a part of the array is shown. `str(cell)` is
    "dx[0,0,1,1]".
    """

    array: str
    index: Sizes

    def __str__(self) -> str:
        return cell_name(self.array, self.index)

    @classmethod
    def parse(cls, text: str) -> Cell:
        """Parse "dx[0,0,1,1]", "dX[0,0,1,1]" or "dx 0 0 1 1". Raises ExplainError for any other text."""
        match = re.fullmatch(r"\s*(dX|dW|[a-z]+)\s*[\[( ]\s*(\d{1,9}(?:\s*[, ]\s*\d{1,9})*)\s*[\])]?\s*", text)
        if match is None or match[1].lower() not in RESULTS:
            raise ExplainError(
                f"explain: a cell is {', '.join(RESULTS)} with an index, for example dx[0,0,1,1]; got {text!r:.80}"
            )
        return cls(match[1].lower(), tuple(int(number) for number in re.split(r"[,\s]+", match[2].strip())))

    def selection(self, request: Request) -> dict[str, list[int]]:
        """The part of a large layer that contains this cell, for `trace(..., selection=...)`."""
        operation = request.layer.operation
        if self.array not in operation.letters or len(self.index) != len(operation.letters[self.array]):
            return {}  # there is no such cell: `flat_index` raises the error
        coordinates = {letter: i for letter, i in zip(operation.letters[self.array], self.index, strict=True)}
        if self.array == "dw":  # the index on the second channel axis is counted from the start of the group
            (first, size), (second, other) = (("c", request.channels), ("o", request.outputs))
            if not operation.transposed:
                first, size, second, other = second, other, first, size
            groups = request.layer.window.groups
            coordinates[second] += coordinates[first] // (size // groups) * (other // groups)
        return {letter: [coordinates[letter]] for letter in "nco" if letter in coordinates}


@dataclass(frozen=True)
class Term:
    """One product, or one candidate of a maximum: the names and values of its one or two cells, and its value."""

    names: tuple[str, ...]
    values: tuple[float, ...]
    value: float


def cell_name(array: str, index: Any) -> str:
    """The name of a cell, for example "dx[0,0,1,1]"."""
    return f"{array}[{','.join(map(str, index))}]"


def flat_index(trace: Trace, cell: Cell) -> int:
    """The flat index of a cell in the shown arrays. Raises ExplainError if the cell is not shown."""
    operation = trace.layer.operation
    if cell.array not in trace.arrays:
        raise ExplainError(f"explain: {cell}: this {operation.name} has no {cell.array}")
    shape, letters = trace.arrays[cell.array].shape, operation.letters[cell.array]
    if len(cell.index) != len(shape):
        raise ExplainError(f"explain: {cell}: {cell.array} has {len(shape)} axes, {', '.join(letters)}")
    indices = []
    for axis, (letter, i) in enumerate(zip(letters, cell.index, strict=True)):
        shown = _shown_indices(trace, cell.array, axis, letter)
        if i not in shown:
            valid = f"{min(shown)} to {max(shown)}" if len(shown) > 1 else f"only {shown[0]}"
            raise ExplainError(f"explain: {cell}: index {i} is out of range on axis {letter} ({valid})")
        indices.append(shown.index(i))
    return int(np.ravel_multi_index(tuple(indices), shape))


def name_at(trace: Trace, array: str, flat: int) -> str:
    """The name of the cell at a flat index of the shown arrays, with its index in the whole layer."""
    shape, letters = trace.arrays[array].shape, trace.layer.operation.letters[array]
    index = np.unravel_index(flat, shape)
    pairs = zip(letters, index, strict=True)
    return cell_name(
        array, [_shown_indices(trace, array, axis, letter)[int(i)] for axis, (letter, i) in enumerate(pairs)]
    )


def _shown_indices(trace: Trace, array: str, axis: int, letter: str) -> list[int] | range:
    """The indices shown along one axis, numbered as in the whole layer: the selected samples or channels, or all
    positions of a spatial axis.
    """
    size = trace.arrays[array].shape[axis]
    if letter not in "nco":
        return range(size)
    numbers = trace.selection[letter]
    if array in ("w", "dw") and axis == 1:  # this axis of w holds the channels of one group only
        share = _channels_per_group(trace, letter)
        return range(size) if trace.rest is None else [number % share for number in numbers]
    return numbers


def _channels_per_group(trace: Trace, letter: str) -> int:
    """The number of input ("c") or output ("o") channels in a group of the whole layer."""
    request = trace.request
    return (request.channels if letter == "c" else request.outputs) // request.layer.window.groups


def terms(trace: Trace, cell: Cell) -> list[Term]:
    """The terms that are summed, or compared, to give the cell, without the bias and the parts that are not shown."""
    flat, arrays, index = flat_index(trace, cell), trace.arrays, trace.triples
    if cell.array == "db":
        size = int(np.prod(arrays["dy"].shape[2:]))
        channels = arrays["dy"].shape[1]
        cells = [i for i in range(arrays["dy"].size) if i // size % channels == flat]
        return [_term(trace, (("dy", i),)) for i in cells]
    rows = np.flatnonzero(index[_COLUMN[cell.array]] == flat)
    if trace.kind == "maximum":
        return _terms_of_maximum(trace, cell, rows)
    if trace.layer.operation.pools:
        other = "x" if cell.array == "y" else "dy"
        pairs = [((other, int(index[_COLUMN[other]][t])), ("divisor", int(index["y"][t]))) for t in rows]
        return [_term(trace, pair) for pair in pairs]
    first, second = _FACTORS[cell.array]
    return [
        _term(trace, ((first, int(index[_COLUMN[first]][t])), (second, int(index[_COLUMN[second]][t])))) for t in rows
    ]


def _terms_of_maximum(trace: Trace, cell: Cell, rows: Any) -> list[Term]:
    """For a cell of y, the candidates in its window; for one of dx, the dy of each window whose first maximum it is."""
    index, x = trace.triples, trace.arrays["x"].ravel()
    if cell.array == "y":
        return [_term(trace, (("x", int(index["x"][t])),)) for t in rows]
    gradients = []
    for t in rows:
        window = np.flatnonzero(index["y"] == index["y"][t])
        if window[np.argmax(x[index["x"][window]])] == t:
            gradients.append(_term(trace, (("dy", int(index["y"][t])),)))
    return gradients


def _term(trace: Trace, cells: tuple[tuple[str, int], ...]) -> Term:
    values = tuple(float(trace.arrays[array].flat[i]) for array, i in cells)
    if cells[-1][0] == "divisor":
        return Term((name_at(trace, *cells[0]), f"{values[1]:g}"), values, values[0] / values[1])
    return Term(tuple(name_at(trace, *cell) for cell in cells), values, float(np.prod(values)) + 0.0)  # no -0
