"""Faults that show when the code is called again: gradients that grow, change at random, or use old arrays.

One problem is called several times in a row, because code may allocate new buffers when the shape changes. A cache that
is only replaced when the shape changes shows on two successive problems of the same shape.

Internal to check/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ..adapter.code import Code, Refused
from ..comparison import same
from ..diagnosis.evidence import Evidence
from ..diagnosis.mistakes import state
from ..operations.case import Array
from ..report import Diagnosis
from ..running.trial import Run

CALLS = 4  # three differences: the last one distinguishes growth from chance
RANDOM = (
    "{name} changes at random: every call with the same arrays gives another gradient. Possible causes are random "
    "numbers (dropout, noise) and an array that is not filled (np.empty). A gradient that does not repeat cannot "
    "be judged. Draw random numbers in the forward, keep them for the backward, and fix the seed for the check."
)
STALE = (
    "{name} is computed with {array} of the previous call. The forward stores the array for the backward only if "
    "the shape changes, so the gradient does not belong to the latest forward."
)
STALE_FIX = "store the argument in every call of the forward: self.{array} = {array}"


@dataclass
class RepeatedCalls:
    """The result of calling one problem several times.

    Attributes:
        diagnoses, unexplained: the findings to report.
        added: for each gradient that grows, the amount that one call adds.
        random: the arguments whose gradients do not repeat.
    """

    diagnoses: list[Diagnosis] = field(default_factory=list)
    unexplained: list[Diagnosis] = field(default_factory=list)
    added: dict[str, Array] = field(default_factory=dict)
    random: set[str] = field(default_factory=set)


def call_again(code: Code, run: Run) -> RepeatedCalls:
    """Call one problem again and compare with its first gradients."""
    problem, first = run
    repeats = RepeatedCalls()
    try:
        calls = [code.run(problem).gradients for _ in range(CALLS)]
    except Refused:
        return repeats
    for argument, gradient in first.gradients.items():
        gradients = [call[argument] for call in calls if argument in call]
        if (
            len(gradients) < CALLS
            or len({g.shape for g in (gradient, *gradients)}) > 1
            or _repeats(gradient, gradients)
        ):
            continue
        added, name = _growth(gradients), f"d{argument}"
        if added is None:
            repeats.unexplained.append(Diagnosis("unknown", name, RANDOM.format(name=name), ""))
            repeats.random.add(argument)
        else:
            text = state.ACCUMULATED.format(variant=name)
            repeats.diagnoses.append(Diagnosis("gradients-accumulated", name, text, state.ACCUMULATED_FIX))
            repeats.added[argument] = added
    return repeats


def _repeats(first: Array, gradients: Sequence[Array]) -> bool:
    return all(same_result(g, before) for g, before in zip(gradients, (first, *gradients[:-1]), strict=True))


def _growth(gradients: Sequence[Array]) -> Array | None:
    """Return the g of g[n + 1] = r * g[n] + g (r is 1 if calls add up); None if the gradients follow no such rule."""
    with np.errstate(all="ignore"):
        steps = [np.subtract(after, before, dtype=float) for before, after in pairwise(gradients)]
        size = float(np.vdot(steps[0], steps[0]))
        if not size:
            return gradients[-1] if all(same_result(a, b) for a, b in pairwise(gradients)) else None
        rate = float(np.vdot(steps[0], steps[1])) / size
        if not all(same(after, rate * before) for before, after in pairwise(steps)):
            return None
        rate = 1.0 if abs(rate - 1) < 1e-9 else rate
        return np.asarray(gradients[1] - rate * np.asarray(gradients[0], float))


def find_stale_arrays(evidences: Sequence[Evidence], argument: str) -> tuple[list[Evidence], Diagnosis | None]:
    """Find gradients that are computed with arrays of the previous call.

    The evidences must be in the order of the calls. Returns the problems that used their own arrays, and the diagnosis
    if others did not.
    """
    kept, diagnosis = list(evidences), None
    for before, ev in pairwise(evidences):
        if not ev.wrong(argument) or before.case.shapes != ev.case.shapes or not ev.defined:
            continue
        for array, old in before.problem.arrays.items():
            if same(ev.actual[argument], _with(ev, {array: old})[argument]):
                kept = [e for e in kept if e is not ev]
                name, fix = f"d{argument}", STALE_FIX.format(array=array)
                text = STALE.format(name=name, array=f"the {array}")
                diagnosis = Diagnosis("weights-updated-first", name, text, fix, ev.case.describe())
    return (kept, diagnosis) if diagnosis and any(not e.wrong(argument) for e in kept) else (list(evidences), None)


def _with(ev: Evidence, changed: Mapping[str, Array]) -> dict[str, Array]:
    """Compute the gradients at other arrays."""
    return ev.definition.gradients(ev.problem.dy, {**ev.problem.arrays, **changed}, ev.case)


def same_result(second: Array, first: Array) -> bool:
    """True if two calls gave the same result; cells that are NaN both times count as equal."""
    return same(np.where(np.isnan(second), 0, second), np.where(np.isnan(first), 0, first))
