"""What is known of each problem: what the code gave, beside what is right for the user's own forward.

Where that forward is the definition, or the definition with one known mistake, its gradient is computed; where it is
neither, it is measured by differences. These are exact where the operation is affine, as a convolution is in each
argument, because all numbers are small integers; else they have bounds.

Who may import it: the parts of check/. Deliberately absent: the verdict (judgement.py).
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
# Forwards with known gradients, and one without any of its own.
COMPUTED = ("", "forward-flipped", "stride-dilation-swapped", "integer-truncated")
MOST_TRIES = 120  # of smaller cases


class EvidenceCollector:
    """Evidence of what the runner gave.

    Attributes:
        variant: of the forward: "" where it is right, the slug of a known mistake, or None.
    """

    def __init__(self, runner: Runner) -> None:
        self.runner, self.definition = runner, runner.definition
        self.variant: str | None = ""

    def of_forward(self, problem: Problem, outcome: Outcome) -> Evidence:
        """The result beside the definition's."""
        case, right = problem.case, {"y": self.definition.forward(problem.arrays, problem.case)}
        return Evidence(self.definition, problem, {"y": outcome.y}, right, case, self.definition.window(case))

    def of_backward(self, problem: Problem, outcome: Outcome) -> Evidence:
        """The gradients beside those of the user's own forward."""
        case = problem.case
        if self.variant == "forward-flipped":
            case = replace(case, convention=CONVENTIONS[1 - CONVENTIONS.index(case.convention)])
        elif self.variant == "stride-dilation-swapped":
            case = steps.with_steps_swapped(case)
        if self.variant in COMPUTED or not fits(self.runner.code, problem, outcome):
            return self._by_definition(problem, outcome, case)
        try:
            own = numerical.gradients(self.runner.code, problem, outcome.y)
        except Refused:
            return self._by_definition(problem, outcome, case)  # answers to vectors: there is no code to call
        return Evidence(
            self.definition, problem, outcome.gradients, own.gradients, case, None, own.error_bound, False, own.kinks
        )

    def _by_definition(self, problem: Problem, outcome: Outcome, case: Case) -> Evidence:
        right, window = self.definition.gradients(problem.dy, problem.arrays, case), self.definition.window(case)
        single = is_single(outcome.y)  # and so may be what the backward was handed of it
        return Evidence(self.definition, problem, outcome.gradients, right, case, window, single=single)

    def shrunk(self, evidence: Evidence, argument: str) -> Evidence:
        """The same fault on the smallest sizes at which it still shows."""
        tries = 0
        while tries < MOST_TRIES:
            for case in self.definition.smaller(evidence.problem.case):
                shapes = (case.shapes, evidence.problem.case.shapes)
                if "kernel_size" in self.runner.settings and len({s["w"][2:] for s in shapes if "w" in s}) > 1:
                    continue  # it may be written for this size
                tries += 1
                less = self._again(case, evidence, argument)
                if less is not None:
                    evidence = less
                    break
            else:
                break
        return evidence

    def _again(self, case: Case, like: Evidence, argument: str) -> Evidence | None:
        """The code on another case, if it is wrong there too."""
        problem = self.runner.problem(case, 0, like.problem.unit)
        if problem is None:
            return None
        try:
            problem, outcome = self.runner.run(problem)
        except Refused:
            return None
        if argument == "y":
            evidence = self.of_forward(problem, outcome)
        elif not outcome.y.size:
            return None
        else:
            evidence = self.of_backward(problem, outcome)
        return evidence if argument in evidence.found and evidence.wrong(argument) else None


def fits(code: Code, problem: Problem, outcome: Outcome) -> bool:
    """Whether the dy that the backward got has the shape of the user's result; one that gets none has its own."""
    return not code.takes_dy or problem.dy.shape == outcome.y.shape
