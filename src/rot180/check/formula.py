"""The formula of one wrong cell, in symbols and in numbers, from the list of triples (`explain/trace.py`)."""

from __future__ import annotations

import numpy as np

from ..explain.trace import Triple, meeting
from .evidence import Evidence

MOST = 6  # terms that are written out


def of_first_wrong_cell(ev: Evidence, argument: str) -> str:
    """`dx[0, 0, 1, 2] = dy[0, 0, 0, 1] * w[0, 0, 1, 0] + ... = 2 * 3 + ... = 6, not 4`; empty if shapes differ."""
    found, right = ev.found[argument], ev.right[argument]
    if not ev.defined or found.shape != right.shape:
        return ""
    if argument == "b":
        return _sum_of_dy(ev)
    if ev.window is None:
        return ""
    cell = tuple(int(i) for i in np.argwhere(ev.differing(argument))[0])
    terms = _terms(ev, argument, cell)
    name = argument if argument == "y" else f"d{argument}"
    symbols = [f"{a}{list(i)} * {b}{list(j)}" for a, i, b, j, _, _ in terms]
    numbers = [f"{u:g} * {v:g}" for *_, u, v in terms]
    if argument == "y" and "b" in ev.problem.arrays:
        symbols.append(f"b[{cell[1]}]")
        numbers.append(f"{float(ev.problem.arrays['b'][cell[1]]):g}")
    if not symbols:
        return f"{name}{list(cell)} meets nothing, so it is 0, not {float(found[cell]):g}"
    value = f"{float(right[cell]):g}, not {float(found[cell]):g}"
    return f"{name}{list(cell)} = {_shortened(symbols)}\n    = {_shortened(numbers)} = {value}"


def _shortened(terms: list[str]) -> str:
    more = f" + {len(terms) - MOST} more" if len(terms) > MOST else ""
    return " + ".join(terms[:MOST]) + more


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
    return f"db[{o}] = sum of dy[:, {o}] = {float(right[o]):g}, not {float(found[o]):g}"
