"""The problems of one check: the cases of an operation with the fixed settings, and their numbers.

Internal to check/. run.py chooses the form and the sizes in which code gets these problems.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..adapter.code import Code, Refused
from ..adapter.forms import Form
from ..operations import Definition
from ..operations.case import Case, Problem
from .restriction import Restriction
from .trial import Refusal, Run, Trial

PROBES = 2  # cases on which a form is tried first; one is not enough, because code may refuse some settings


@dataclass(frozen=True)
class Problems:
    """The problems of one check.

    Attributes:
        settings: settings with fixed values, which the user stated or which were recognised in the forward.
        usual_form: the form of the arguments that the user stated.
    """

    definition: Definition
    convention: str
    settings: Mapping[str, Any]
    seed: int
    usual_form: Form

    def with_settings(self, settings: Mapping[str, Any]) -> Problems:
        """The problems with more fixed settings."""
        return replace(self, settings={**self.settings, **settings})

    def ordinary_cases(self, code: Code) -> list[Case]:
        """The cases that are tried first. The settings that the code takes are varied."""
        return list(self.definition.cases(dict(self.settings), self.varied_settings(code), self.convention))

    def edge_cases(self, code: Code) -> list[Case]:
        """The edge cases: sizes at which code often has branches."""
        return list(self.definition.edge_cases(dict(self.settings), self.varied_settings(code), self.convention))

    def varied_settings(self, code: Code) -> tuple[str, ...]:
        """The settings to vary. The stride stays at 1 if padding is "same"."""
        names = tuple(name for name in code.open_settings if name not in self.settings)
        return tuple(name for name in names if name != "stride") if self.keeps_stride(code) else names

    def keeps_stride(self, code: Code) -> bool:
        """True if the stride is not varied, because padding is "same"."""
        open_stride = "stride" in code.open_settings and "stride" not in self.settings
        return open_stride and bool(self.settings.get("padding") == "same")

    def problem(self, code: Code, case: Case, number: int, unit: float) -> Problem | None:
        """Draw the numbers of a case in the form that the code takes; None if the case does not exist in this form."""
        absent = code.form.absent
        fitting: Case | None = case
        if absent:
            bare = code.form == self.usual_form
            fitting = self.definition.bare(case) if bare else self.definition.ones(case, absent)
        if fitting is None:
            return None
        fitting = self.definition.reduced(fitting, samples=code.one_sample, channels=code.one_channel)
        case = replace(fitting, shapes={name: fitting.shapes[name] for name in code.arguments})
        problem = self.definition.problem(case, self.seed + number, unit)
        return problem if code.takes_dy or not self.definition.loss else replace(problem, dy=np.ones(()))

    def probes(self, code: Code, restriction: Restriction, cases: Sequence[Case]) -> list[Problem]:
        """A few problems on which a form and a restriction are tried first."""
        fitting = [case for case in (restriction.apply(self.definition, c) for c in cases) if case is not None]
        first = {len(case.shapes["x"]): case for case in reversed(fitting)}.values()  # one for each number of axes
        chosen = [*fitting[:PROBES], *(case for case in first if case not in fitting[:PROBES])]
        problems = (self.problem(code, case, number, 1.0) for number, case in enumerate(chosen))
        return [problem for problem in problems if problem is not None]

    def run_all(self, code: Code, restriction: Restriction, cases: Iterable[Case], *, edges: bool = False) -> Trial:
        """Run code on all cases that a restriction allows.

        The order of the gradients is inferred from the first result, and kept.
        """
        runs: list[Run] = []
        refusals: list[Refusal] = []
        for number, case in enumerate(cases):
            restricted = restriction.apply(self.definition, case)
            if restricted is None:
                continue
            for unit in _units(case, number, edges):
                problem = self.problem(code, restricted, number, unit)
                if problem is None or any(problem.case == other.case and other.unit == unit for other, _ in runs):
                    break
                try:
                    runs.append(run_problem(code, problem))
                except Refused as reason:
                    if not (edges and _has_new_tuples(restricted, self.settings)):
                        refusals.append(Refusal(restricted.describe(), reason, problem))
                    break
                if order := runs[-1][1].order:
                    code = code.in_order(order)
        return Trial(code, restriction, tuple(runs), tuple(refusals))


def run_problem(code: Code, problem: Problem) -> Run:
    """Run code on a problem.

    If the result has the wrong shape, the dy of the returned problem is the array that was passed to the backward.
    """
    outcome = code.run(problem)
    return (problem if outcome.dy is problem.dy else replace(problem, dy=outcome.dy)), outcome


def _has_new_tuples(case: Case, fixed: Mapping[str, Any]) -> bool:
    """True if a setting that is not fixed has one number per axis: code for single numbers need not accept it."""
    return any(isinstance(value, tuple) and name not in fixed for name, value in case.settings.items())


def _units(case: Case, number: int, edges: bool) -> tuple[float, ...]:
    """The units of the numbers of a case: 1 for whole numbers, 1/4 for quarters."""
    if edges:
        return (0.25,) if case.dtype != "float64" else (1.0,)
    return (1.0, 0.25) if number < 2 else (1.0,)
