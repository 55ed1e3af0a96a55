"""The formula of one wrong cell, in symbols and in numbers, from the list of triples (`explain/trilinear.py`)."""

from __future__ import annotations

import numpy as np

from ...explain.trilinear import Triple, meeting
from ..diagnosis.evidence import Evidence
from .example import first_wrong_cell

MOST = 6  # terms that are written out
WIDTH = 100  # of a line


def of_first_wrong_cell(ev: Evidence, argument: str) -> str:
    """`dx[0, 0, 1, 2] = dy[0, 0, 0, 1] * w[0, 0, 1, 0] + ... = 2 * 3 + ... = 6, not 4`; empty if shapes differ.

    The first one of the matrix that is shown.
    """
    found, right = ev.found[argument], ev.right[argument]
    cell = first_wrong_cell(ev, argument)
    if cell is None:
        return ""
    if argument == "b":
        return _sum_of_dy(ev)
    if ev.window is None:
        return ""
    terms = _terms(ev, argument, cell)
    name = argument if argument == "y" else f"d{argument}"
    symbols = [f"{a}{list(i)} * {b}{list(j)}" for a, i, b, j, _, _ in terms]
    numbers = [f"{_told(u)} * {_told(v)}" for *_, u, v in terms]
    if argument == "y" and "b" in ev.problem.arrays:
        symbols.append(f"b[{cell[1]}]")
        numbers.append(_told(ev.problem.arrays["b"][cell[1]]))
    if not symbols:
        return f"{name}{list(cell)} meets nothing, so it is 0, not {_told(found[cell])}"
    value = f"{_told(right[cell])}, not {_told(found[cell])}"
    return _broken(f"{name}{list(cell)} =", symbols, "") + "\n" + _broken("    =", numbers, f" = {value}")


def _broken(start: str, terms: list[str], end: str) -> str:
    """A sum in lines of at most WIDTH characters, where that can be."""
    shown = [*terms[:MOST], *([f"{len(terms) - MOST} more"] if len(terms) > MOST else [])]
    lines = [f"{start} {shown[0]}"]
    for term in shown[1:]:
        if len(lines[-1]) + len(term) + 3 > WIDTH:
            lines.append(f"      + {term}")
        else:
            lines[-1] += f" + {term}"
    if len(lines[-1]) + len(end) > WIDTH:
        lines.append("     ")
    return "\n".join([*lines[:-1], lines[-1] + end])


def _told(value: float) -> str:
    """A number without noise: no -0."""
    return f"{float(value) + 0.0:g}"


def _terms(
    ev: Evidence, argument: str, cell: tuple[int, ...]
) -> list[tuple[str, tuple[int, ...], str, tuple[int, ...], float, float]]:
    """(name, index, name, index, value, value) of each product."""
    window, transposed = ev.window, ev.definition.transposed
    assert window is not None
    narrow, wide = (ev.x, ev.dy) if transposed else (ev.dy, ev.x)
    side = {"x": "y" if transposed else "x", "y": "x" if transposed else "y", "w": "w"}[argument]
    target = _turned(ev, cell) if side == "w" else cell
    met = meeting(window, ev.x.shape[0], wide.shape[1], narrow.shape[1], **{side: target})
    values = {"x": ev.x, "dy": ev.dy, "w": ev.w}
    terms = []
    for triple in met:
        names = _named(triple, ev)
        a, b = {"y": ("x", "w"), "x": ("dy", "w"), "w": ("dy", "x")}[argument]
        terms.append((a, names[a], b, names[b], float(values[a][names[a]]), float(values[b][names[b]])))
    return terms


def _named(triple: Triple, ev: Evidence) -> dict[str, tuple[int, ...]]:
    """The indices by the layer's names."""
    x, dy = (triple.y, triple.x) if ev.definition.transposed else (triple.x, triple.y)
    return {"x": x, "dy": dy, "w": _turned(ev, triple.w)}


def _turned(ev: Evidence, index: tuple[int, ...]) -> tuple[int, ...]:
    """An index of the kernel that the contraction takes, as one of w, and back."""
    if ev.case.convention != "convolution":
        return index
    return (*index[:2], *[size - 1 - k for size, k in zip(ev.w.shape[2:], index[2:], strict=True)])


def _sum_of_dy(ev: Evidence) -> str:
    found, right = ev.found["b"], ev.right["b"]
    o = int(np.argmax(np.abs(found - right)))
    return f"db[{o}] = sum of dy[:, {o}] = {_told(right[o])}, not {_told(found[o])}"
