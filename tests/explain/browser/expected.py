"""Which cells the page must mark, from a trace's triples alone: {panel: {(cell, role), ...}}."""

from __future__ import annotations

from typing import Any

import numpy as np

FACTORS = {"y": ("x", "w"), "dx": ("dy", "w"), "dw": ("x", "dy")}
SIDE = {"x": "x", "dx": "x", "w": "w", "dw": "w", "y": "y", "dy": "y"}
ROLE = {"x": "blue", "dy": "blue", "w": "orange"}


def made(shown: Any, target: str, flat: int) -> dict[str, set[tuple[int, str]]]:
    """The cells to mark for a cell of y, dx or dw: those in its terms."""
    lists = {side: np.asarray(shown.triples[side]) for side in "yxw"}
    here, expected = lists[SIDE[target]] == flat, {target: {(flat, "target")}}
    for name in FACTORS[target]:
        cells = {(int(one), ROLE[name]) for one in lists[SIDE[name]][here]}
        if cells:
            expected[name] = cells
    if target == "y" and "b" in shown.arrays:
        channels, plane = shown.arrays["y"].shape[1], int(np.prod(shown.arrays["y"].shape[2:]))
        expected["b"] = {(flat // plane % channels, "orange")}
    return expected


def fed(shown: Any, name: str, flat: int, target: str) -> dict[str, set[tuple[int, str]]]:
    """The cells to mark for a cell of x, w or dy: the results of `target` that use it, and their other factors."""
    lists = {side: np.asarray(shown.triples[side]) for side in "yxw"}
    here, expected = lists[SIDE[name]] == flat, {name: {(flat, "source")}}
    (other,) = set(FACTORS[target]) - {name}
    for one, role in ((target, "fed"), (other, ROLE[other])):
        cells = {(int(at), role) for at in lists[SIDE[one]][here]}
        if cells:
            expected[one] = cells
    return expected
