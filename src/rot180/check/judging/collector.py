"""Collects the evidence on each problem: the arrays that the code returned, and the correct ones for its own forward.

If the forward is the definition, or the definition with one known mistake, its gradient is computed. Otherwise it is
measured by differences. These are exact if the operation is affine in each argument, as a convolution is, because all
numbers are small integers; otherwise they have error bounds.

Internal to check/. The verdict is made in judge.py.
"""

from __future__ import annotations

from dataclasses import replace

from ..adapter.code import Code, Outcome, Refused
from ..comparison import is_single
from ..diagnosis.evidence import Evidence
from ..diagnosis.mistakes import steps
from ..operations.case import Case, Problem
from ..running.runner import Runner
from . import numerical

CONVENTIONS = ("correlation", "convolution")
# Variants of the forward whose gradients are known. (Integers have no gradient of their own.)
COMPUTED = ("", "forward-flipped", "stride-dilation-swapped", "integer-truncated")
MOST_TRIES = 120  # smaller cases to try


class EvidenceCollector:
    """Evidence on the runs of the code.

    Attributes:
        variant: "" if the forward is right, the slug of its mistake if that is known, otherwise None.
    """

    def __init__(self, runner: Runner) -> None:
        self.runner, self.definition = runner, runner.definition
        self.variant: str | None = ""

    def forward_evidence(self, problem: Problem, outcome: Outcome) -> Evidence:
        """The result, with that of the definition."""
        case, expected = problem.case, {"y": self.definition.forward(problem.arrays, problem.case)}
        return Evidence(self.definition, problem, {"y": outcome.y}, expected, case, self.definition.window(case))

    def backward_evidence(self, problem: Problem, outcome: Outcome) -> Evidence:
        """The gradients, with those of the user's own forward."""
        case = self._case_of_forward(problem.case)
        if self.variant in COMPUTED or not dy_fits(self.runner.code, problem, outcome):
            return self._by_definition(problem, outcome, case)
        try:
            own = numerical.gradients(self.runner.code, problem, outcome.y)
        except Refused:
            return self._by_definition(problem, outcome, case)  # answers to vectors: there is no code to call
        return Evidence(
            self.definition, problem, outcome.gradients, own.gradients, case, None, own.error_bound, False, own.kinks
        )

    def _case_of_forward(self, case: Case) -> Case:
        """The case as the user's own forward computes it."""
        if self.variant == "forward-flipped":
            return replace(case, convention=CONVENTIONS[1 - CONVENTIONS.index(case.convention)])
        return steps.with_steps_swapped(case) if self.variant == "stride-dilation-swapped" else case

    def _is_another_forward(self, problem: Problem, outcome: Outcome) -> bool:
        """True if the forward is known, but its result on this problem has another shape: it fails elsewhere too."""
        if self.variant not in COMPUTED:
            return False
        return outcome.y.shape != self.definition.y_shape(self._case_of_forward(problem.case))

    def _by_definition(self, problem: Problem, outcome: Outcome, case: Case) -> Evidence:
        expected, window = self.definition.gradients(problem.dy, problem.arrays, case), self.definition.window(case)
        single = is_single(outcome.y)  # the backward may get float32 arrays from it
        return Evidence(self.definition, problem, outcome.gradients, expected, case, window, single=single)

    def shrink(self, evidence: Evidence, argument: str) -> Evidence:
        """Return the same fault on the smallest sizes that still show it."""
        tries = 0
        while tries < MOST_TRIES:
            for case in self.definition.smaller(evidence.problem.case):
                shapes = (case.shapes, evidence.problem.case.shapes)
                if "kernel_size" in self.runner.settings and len({s["w"][2:] for s in shapes if "w" in s}) > 1:
                    continue  # the code may be written for this size
                tries += 1
                less = self._still_wrong(case, evidence, argument)
                if less is not None:
                    evidence = less
                    break
            else:
                break
        return evidence

    def _still_wrong(self, case: Case, like: Evidence, argument: str) -> Evidence | None:
        """Run the code on another case; return the evidence if it is wrong there too, else None."""
        problem = self.runner.problem(case, 0, like.problem.unit)
        if problem is None:
            return None
        try:
            problem, outcome = self.runner.run(problem)
        except Refused:
            return None
        if argument == "y":
            evidence = self.forward_evidence(problem, outcome)
        elif not outcome.y.size or self._is_another_forward(problem, outcome):
            return None
        else:
            evidence = self.backward_evidence(problem, outcome)
        return evidence if argument in evidence.actual and evidence.wrong(argument) else None


def dy_fits(code: Code, problem: Problem, outcome: Outcome) -> bool:
    """True if the dy passed to the backward has the shape of the user's result, or if the backward takes no dy."""
    return not code.takes_dy or problem.dy.shape == outcome.y.shape
