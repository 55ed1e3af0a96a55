"""Explain one cell in a terminal: its terms in symbols and numbers, then the steps of its pass as small matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .cells import Cell, Term, flat_index, terms
from .number_format import format_number
from .record import Trace
from .size_formulas import size_formulas
from .strings import say
from .view_text import view_text

MOST_TERMS = 100


def cell_text(trace: Trace, cell: Cell | str, language: str = "en") -> str:
    """Explain one cell, for example "dx[0,0,1,1]", in lines of text.

    Args:
        trace: the layer.
        cell: a cell of y, dx, dw or db.
        language: "en" or "zh".

    Raises:
        ExplainError: if there is no such cell.
    """
    cell = Cell.parse(cell) if isinstance(cell, str) else cell
    flat_index(trace, cell)  # raises an error if there is no such cell
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
    for axis, size in enumerate(size_formulas(layer)):
        lines.append(f"  {size['formula']}  =  {size['numbers']}")
        if size["unused"] and not layer.operation.transposed:
            lines.append(f"  {say('text.unused', language, axis=letters[axis], count=size['unused'])}")
    if trace.rest is not None:
        indices = {name: ", ".join(map(str, numbers)) for name, numbers in trace.selection.items()}
        lines.append(say("text.selection", language, **indices))
    return "\n".join(lines)


def _settings(trace: Trace) -> str:
    settings = trace.request.as_dict()
    defaults = {"stride": 1, "dilation": 1, "groups": 1, "padding": 0, "output_padding": 0, "ceil_mode": False}
    keywords = []
    for name in trace.layer.operation.settings:
        value = settings[name]
        if name == "padding" and not isinstance(value, str):
            value = [before if before == after else [before, after] for before, after in value]
        if isinstance(value, list) and all(v == value[0] for v in value):
            value = value[0]
        if value != defaults.get(name, True):
            keywords.append(f"{name}={value}")
    return f" ({', '.join(keywords)})" if keywords else ""


def _sum(trace: Trace, cell: Cell, language: str) -> str:
    products, flat = terms(trace, cell), flat_index(trace, cell)
    value = format_number(float(trace.arrays[cell.array].flat[flat]))
    if trace.kind == "maximum":
        return _maximum(products, cell, value, language)
    extra = _extra_terms(trace, cell, flat, language)
    if not products and not extra:
        return say("text.no_terms", language, cell=cell, value=value)
    lines = [say("text.sum", language, cell=cell, value=value, count=len(products) + len(extra))]
    sign = "/" if trace.layer.operation.pools else "*"
    listed_products = products[:MOST_TERMS]
    symbols = [f" {sign} ".join(term.names) for term in listed_products] + [name for name, _ in extra]
    values = [f" {sign} ".join(map(_signed, term.values)) if len(term.values) > 1 else "" for term in listed_products]
    results = [format_number(term.value) for term in listed_products] + [format_number(v) for _, v in extra]
    lines += _columns(symbols, [*values, *[""] * len(extra)], results)
    if len(products) > MOST_TERMS:
        lines.append(f"  {say('text.more_terms', language, count=len(products) - MOST_TERMS)}")
    elif len(results) > 1:
        lines.append(f"  {' + '.join(_bracketed(r) for r in results)} = {value}")
    return "\n".join(lines)


def _extra_terms(trace: Trace, cell: Cell, flat: int, language: str) -> list[tuple[str, float]]:
    """The terms that are not products: the bias, and the contribution of samples and channels that are not shown."""
    extra = []
    if cell.array == "y" and "b" in trace.arrays:
        o = np.unravel_index(flat, trace.arrays["y"].shape)[1]
        extra.append((f"b[{cell.index[1]}]", float(trace.arrays["b"][o])))
    if trace.rest and cell.array in trace.rest:
        extra.append((say("text.rest", language), float(trace.rest[cell.array].flat[flat])))
    return extra


def _maximum(candidates: Sequence[Term], cell: Cell, value: str, language: str) -> str:
    if cell.array == "dx" and not candidates:
        return say("text.no_gradient", language, cell=cell)
    rows = _columns(
        [term.names[0] for term in candidates],
        [""] * len(candidates),
        [format_number(term.value) for term in candidates],
    )
    if cell.array == "y":
        first = int(np.argmax([term.value for term in candidates]))
        rows[first] += f"  <- {say('text.first_maximum', language)}"
    key = "text.candidates" if cell.array == "y" else "text.sum"
    return "\n".join([say(key, language, cell=cell, value=value, count=len(candidates)), *rows])


def _columns(symbols: Sequence[str], values: Sequence[str], results: Sequence[str]) -> list[str]:
    widths = [max(map(len, column), default=0) for column in (symbols, values, results)]
    count = len(str(len(symbols)))
    lines = []
    for i, (symbol, value, result) in enumerate(zip(symbols, values, results, strict=True)):
        middle = f"  {value:>{widths[1]}}" if widths[1] else ""
        lines.append(f"  {i + 1:>{count}}  {symbol:{widths[0]}}{middle}  = {result:>{widths[2]}}")
    return lines


def _signed(value: float) -> str:
    return _bracketed(format_number(value))


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("-") else text
