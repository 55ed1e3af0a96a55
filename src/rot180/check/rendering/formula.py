"""The formula of one wrong cell, in symbols and in numbers. `explain/trilinear.py` lists its products."""

from __future__ import annotations

import numpy as np

from ...explain.trilinear import Triple, triples_at
from ..diagnosis.evidence import Evidence, array_name
from .example import first_wrong_cell
from .matrices import digits_that_differ

MAX_TERMS = 6  # the number of terms that are written out
WIDTH = 100  # the maximum length of a line


def first_wrong_cell_formula(ev: Evidence, argument: str) -> str:
    """Write the formula of the first wrong cell of the displayed matrix; "" if the shapes differ.

    For example `dx[0, 0, 1, 2] = dy[0, 0, 0, 1] * w[0, 0, 1, 0] + ... = 2 * 3 + ... = 6, not 4`.
    """
    actual, expected = ev.actual[argument], ev.expected[argument]
    cell = first_wrong_cell(ev, argument)
    if cell is None:
        return ""
    if argument == "b":
        return _sum_of_dy(ev)
    if ev.window is None:
        return ""
    terms = _terms(ev, argument, cell)
    name = array_name(argument)
    symbols = [f"{a}{list(i)} * {b}{list(j)}" for a, i, b, j, _, _ in terms]
    numbers = [f"{_number(u)} * {_number(v)}" for *_, u, v in terms]
    if argument == "y" and "b" in ev.problem.arrays:
        symbols.append(f"b[{cell[1]}]")
        numbers.append(_number(ev.problem.arrays["b"][cell[1]]))
    if not symbols:
        return f"{name}{list(cell)} has no terms, so it is 0, not {_number(actual[cell])}"
    value = _instead_of(expected[cell], actual[cell])
    return _wrapped_sum(f"{name}{list(cell)} =", symbols, "") + "\n" + _wrapped_sum("    =", numbers, f" = {value}")


def _wrapped_sum(start: str, terms: list[str], end: str) -> str:
    """Write a sum in lines of at most WIDTH characters, if possible."""
    shown = [*terms[:MAX_TERMS], *([f"{len(terms) - MAX_TERMS} more"] if len(terms) > MAX_TERMS else [])]
    lines = [f"{start} {shown[0]}"]
    for term in shown[1:]:
        if len(lines[-1]) + len(term) + 3 > WIDTH:
            lines.append(f"      + {term}")
        else:
            lines[-1] += f" + {term}"
    if len(lines[-1]) + len(end) > WIDTH:
        lines.append("     ")
    return "\n".join([*lines[:-1], lines[-1] + end])


def _instead_of(expected: float, actual: float) -> str:
    """Write the correct and the wrong value, with enough digits to distinguish them."""
    digits = digits_that_differ(np.asarray([actual]), np.asarray([expected]))
    return f"{_number(expected, digits)}, not {_number(actual, digits)}"


def _number(value: float, digits: int = 6) -> str:
    """Write a number with a few digits, and -0 as 0."""
    return f"{float(value) + 0.0:.{digits}g}"


def _terms(
    ev: Evidence, argument: str, cell: tuple[int, ...]
) -> list[tuple[str, tuple[int, ...], str, tuple[int, ...], float, float]]:
    """For each product: the name and index of both factors, and their values."""
    window, transposed = ev.window, ev.definition.transposed
    assert window is not None
    narrow, wide = (ev.x, ev.dy) if transposed else (ev.dy, ev.x)
    side = {"x": "y" if transposed else "x", "y": "x" if transposed else "y", "w": "w"}[argument]
    target = _rotated_index(ev, cell) if side == "w" else cell
    met = triples_at(window, ev.x.shape[0], wide.shape[1], narrow.shape[1], **{side: target})
    values = {"x": ev.x, "dy": ev.dy, "w": ev.w}
    terms = []
    for triple in met:
        names = _named(triple, ev)
        a, b = {"y": ("x", "w"), "x": ("dy", "w"), "w": ("dy", "x")}[argument]
        terms.append((a, names[a], b, names[b], float(values[a][names[a]]), float(values[b][names[b]])))
    return terms


def _named(triple: Triple, ev: Evidence) -> dict[str, tuple[int, ...]]:
    """The indices of one product, by the names of the layer's arrays."""
    x, dy = (triple.y, triple.x) if ev.definition.transposed else (triple.x, triple.y)
    return {"x": x, "dy": dy, "w": _rotated_index(ev, triple.w)}


def _rotated_index(ev: Evidence, index: tuple[int, ...]) -> tuple[int, ...]:
    """Convert an index of w to an index of the kernel that rot180.kernels uses, or back."""
    if ev.case.convention != "convolution":
        return index
    return (*index[:2], *[size - 1 - k for size, k in zip(ev.w.shape[2:], index[2:], strict=True)])


def _sum_of_dy(ev: Evidence) -> str:
    actual, expected = ev.actual["b"], ev.expected["b"]
    o = int(np.argmax(np.abs(actual - expected)))
    return f"db[{o}] = sum of dy[:, {o}] = {_instead_of(expected[o], actual[o])}"
