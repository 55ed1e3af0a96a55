"""Finds the smallest sizes that still show a fault.

Internal to check/.
"""

from __future__ import annotations

from ..adapter.code import Refused
from ..diagnosis.evidence import Evidence
from ..operations.case import Case
from ..running.runs import Runs
from .reference import backward_evidence, fails_elsewhere, forward_evidence

MOST_TRIES = 120  # the number of smaller cases to try


def shrink(runs: Runs, variant: str | None, evidence: Evidence, argument: str) -> Evidence:
    """Return the same fault on the smallest sizes that still show it.

    Args:
        variant: the variant of the forward, as in ForwardVerdict.
    """
    tries = 0
    while tries < MOST_TRIES:
        for case in runs.definition.smaller(evidence.problem.case):
            shapes = (case.shapes, evidence.problem.case.shapes)
            if "kernel_size" in runs.problems.settings and len({s["w"][2:] for s in shapes if "w" in s}) > 1:
                continue  # the code may be written for this size
            tries += 1
            less = _still_wrong(runs, variant, case, evidence.problem.unit, argument)
            if less is not None:
                evidence = less
                break
        else:
            break
    return evidence


def _still_wrong(runs: Runs, variant: str | None, case: Case, unit: float, argument: str) -> Evidence | None:
    """Run the code on another case. Returns the evidence if the array is wrong there too, otherwise None."""
    try:
        run = runs.try_case(case, unit)
    except Refused:
        return None
    if run is None:
        return None
    if argument == "y":
        evidence = forward_evidence(runs.definition, run)
    elif not run[1].y.size or fails_elsewhere(runs.definition, variant, run):
        return None
    else:
        evidence = backward_evidence(runs, variant, run, argument)
    known = argument in evidence.actual and argument in evidence.expected
    return evidence if known and evidence.wrong(argument) else None
