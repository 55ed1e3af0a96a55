"""What shows by calling again: gradients that grow, that change at random, or that belong to the arrays of before.

One problem is called several times with none between, because buffers may be made anew for another shape. A cache that
is kept as long as the shapes are the same shows where two problems of the same shapes follow one another.

Who may import it: the parts of check/. Deliberately absent: what a single call gives.
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
from ..running.runner import Run

CALLS = 4  # three steps, the last of which tells growth from chance
RANDOM = (
    "A call with the same arrays gives another gradient every time, and not by adding up: {name}. Random numbers "
    "(dropout, noise), or an array that was not filled (np.empty), would do that. A gradient that does not repeat "
    "cannot be judged; draw random numbers in the forward, keep them for the backward, and fix the seed for the check."
)
STALE = (
    "{name} is computed with {array} of the call before. What the forward keeps for the backward is replaced where the "
    "shapes are others, and kept where they are the same, so that the gradient is not that of the last forward."
)
STALE_FIX = "keep what the forward was given at every call: self.{array} = {array}"


@dataclass
class RepeatedCalls:
    """What the calls showed.

    Attributes:
        diagnoses, unexplained: what is to be said.
        added: what a call adds to a gradient that grows.  random: the arguments whose gradients do not repeat.
    """

    diagnoses: list[Diagnosis] = field(default_factory=list)
    unexplained: list[Diagnosis] = field(default_factory=list)
    added: dict[str, Array] = field(default_factory=dict)
    random: set[str] = field(default_factory=set)


def repeated(code: Code, run: Run) -> RepeatedCalls:
    """Call one problem again, whose first gradients are known."""
    problem, first = run
    repeats = RepeatedCalls()
    try:
        calls = [code.run(problem).gradients for _ in range(CALLS)]
    except Refused:
        return repeats
    for argument, gradient in first.gradients.items():
        found = [call[argument] for call in calls if argument in call]
        if len(found) < CALLS or len({g.shape for g in (gradient, *found)}) > 1 or _repeats(gradient, found):
            continue
        added, name = _added(found), f"d{argument}"
        if added is None:
            repeats.unexplained.append(Diagnosis("unknown", name, RANDOM.format(name=name), ""))
            repeats.random.add(argument)
        else:
            text = state.ACCUMULATED.format(variant=name)
            repeats.diagnoses.append(Diagnosis("gradients-accumulated", name, text, state.ACCUMULATED_FIX))
            repeats.added[argument] = added
    return repeats


def _repeats(first: Array, found: Sequence[Array]) -> bool:
    return all(alike(g, before) for g, before in zip(found, (first, *found[:-1]), strict=True))


def _added(found: Sequence[Array]) -> Array | None:
    """The g of g[n + 1] = r * g[n] + g, where r is 1 if the calls add up; None if they follow no such rule."""
    with np.errstate(all="ignore"):
        steps = [after - before for before, after in pairwise(found)]
        size = float(np.vdot(steps[0], steps[0]))
        if not size:
            return found[-1] if all(alike(a, b) for a, b in pairwise(found)) else None
        rate = float(np.vdot(steps[0], steps[1])) / size
        if not all(same(after, rate * before) for before, after in pairwise(steps)):
            return None
        rate = 1.0 if abs(rate - 1) < 1e-9 else rate
        return np.asarray(found[1] - rate * found[0])


def stale(evidences: Sequence[Evidence], argument: str) -> tuple[list[Evidence], Diagnosis | None]:
    """The problems that were judged by arrays of their own, and the diagnosis if others had those of the call before.

    The evidences come in the order of the calls.
    """
    kept, diagnosis = list(evidences), None
    for before, ev in pairwise(evidences):
        if not ev.wrong(argument) or before.case.shapes != ev.case.shapes or not ev.defined:
            continue
        for array, old in before.problem.arrays.items():
            if same(ev.found[argument], _with(ev, {array: old})[argument]):
                kept = [e for e in kept if e is not ev]
                name, fix = f"d{argument}", STALE_FIX.format(array=array)
                text = STALE.format(name=name, array=f"the {array}")
                diagnosis = Diagnosis("weights-updated-first", name, text, fix, ev.case.describe())
    return (kept, diagnosis) if diagnosis and any(not e.wrong(argument) for e in kept) else (list(evidences), None)


def _with(ev: Evidence, changed: Mapping[str, Array]) -> dict[str, Array]:
    """The gradients at other arrays."""
    return ev.definition.gradients(ev.problem.dy, {**ev.problem.arrays, **changed}, ev.case)


def alike(second: Array, first: Array) -> bool:
    """Whether two calls gave the same; a cell that is no number each time is the same."""
    return same(np.where(np.isnan(second), 0, second), np.where(np.isnan(first), 0, first))
