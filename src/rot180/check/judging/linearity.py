"""The test that a backward is linear in dy. A very large dy reveals a clip that small numbers do not reach.

Internal to check/.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..adapter.code import Refused
from ..diagnosis.evidence import Evidence, array_name
from ..diagnosis.search import find_mistakes
from ..report import Stage
from ..running.runs import Runs
from .findings import Fault, Findings

LARGE = 2.0**20  # a power of two, so that multiplying dy by it is exact


def judge_linearity(runs: Runs, first: Evidence) -> Findings:
    """Try a very large dy on the first problem, on which the gradients are right."""
    if not runs.code.takes_dy:
        return Findings()
    problem = replace(first.problem, dy=first.problem.dy * LARGE)
    try:
        gradients = runs.code.gradients(problem)
    except Refused:
        return Findings()
    expected = {argument: LARGE * gradient for argument, gradient in first.expected.items()}
    error_bound = {argument: LARGE * bound for argument, bound in first.error_bound.items()}
    large = replace(first, problem=problem, actual=gradients, expected=expected, error_bound=error_bound)
    found = Findings()
    for argument, gradient in gradients.items():
        if gradient.dtype != np.float16 and np.isfinite(gradient).all() and large.wrong(argument):
            name = array_name(argument)
            text = f"{name} is not linear in dy: {LARGE:.0f} * dy does not give {LARGE:.0f} * {name}"
            fault = Fault(argument, (large,), tuple(find_mistakes([large, first], argument)))
            found += Findings((Stage("linear", False, text),), (fault,))
    return found
