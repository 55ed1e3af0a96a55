"""`Runs`: code, the problems that it ran on, and the results. The judges need nothing else.

Internal to check/. run.py creates it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..adapter.code import Code
from ..operations import Definition
from ..operations.case import Case, Problem
from .problems import Problems, run_problem
from .repeated_calls import RepeatedCalls
from .restriction import Restriction
from .trial import Refusal, Run


@dataclass(frozen=True)
class Runs:
    """The runs of code.

    Attributes:
        code: the code, called in the form that it expects.
        problems: the source of all problems.
        runs: every problem with its outcome.
        refused: the cases that the code refused.
        remarks: the remarks on settings and forms that were recognised.
        restriction: the sizes that the code takes.
        repeated: the result of calling the first problem again.
        can_run: False for answers in files, because there is no code to call.
    """

    code: Code
    problems: Problems
    runs: tuple[Run, ...]
    refused: tuple[Refusal, ...] = ()
    remarks: tuple[str, ...] = ()
    restriction: Restriction = field(default_factory=Restriction)
    repeated: RepeatedCalls = field(default_factory=RepeatedCalls)
    can_run: bool = True

    @property
    def definition(self) -> Definition:
        """The operation that the code should compute."""
        return self.problems.definition

    @property
    def with_results(self) -> Runs:
        """Only the runs whose results are not empty, if there are any: an empty result has no gradients to judge."""
        some = tuple(run for run in self.runs if run[1].y.size)
        return replace(self, runs=some) if some else self

    def descriptions(self) -> tuple[str, ...]:
        """The descriptions of the problems, in the order of the report."""
        return tuple(problem.describe() for problem, _ in self.runs)

    def try_case(self, case: Case, unit: float) -> Run | None:
        """Run the code on another case; None if the case does not exist in its form. Raises Refused."""
        problem = self._problem(case, unit)
        return None if problem is None else run_problem(self.code, problem)

    def _problem(self, case: Case, unit: float) -> Problem | None:
        return self.problems.problem(self.code, case, 0, unit) if self.can_run else None

    def edge_runs(self) -> Runs:
        """Run the edge cases in the form that the code takes; return these runs and the refusals.

        Only numbers of axes that the ordinary problems have are tried: the code may be written for no other.
        """
        axes = {len(problem.case.shapes["x"]) for problem, _ in self.runs}
        cases = self.problems.edge_cases(self.code) if self.can_run else []
        fitting = [case for case in cases if len(case.shapes["x"]) in axes]
        trial = self.problems.run_all(self.code, self.restriction, fitting, edges=True)
        return replace(self, runs=trial.runs, refused=trial.refusals)
