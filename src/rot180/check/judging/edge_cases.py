"""The verdict on the edge cases: sizes at which code has branches, tried once the ordinary problems are right.

The text of a mistake that shows only there says under which condition it shows: "exactly where there is one sample".

Internal to check/. operations/sizes_to_try.py lists the sizes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..diagnosis.conditions import condition_of_edges
from ..diagnosis.evidence import Evidence
from ..diagnosis.mistakes import UNNAMED
from ..diagnosis.search import Explanation, explain
from ..report import Stage
from ..running.trial import Run
from .collector import EvidenceCollector

NAME = "edge cases"


@dataclass(frozen=True)
class EdgeFault:
    """A result or a gradient that is wrong on some edge cases.

    Attributes:
        argument: "y", or the argument of the gradient.
        wrong: the evidence on the wrong problems.
        explanations: the mistake that explains all of them, if exactly one does.
        text: how many problems are wrong, and under which condition.
    """

    argument: str
    wrong: tuple[Evidence, ...]
    explanations: tuple[Explanation, ...]
    text: str


def judge_edges(collector: EvidenceCollector, ordinary: Sequence[Run], edges: Sequence[Run]) -> list[EdgeFault]:
    """Judge the results on edge cases, the forward first; gradients only where the forward is right.

    Args:
        ordinary: the runs that are right.
    """
    usual = [collector.forward_evidence(*run) for run in ordinary]
    forward = [collector.forward_evidence(*run) for run in edges]
    right = [(run, e) for run, e in zip(edges, forward, strict=True) if not e.wrong("y")]
    backward = [collector.backward_evidence(*run) for run, _ in right if run[1].y.size]
    faults = []
    for argument in ("y", *collector.runner.code.returns):
        evidences = forward if argument == "y" else [e for e in backward if argument in e.actual]
        wrong = [e for e in evidences if e.wrong(argument)]
        if wrong:
            condition = condition_of_edges(wrong, [*(e for e in evidences if not e.wrong(argument)), *usual])
            text = _text(argument, len(wrong), len(evidences), condition)
            faults.append(EdgeFault(argument, tuple(wrong), _explanations(wrong, argument), text))
    return faults


def stage(faults: Sequence[EdgeFault], count: int) -> Stage:
    """The line of the report on all edge cases."""
    if not faults:
        return Stage(NAME, True, f"right on {count} more problems with unusual sizes and numbers")
    return Stage(NAME, False, "; ".join(fault.text for fault in faults))


def _explanations(wrong: Sequence[Evidence], argument: str) -> tuple[Explanation, ...]:
    found = explain(wrong, argument)
    named = [e for e in found if all(mistake.slug != UNNAMED for mistake, _ in e.parts)]
    return tuple(named) if len(named) == 1 else ()


def _text(argument: str, wrong: int, total: int, condition: str) -> str:
    name = argument if argument == "y" else f"d{argument}"
    only = f", exactly where {condition}" if condition else ""
    return f"{name} is wrong on {wrong} of {total} problems with unusual sizes and numbers{only}"
