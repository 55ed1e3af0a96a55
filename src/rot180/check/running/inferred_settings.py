"""Stride, padding and dilation that are fixed in the code of a convolution, recognised from its results.

Internal to check/. runner.py recognises the other settings, one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from ...errors import Rot180Error
from ..adapter.code import Outcome
from ..comparison import same
from ..operations import Definition
from ..operations.case import Case, Problem

STEPS: Mapping[str, tuple[Any, ...]] = {
    "stride": (1, 2, 3, 4),
    "padding": (0, 1, 2, 3, "same"),
    "output_padding": (0, 1),
    "dilation": (1, 2, 3),
}


def infer_steps(definition: Definition, runs: Sequence[tuple[Problem, Outcome]]) -> dict[str, Any] | None:
    """Return the fewest non-default settings that explain the result of every run; None if there are none."""
    given = runs[0][0].case.settings
    names = [name for name in STEPS if name in definition.settings and name not in given]
    if not definition.axes or not names or "kernel_size" in definition.settings:
        return None
    for found in _fewest_first(definition, names):
        if all(_fits(definition, run, found) for run in runs):
            return found or None
    return None


def _fewest_first(definition: Definition, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    every = [
        {name: value for name, value in zip(names, values, strict=True) if value != definition.default(name)}
        for values in product(*(STEPS[name] for name in names))
    ]
    yield from sorted(every, key=len)


def _fits(definition: Definition, run: tuple[Problem, Outcome], found: Mapping[str, Any]) -> bool:
    problem, outcome = run
    case: Case = replace(problem.case, settings={**problem.case.settings, **found})
    try:
        if definition.y_shape(case) != outcome.y.shape:
            return False
        return same(outcome.y, definition.forward(problem.arrays, case))
    except Rot180Error:  # this window is impossible
        return False
