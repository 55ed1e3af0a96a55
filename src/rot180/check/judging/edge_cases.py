"""The verdict on the edge cases, which are tried if all ordinary problems are right.

An edge case has sizes or settings that code often treats separately.

If a mistake shows only on some edge cases, its text names the condition, for example "exactly where there is one
sample".

Internal to check/. operations/sizes_to_try.py lists the sizes.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..diagnosis.conditions import condition_of_edges
from ..diagnosis.evidence import Evidence, array_name
from ..diagnosis.mistakes import UNNAMED
from ..diagnosis.search import Explanation, find_mistakes
from ..report import Stage
from ..running.runs import Runs
from .findings import Fault, Findings
from .reference import backward_evidence, forward_evidence

NAME = "edge cases"
RIGHT = ""  # the value of ForwardVerdict.variant if the forward is right


def judge_edges(ordinary: Runs, edges: Runs) -> Findings:
    """Judge the results on edge cases, the forward first; gradients only where the forward is right.

    Args:
        ordinary: the runs of the ordinary problems, which are right.
    """
    if not edges.runs:
        return Findings()
    usual = [forward_evidence(edges.definition, run) for run in ordinary.runs]
    forward = [forward_evidence(edges.definition, run) for run in edges.runs]
    right = [run for run, e in zip(edges.runs, forward, strict=True) if not e.wrong("y")]
    backward = [backward_evidence(edges, RIGHT, run) for run in right if run[1].y.size]
    faults = []
    for argument in ("y", *edges.code.returns):
        evidences = forward if argument == "y" else [e for e in backward if argument in e.actual]
        wrong = tuple(e for e in evidences if e.wrong(argument))
        if wrong:
            condition = condition_of_edges(wrong, [*(e for e in evidences if not e.wrong(argument)), *usual])
            text = _text(argument, len(wrong), len(evidences), condition)
            faults.append(Fault(argument, wrong, _explanations(wrong, argument), text))
    return Findings((_stage(faults, len(edges.runs)),), tuple(faults))


def _stage(faults: Sequence[Fault], count: int) -> Stage:
    """The line of the report that covers all edge cases."""
    if not faults:
        return Stage(NAME, True, f"right on {count} more problems with unusual sizes and numbers")
    return Stage(NAME, False, "; ".join(fault.where for fault in faults))


def _explanations(wrong: Sequence[Evidence], argument: str) -> tuple[Explanation, ...]:
    found = find_mistakes(wrong, argument)
    named = [e for e in found if all(mistake.slug != UNNAMED for mistake, _ in e.parts)]
    return tuple(named) if len(named) == 1 else ()


def _text(argument: str, wrong: int, total: int, condition: str) -> str:
    only = f", exactly where {condition}" if condition else ""
    return f"{array_name(argument)} is wrong on {wrong} of {total} problems with unusual sizes and numbers{only}"
