"""Cases that the forward takes and the backward refuses, for example `dxp[:, :, p:-p, p:-p]`, which fails at padding 0.

A case that the forward refuses too is only listed: the code is not written for it. The same holds for a backward that
raises NotImplementedError, which says so itself.

Internal to check/. running/runner.py collects the refusals.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..adapter.code import Code, Progress, Refused
from ..comparison import same
from ..report import Diagnosis
from ..running.trial import Refusal

SLUG = "backward-refuses"
STAGE = "the backward raises an exception where the forward is right"
_TEXT = (
    "The forward computes the right result, but the backward of the same case raises an exception: {reason}. This "
    "happens on {count} of the cases that were tried. A setting that the forward takes must have a backward."
)
_FIX = (
    "let the backward take the same cases as the forward; for a padding p that can be 0, write "
    "dxp[:, :, p : p + H, p : p + W] instead of dxp[:, :, p:-p, p:-p]"
)


def find_fault(code: Code, refusals: Sequence[Refusal]) -> Diagnosis | None:
    """Return the diagnosis of a backward that refuses cases on which its forward is right; None if there is none."""
    faults = [refusal for refusal in refusals if _is_fault(code, refusal)]
    if not faults:
        return None
    smallest = min(faults, key=_cells)
    text = _TEXT.format(reason=smallest.reason, count=len(faults))
    return Diagnosis(SLUG, "dx", text, _FIX, smallest.case)


def _cells(refusal: Refusal) -> int:
    return refusal.problem.case.cells if refusal.problem is not None else 0


def _is_fault(code: Code, refusal: Refusal) -> bool:
    problem, reason = refusal.problem, refusal.reason
    if problem is None or reason.progress != Progress.BACKWARD or str(reason).startswith("NotImplementedError"):
        return False
    try:
        y = code.value(problem, problem.arrays)
    except Refused:
        return False
    return same(y, code.definition.forward(problem.arrays, problem.case))
