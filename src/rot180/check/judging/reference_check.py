"""The stage "differences": whether what the backward is judged by is the gradient of the forward, taken by differences.

Who may import it: the parts of check/. Deliberately absent: the differences (numerical.py), the verdict (judgement.py).
"""

from __future__ import annotations

from dataclasses import replace

from ..adapter.code import Code, Outcome
from ..diagnosis.evidence import Evidence
from ..report import Stage
from . import numerical
from .repeated_calls import alike

UNSTEADY = (
    "a second call of the forward gives another result, so differences of it, which judge the backward, say nothing"
)


def stage(code: Code, smallest: Evidence, outcome: Outcome) -> tuple[Stage, str]:
    """The stage, and a note on cells without a derivative, if there are any; Refused where there is no code to call."""
    if not smallest.defined:
        return _measured(code, smallest, outcome)
    own = numerical.gradients(code, smallest.problem, outcome.y)
    other = replace(smallest, found=smallest.right, right=own.gradients, error_bound=own.error_bound)
    agree = not any(other.wrong(a) for a in own.gradients if a in smallest.right)
    text = "the gradients that the backward is judged by are those of the forward"
    return Stage("differences", agree, text + _as_far(*other.unknown)), ""


def _measured(code: Code, smallest: Evidence, outcome: Outcome) -> tuple[Stage, str]:
    """Where the gradients were measured, there is nothing to hold them against, but they may mean nothing."""
    problem, (left_out, total) = smallest.problem, smallest.unknown
    if not alike(code.value(problem, problem.arrays), outcome.y):
        passed, text = False, UNSTEADY
    elif 0 < left_out == total:
        passed, text = False, "no derivative of this forward can be measured, so the backward is not judged"
    else:
        passed, text = True, "the backward is judged by differences of this forward" + _as_far(left_out, total)
    note = f"The forward has no derivative at {smallest.kinks} of {total} cells, which are not compared."
    return Stage("differences", passed, text), note if smallest.kinks else ""


def _as_far(left_out: int, total: int) -> str:
    return f", as far as it can be measured: not at {left_out} of {total} cells" if left_out else ""
