"""One cell in a terminal: its terms in symbols and numbers, then the equivalent view's steps as small matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .cells import Cell, Term, place, terms
from .numerals import number
from .record import Trace
from .sizes import size_formulas
from .strings import say
from .view_text import view_text

MOST_TERMS = 100


def cell_text(trace: Trace, cell: Cell | str, language: str = "en") -> str:
    """All about one cell, "dx[0,0,1,1]", as lines."""
    cell = Cell.parsed(cell) if isinstance(cell, str) else cell
    place(trace, cell)  # an error for a cell that is not there, before anything else is said
    blocks = [_heading(trace, language), _sum(trace, cell, language)]
    if cell.array in trace.views:
        blocks.append(view_text(trace, cell, language))
    return "\n\n".join(blocks) + "\n"


def _heading(trace: Trace, language: str) -> str:
    layer = trace.layer
    sizes = [
        f"{name} {'x'.join(map(str, trace.arrays[name].shape))}" for name in ("x", "w", "y") if name in trace.arrays
    ]
    lines = [f"{trace.op}{_settings(trace)}:  {',  '.join(sizes)}", say("text.size", language)]
    letters = layer.operation.letters["x"][2:]
    for axis, found in enumerate(size_formulas(layer)):
        lines.append(f"  {found['formula']}  =  {found['numbers']}")
        if found["unused"] and not layer.operation.transposed:
            lines.append(f"  {say('text.unused', language, axis=letters[axis], count=found['unused'])}")
    if trace.rest is not None:
        shown = {name: ", ".join(map(str, numbers)) for name, numbers in trace.pictured.items()}
        lines.append(say("text.pictured", language, **shown))
    return "\n".join(lines)


def _settings(trace: Trace) -> str:
    asked = trace.request.as_dict()
    ones = {"stride": 1, "dilation": 1, "groups": 1, "padding": 0, "output_padding": 0, "ceil_mode": False}
    shown = []
    for name in trace.layer.operation.settings:
        value = asked[name]
        if name == "padding" and not isinstance(value, str):
            value = [before if before == after else [before, after] for before, after in value]
        if isinstance(value, list) and all(v == value[0] for v in value):
            value = value[0]
        if value != ones.get(name, True):
            shown.append(f"{name}={value}")
    return f" ({', '.join(shown)})" if shown else ""


def _sum(trace: Trace, cell: Cell, language: str) -> str:
    found, flat = terms(trace, cell), place(trace, cell)
    value = number(float(trace.arrays[cell.array].flat[flat]))
    if trace.kind == "maximum":
        return _maximum(found, cell, value, language)
    extra = _extra(trace, cell, flat, language)
    if not found and not extra:
        return say("text.no_terms", language, cell=cell, value=value)
    lines = [say("text.sum", language, cell=cell, value=value, count=len(found) + len(extra))]
    sign = "/" if trace.layer.operation.pools else "*"
    shown = found[:MOST_TERMS]
    symbols = [f" {sign} ".join(term.names) for term in shown] + [name for name, _ in extra]
    values = [f" {sign} ".join(map(_signed, term.values)) if len(term.values) > 1 else "" for term in shown]
    results = [number(term.value) for term in shown] + [number(v) for _, v in extra]
    lines += _columns(symbols, [*values, *[""] * len(extra)], results)
    if len(found) > MOST_TERMS:
        lines.append(f"  {say('text.more_terms', language, count=len(found) - MOST_TERMS)}")
    elif len(results) > 1:
        lines.append(f"  {' + '.join(_bracketed(r) for r in results)} = {value}")
    return "\n".join(lines)


def _extra(trace: Trace, cell: Cell, flat: int, language: str) -> list[tuple[str, float]]:
    """The bias, and what is not pictured."""
    extra = []
    if cell.array == "y" and "b" in trace.arrays:
        o = np.unravel_index(flat, trace.arrays["y"].shape)[1]
        extra.append((f"b[{cell.index[1]}]", float(trace.arrays["b"][o])))
    if trace.rest and cell.array in trace.rest:
        extra.append((say("text.rest", language), float(trace.rest[cell.array].flat[flat])))
    return extra


def _maximum(found: Sequence[Term], cell: Cell, value: str, language: str) -> str:
    if cell.array == "dx":
        if not found:
            return say("text.no_gradient", language, cell=cell)
        lines = [say("text.sum", language, cell=cell, value=value, count=len(found))]
        return "\n".join(
            [*lines, *_columns([t.names[0] for t in found], [""] * len(found), [number(t.value) for t in found])]
        )
    first = int(np.argmax([term.value for term in found]))
    lines = [say("text.candidates", language, cell=cell, value=value, count=len(found))]
    rows = _columns([term.names[0] for term in found], [""] * len(found), [number(term.value) for term in found])
    rows[first] += f"  <- {say('text.first_maximum', language)}"
    return "\n".join([*lines, *rows])


def _columns(symbols: Sequence[str], values: Sequence[str], results: Sequence[str]) -> list[str]:
    widths = [max(map(len, column), default=0) for column in (symbols, values, results)]
    count = len(str(len(symbols)))
    lines = []
    for i, (symbol, value, result) in enumerate(zip(symbols, values, results, strict=True)):
        middle = f"  {value:>{widths[1]}}" if widths[1] else ""
        lines.append(f"  {i + 1:>{count}}  {symbol:{widths[0]}}{middle}  = {result:>{widths[2]}}")
    return lines


def _signed(value: float) -> str:
    return _bracketed(number(value))


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("-") else text
