"""The check that every host must pass: pointing at a cell marks exactly its terms and shows their sum."""

from __future__ import annotations

from typing import Any

from tests.explain.browser.expected import FACTORS, fed, made
from tests.explain.browser.marks import cell, marked, number, title, values


def check(where: Any, shown: Any) -> None:
    """Compare all numbers of the trace, then cells of y, dx and dw at corners and inside, and one operand of each."""
    found = values(where)
    for name, array in shown.arrays.items():
        assert found[name] == array.ravel().tolist(), name
    for target, factors in FACTORS.items():
        array = shown.arrays[target]
        for flat in sorted({0, array.size // 2, array.size - 1}):
            cell(where, target, flat).hover()
            assert marked(where) == made(shown, target, flat), (target, flat)
            assert number(title(where).split("=")[1]) == array.flat[flat], (target, flat)
            assert number(where.locator(".live").inner_text().split(" = ")[1].split(",")[0]) == array.flat[flat]
        where.locator(f"[data-pass={target}]").click()
        flat = shown.arrays[factors[0]].size // 2
        cell(where, factors[0], flat).hover()
        assert marked(where) == fed(shown, factors[0], flat, target), (target, factors[0])
