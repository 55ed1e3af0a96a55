"""The stage "reference": compares the gradients that judge the backward with differences of the forward.

Internal to check/. The differences are computed in numerical.py, the verdict is made in backward.py.
"""

from __future__ import annotations

from dataclasses import replace

from ..adapter.code import Code, Outcome
from ..comparison import same_result
from ..diagnosis.evidence import Evidence
from ..report import Stage
from . import numerical

NAME = "reference"
UNSTEADY = "a second call of the forward gives a different result, so differences of it cannot judge the backward"


def stage(code: Code, smallest: Evidence, outcome: Outcome) -> tuple[Stage, str]:
    """Run the stage and return it with a note on cells without a derivative ("" if there are none).

    Raises Refused if there is no code to call.
    """
    if not smallest.defined:
        return _measured(code, smallest, outcome)
    own = numerical.gradients(code, smallest.problem, outcome.y, smallest.expected, work=numerical.MOST_WORK)
    bounds = {name: own.error_bound.get(name, 0.0) + bound for name, bound in smallest.error_bound.items()}
    other = replace(
        smallest, actual=smallest.expected, expected=own.gradients, error_bound={**own.error_bound, **bounds}
    )
    agree = not any(other.wrong(a) for a in own.gradients if a in smallest.expected)
    left_out, total = other.unknown
    verb = "agree" if agree else "do not agree"
    text = f"finite differences of your forward {verb} with the correct gradients"
    if 0 < left_out == total:
        text = "your forward has no derivative that finite differences can measure"
        return Stage(NAME, agree, text), ""
    return Stage(NAME, agree, text + _unmeasured_text(*other.unknown)), ""


def _measured(code: Code, smallest: Evidence, outcome: Outcome) -> tuple[Stage, str]:
    """The stage for measured gradients. They cannot be compared with computed ones, but they can be meaningless."""
    problem, (left_out, total) = smallest.problem, smallest.unknown
    if not same_result(code.value(problem, problem.arrays), outcome.y):
        passed, text = False, UNSTEADY
    elif 0 < left_out == total:
        passed, text = False, "no derivative of this forward can be measured, so the backward is not judged"
    else:
        passed, text = True, "finite differences of your forward judge the backward" + _unmeasured_text(left_out, total)
    note = f"The forward has no derivative at {smallest.kinks} of {total} cells, so these are not compared."
    return Stage(NAME, passed, text), note if smallest.kinks else ""


def _unmeasured_text(left_out: int, total: int) -> str:
    return f"; {left_out} of {total} cells cannot be measured" if left_out else ""
