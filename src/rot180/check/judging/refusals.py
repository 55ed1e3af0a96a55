"""Cases that the forward accepts and the backward refuses. For example, `dxp[:, :, p:-p, p:-p]` fails at padding 0.

A case that the forward refuses too is only listed, because the code is not written for it. A case whose backward
raises NotImplementedError is listed too, and does not count as a mistake.

Internal to check/. running/problems.py collects the refusals.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..adapter.code import Progress
from ..comparison import same
from ..operations import Definition
from ..operations.case import Problem
from ..report import Diagnosis, Stage
from ..running.trial import Refusal
from .findings import Findings

SLUG = "backward-refuses"
_STAGE = "the backward raises an exception where the forward is right"
_TEXT = (
    "The forward computes the right result, but the backward of the same case raises an exception: {reason}. This "
    "happens on {count} of the cases that were tried. A setting that the forward takes must have a backward."
)
_FIX = (
    "let the backward take the same cases as the forward; for a padding p that can be 0, write "
    "dxp[:, :, p : p + H, p : p + W] instead of dxp[:, :, p:-p, p:-p]"
)


def judge_refusals(definition: Definition, refused: Sequence[Refusal]) -> Findings:
    """Report a backward that raises an exception on cases for which its forward is right.

    If there is another fault, this is not reported, because the refusals may have the same cause.
    """
    faults = [(problem, refusal) for refusal in refused if (problem := _faulty_problem(definition, refusal))]
    if not faults:
        return Findings()
    _, smallest = min(faults, key=lambda fault: fault[0].case.cells)
    text = _TEXT.format(reason=smallest.reason, count=len(faults))
    return Findings((Stage("refusals", False, _STAGE),), (Diagnosis(SLUG, "dx", text, _FIX, smallest.case),))


def _faulty_problem(definition: Definition, refusal: Refusal) -> Problem | None:
    """The problem of a refusal that is a fault of the backward; None if the refusal is not a fault."""
    problem, reason = refusal.problem, refusal.reason
    if refusal.elsewhere or problem is None or reason.progress != Progress.BACKWARD or reason.y is None:
        return None
    if str(reason).startswith("NotImplementedError"):
        return None
    return problem if same(reason.y, definition.forward(problem.arrays, problem.case)) else None
