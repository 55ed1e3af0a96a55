"""`judge_forward`: compares the results with those of the operation.

Internal to check/.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..diagnosis.mistakes import UNNAMED
from ..diagnosis.search import Explanation, find_mistakes
from ..report import Stage
from ..running.runs import Runs
from .findings import Fault, Findings, count_problems
from .invalid_arrays import find_invalid
from .reference import forward_evidence

LEFT_OUT = "left out; the backward is compared with the gradients of the operation"


@dataclass(frozen=True)
class ForwardVerdict:
    """The verdict on the forward.

    Attributes:
        variant: "" if the forward is right, the slug if it makes exactly one known mistake, otherwise None.
    """

    runs: Runs
    findings: Findings
    variant: str | None


def judge_forward(runs: Runs) -> ForwardVerdict:
    """Judge the results of the forward on all problems."""
    if not runs.code.has_forward:
        return ForwardVerdict(runs, Findings((Stage("forward", True, LEFT_OUT),)), "")
    evidences = tuple(forward_evidence(runs.definition, run) for run in runs.runs)
    wrong = tuple(e for e in evidences if e.wrong("y"))
    if not wrong:
        text = f"equals the definition on {count_problems(len(evidences))}"
        return ForwardVerdict(runs, Findings((Stage("forward", True, text),)), "")
    text = f"differs from the definition on {len(wrong)} of {len(evidences)} problems"
    stages = (Stage("forward", False, text),)
    if (invalid := find_invalid(evidences, "y")) is not None:
        return ForwardVerdict(runs, Findings(stages, (invalid,)), None)
    explanations = tuple(find_mistakes(evidences, "y"))
    return ForwardVerdict(runs, Findings(stages, (Fault("y", wrong, explanations),)), _variant(explanations))


def _variant(explanations: Sequence[Explanation]) -> str | None:
    """The slug of the mistake of a forward; None if it makes several mistakes, or one without a name."""
    if len(explanations) != 1:
        return None
    (explanation,) = explanations
    if len(explanation.parts) != 1 or explanation.factor or explanation.negative:
        return None
    slug = explanation.parts[0][0].slug
    return None if slug == UNNAMED else slug
