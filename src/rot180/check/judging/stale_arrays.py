"""Gradients that are computed with arrays of the previous call.

If a cache is only replaced when the shape changes, two successive problems of the same shape show it.

Internal to check/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from ..comparison import same
from ..diagnosis.evidence import Evidence, array_name
from ..operations.case import Array
from ..report import Diagnosis

STALE = (
    "{name} is computed with {array} of the previous call. The forward stores the array for the backward only if "
    "the shape changes, so the gradient does not belong to the latest forward."
)
STALE_FIX = "store the argument in every call of the forward: self.{array} = {array}"


def find_stale_arrays(evidences: Sequence[Evidence], argument: str) -> tuple[list[Evidence], Diagnosis | None]:
    """Find gradients that are computed with arrays of the previous call.

    The evidences must be in the order of the calls. Returns the problems that used their own arrays, and a
    diagnosis if some problem used older arrays.
    """
    kept, diagnosis = list(evidences), None
    for before, ev in pairwise(evidences):
        if not ev.wrong(argument) or before.case.shapes != ev.case.shapes or not ev.defined:
            continue
        for array, old in before.problem.arrays.items():
            if same(ev.actual[argument], _with(ev, {array: old})[argument]):
                kept = [e for e in kept if e is not ev]
                name, fix = array_name(argument), STALE_FIX.format(array=array)
                text = STALE.format(name=name, array=f"the {array}")
                diagnosis = Diagnosis("weights-updated-first", name, text, fix, ev.case.describe())
    return (kept, diagnosis) if diagnosis and any(not e.wrong(argument) for e in kept) else (list(evidences), None)


def _with(ev: Evidence, changed: Mapping[str, Array]) -> dict[str, Array]:
    """Compute the gradients at other arrays."""
    return ev.definition.gradients(ev.problem.dy, {**ev.problem.arrays, **changed}, ev.case)
