"""The correct arrays on each problem: the results of the operation, and the gradients of the user's own forward.

If the forward is the definition, or the definition with one known mistake, its gradient is computed. Otherwise it is
measured by differences. These are exact if the operation is affine in each argument, as a convolution is, because all
numbers are small integers; otherwise they have error bounds.

Internal to check/. numerical.py takes the differences.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

from ..adapter.code import Code, Outcome, Refused
from ..comparison import is_single, same
from ..diagnosis.evidence import Evidence
from ..diagnosis.mistakes import steps
from ..operations import Definition
from ..operations.case import Case, Problem
from ..running.runs import Runs
from ..running.trial import Run
from . import numerical

CONVENTIONS = ("correlation", "convolution")
# Variants of the forward whose gradients are known.
COMPUTED = ("", "forward-flipped", "stride-dilation-swapped", "integer-truncated")


def forward_evidence(definition: Definition, run: Run) -> Evidence:
    """The evidence on the result: the returned and the correct one."""
    problem, outcome = run
    case, expected = problem.case, {"y": definition.forward(problem.arrays, problem.case)}
    return Evidence(definition, problem, {"y": outcome.y}, expected, case, definition.window(case))


def backward_evidences(runs: Runs, variant: str | None) -> list[Evidence]:
    """The evidence on the gradients of all runs: the returned ones, and the gradients of the user's own forward.

    If it would take too long to measure a gradient of the forward, this gradient is unknown.
    """
    measured = [number for number, run in enumerate(runs.runs) if _is_measured(runs.code, variant, run)]
    points = [(problem, outcome.y, outcome.gradients) for problem, outcome in (runs.runs[n] for n in measured)]
    own = dict(zip(measured, numerical.gradients_of_all(runs.code, points), strict=True))
    return [_evidence(runs, variant, run, own.get(number)) for number, run in enumerate(runs.runs)]


def backward_evidence(runs: Runs, variant: str | None, run: Run, argument: str | None = None) -> Evidence:
    """The evidence on the gradients of one run, or on the gradient of one argument."""
    own = None
    if _is_measured(runs.code, variant, run):
        problem, outcome = run
        with contextlib.suppress(Refused):
            own = numerical.gradients(
                runs.code, problem, outcome.y, outcome.gradients, argument and [argument], numerical.MOST_WORK
            )
    return _evidence(runs, variant, run, own)


def _is_measured(code: Code, variant: str | None, run: Run) -> bool:
    """True if the gradients of the user's forward cannot be computed, so that they must be measured."""
    return variant not in COMPUTED and dy_fits(code, *run)


def _evidence(runs: Runs, variant: str | None, run: Run, own: numerical.NumericalGradients | None) -> Evidence:
    """The evidence on one run, with these measured gradients; with the gradients of the definition if `own` is None."""
    problem, outcome = run
    case = _case_of_forward(problem.case, variant)
    if own is None:
        return _by_definition(runs.definition, run, case)
    return Evidence(
        runs.definition, problem, outcome.gradients, own.gradients, case, None, own.error_bound, False, own.kinks
    )


def _case_of_forward(case: Case, variant: str | None) -> Case:
    """The case that the user's own forward computes: with a rotated kernel, or with swapped settings."""
    if variant == "forward-flipped":
        return replace(case, convention=CONVENTIONS[1 - CONVENTIONS.index(case.convention)])
    return steps.with_steps_swapped(case) if variant == "stride-dilation-swapped" else case


def fails_elsewhere(definition: Definition, variant: str | None, run: Run) -> bool:
    """True if the variant does not explain the shape of the result on this problem, which shows another fault."""
    problem, outcome = run
    if variant not in COMPUTED:
        return False
    return outcome.y.shape != definition.y_shape(_case_of_forward(problem.case, variant))


def is_right_by_definition(runs: Runs, argument: str) -> bool:
    """True if a gradient is right for the forward of the definition, on all problems."""
    for problem, outcome in runs.runs:
        fitting = problem.with_result(runs.definition.y_shape(problem.case))
        try:
            gradients = outcome.gradients if fitting is problem else runs.code.gradients(fitting)
        except Refused:
            return False
        expected = runs.definition.gradients(fitting.dy, fitting.arrays, fitting.case)
        if argument not in gradients or not same(gradients[argument], expected[argument]):
            return False
    return True


def _by_definition(definition: Definition, run: Run, case: Case) -> Evidence:
    problem, outcome = run
    if problem.dy.shape != definition.y_shape(
        case
    ):  # the result has another shape, and its gradients cannot be measured
        problem = problem.with_result(definition.y_shape(case))
    expected, window = definition.gradients(problem.dy, problem.arrays, case), definition.window(case)
    single = is_single(outcome.y)  # the forward may pass float32 arrays to the backward
    bounds = definition.gradient_bounds(problem.dy, problem.arrays, case)
    return Evidence(definition, problem, outcome.gradients, expected, case, window, bounds, single=single)


def dy_fits(code: Code, problem: Problem, outcome: Outcome) -> bool:
    """True if the dy passed to the backward has the shape of the user's result, or if the backward takes no dy."""
    return not code.takes_dy or problem.dy.shape == outcome.y.shape
