"""Settings that are fixed in the code and differ from the defaults, recognised from its results.

Kernel size, stride, padding and dilation are recognised together, other settings one by one.

Internal to check/.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from ...errors import Rot180Error, ShapeError
from ..comparison import same
from ..operations import Definition
from ..operations.case import Case
from .trial import Run

NO_FIT = (np.inf, np.inf)
CLEARLY = (
    4.0  # the error of a value must be smaller than that of the default by this factor, so that rounding cannot decide
)

STEPS: Mapping[str, tuple[Any, ...]] = {
    "kernel_size": (2, 3, 4, 5),  # only for a pooling: the kernel of a convolution has the size of w
    "stride": (1, 2, 3, 4),
    "padding": (0, 1, 2, 3, "same"),
    "output_padding": (0, 1),
    "dilation": (1, 2, 3),
}


def infer_settings(
    definition: Definition, runs: Sequence[Run], passed: Collection[str], hints: Mapping[str, Sequence[Any]]
) -> dict[str, Any]:
    """Return settings that differ from the defaults and explain the results of the forward; {} if there are none.

    Args:
        passed: the settings whose values the checker knows: they are fixed by the user, or passed to the code.
        hints: by setting, values that the code suggests.
    """
    if found := _infer_steps(definition, runs, passed):
        return found
    settings = runs[0][0].case.settings
    for name, values in {**hints, **definition.guesses}.items():
        if name not in definition.settings or name in settings:
            continue
        default = definition.default(name)
        misfits = {value: _misfit(definition, runs, name, value) for value in (default, *values)}
        if min(misfits.values()) >= (1, 0.0) and (read := _read_off(definition, runs, name)) is not None:
            misfits = {default: NO_FIT, read: (0, 0.0)}
        value = min(misfits, key=lambda value: misfits[value])
        closer = (misfits[value][0], CLEARLY * misfits[value][1]) < misfits[default]
        if value != default and misfits[value] < NO_FIT and closer:
            return {name: value}
    return {}


def _read_off(definition: Definition, runs: Sequence[Run], name: str) -> float | None:
    """Return a value of a setting computed from the first result, if it explains all results."""
    value = definition.read_off(name, runs[0][0], runs[0][1].y)
    return value if value is not None and _misfit(definition, runs, name, value)[0] == 0 else None


def _misfit(definition: Definition, runs: Sequence[Run], name: str, value: Any) -> tuple[float, float]:
    """Count the problems where the forward with this setting is wrong, and the largest error on the others.

    In float32 several values of eps fit, so the largest error decides between them. Returns NO_FIT if the first
    problem fails.
    """
    furthest, others = 0.0, 0
    for number, (problem, outcome) in enumerate(runs):
        case = replace(problem.case, settings={**problem.case.settings, name: value})
        try:
            right = definition.forward(problem.arrays, case)
        except ShapeError:  # this window is impossible
            return NO_FIT
        if same(outcome.y, right):
            furthest = max(furthest, float(np.max(np.abs(np.subtract(outcome.y, right, dtype=float)), initial=0.0)))
        elif number == 0:
            return NO_FIT
        else:
            others += 1
    return others, furthest


def _infer_steps(definition: Definition, runs: Sequence[Run], passed: Collection[str]) -> dict[str, Any] | None:
    """Return the fewest non-default settings that explain the result of every run; None if there are none."""
    names = [name for name in STEPS if name in definition.settings and name not in passed]
    if not definition.axes or not names:
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


def _fits(definition: Definition, run: Run, found: Mapping[str, Any]) -> bool:
    problem, outcome = run
    case: Case = replace(problem.case, settings={**problem.case.settings, **found})
    try:
        if definition.y_shape(case) != outcome.y.shape:
            return False
        return same(outcome.y, definition.forward(problem.arrays, case))
    except Rot180Error:  # this window is impossible
        return False
