"""Somebody's functions on many small problems: which cases they take, and what they give.

Code that is written for square kernels, or for as many channels in as out, gets such cases; a setting that is written
into the forward is recognised and kept.

Who may import it: the parts of check/. Deliberately absent: the verdict (judgement.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import GradientError
from .case import Case, Problem
from .definitions import Definition
from .evidence import same
from .judged import Code, Outcome, Refused

Run = tuple[Problem, Outcome]
NO_FIT = (np.inf, np.inf)
SAME_STRIDE = "stride was left at 1: with a larger one there are several conventions of padding 'same'."


class Trials:
    """The code, what it is tried on, and what came of it.

    Attributes:
        settings: those that are fixed: given by the user, or found in the forward.
        runs: every problem with its outcome.  refused: descriptions of the cases that the code refused.
        remarks: on settings that were found.
    """

    def __init__(
        self, code: Code, definition: Definition, convention: str, settings: dict[str, Any], seed: int
    ) -> None:
        self.code, self.definition, self.convention, self.seed = code, definition, convention, seed
        self.settings = settings
        self.runs: list[Run] = []
        self.refused: list[str] = []
        self.remarks: list[str] = []
        self._first_refusal: Refused | None = None

    def try_all(self) -> None:
        """Fill `runs`; GradientError where every case is refused."""
        self._try_cases()
        if self._guess():
            self.runs.clear()
            self._try_cases()
        self._set_apart()

    def problem(self, case: Case, number: int, unit: float) -> Problem | None:
        """A case with numbers, as the code takes it; None where it takes no such case."""
        fitting = self.definition.bare(case) if self.code.layout == "bare" else case
        if fitting is None:
            return None
        case = replace(fitting, shapes={name: fitting.shapes[name] for name in self.code.arguments})
        problem = self.definition.problem(case, self.seed + number, unit)
        return problem if self.code.takes_dy or not self.definition.loss else replace(problem, dy=np.ones(()))

    def run(self, problem: Problem) -> Run:
        """The code on a problem; with the dy that it got, where its result has a shape of its own."""
        outcome = self.code.run(problem)
        return (problem if outcome.dy is problem.dy else replace(problem, dy=outcome.dy)), outcome

    def _try_cases(self) -> None:
        open_settings = tuple(s for s in self.code.open_settings if s not in self.settings)
        if self.settings.get("padding") == "same" and "stride" in open_settings:
            open_settings = tuple(s for s in open_settings if s != "stride")
            self.remarks += [SAME_STRIDE] if SAME_STRIDE not in self.remarks else []
        cases = list(self.definition.cases(self.settings, open_settings, self.convention))
        self._try(cases)
        if not self.runs or not all(map(self._is_right, self.runs)):
            self._try_otherwise(cases)
        for channels in (False, True):  # code that is written for square kernels, or for as many channels in as out
            if not self.runs:
                alike = (self.definition.alike(case, channels=channels) for case in cases)
                self._try([case for case in alike if case is not None])
        if not self.runs:
            reason = self._first_refusal
            by, given = (reason.by, reason.given) if reason is not None else ("", "")
            first = f"{given} ({reason})" if given else self.refused[0]
            raise GradientError(
                f"check.layer: {by or self.code.name} refused every case, the first one with {first}; "
                "give the settings and the kernel_size that it is written for, and its layout"
            )

    def _try_otherwise(self, cases: Sequence[Case]) -> None:
        """Keep to another form of the parameters, if it is right; or if it is taken, where the first one is refused."""
        code, runs, refused = self.code, self.runs, self.refused
        taken = None
        for other, remark in code.otherwise(refused=not runs):
            self.code, self.runs, self.refused = other, [], []
            self._try(cases)
            right = bool(self.runs) and all(map(self._is_right, self.runs))
            if right or (self.runs and not runs and taken is None):
                taken = self.code, self.runs, self.refused, remark
            if right:
                break
        self.code, self.runs, self.refused = code, runs, refused
        if taken is not None:
            self.code, self.runs, self.refused, remark = taken
            self.remarks.append(remark)

    def _try(self, cases: Sequence[Case]) -> None:
        for number, case in enumerate(cases):
            for unit in (1.0, 0.25) if number < 2 else (1.0,):
                problem = self.problem(case, number, unit)
                if problem is None:
                    break
                try:
                    self.runs.append(self.run(problem))
                except Refused as reason:
                    self._first_refusal = self._first_refusal or reason
                    self.refused.append(f"{case.describe()} ({reason})")
                    break

    def _guess(self) -> bool:
        """Whether a setting that is written into the code, another than the default, explains the forward."""
        settings = self.runs[0][0].case.settings
        for name, values in self.definition.guesses.items():
            if name not in self.definition.settings or name in settings:
                continue
            default = self.definition.default(name)
            misfits = {value: self._misfit(name, value) for value in (default, *values)}
            value = min(misfits, key=lambda value: misfits[value])
            if value != default and misfits[value] < NO_FIT:
                self.settings = {**self.settings, name: value}
                self.remarks.append(f"The forward has {name} {value} in it; it is judged with that, not {default}.")
                return True
        return False

    def _misfit(self, name: str, value: Any) -> tuple[float, float]:
        """On how many problems the forward differs from the definition with this setting, and how far it is elsewhere.

        In float32 several values of eps pass; the gradient is that of the nearest. NO_FIT if the first problem fails.
        """
        furthest, others = 0.0, 0
        for number, (problem, outcome) in enumerate(self.runs):
            case = replace(problem.case, settings={**problem.case.settings, name: value})
            right = self.definition.forward(problem.arrays, case)
            if same(outcome.y, right):
                furthest = max(furthest, float(np.max(np.abs(np.subtract(outcome.y, right, dtype=float)), initial=0.0)))
            elif number == 0:
                return NO_FIT
            else:
                others += 1
        return others, furthest

    def _set_apart(self) -> None:
        """Leave out a number of axes that the code is not written for, if it is right with another one."""
        if not self.definition.apart:
            return
        by_axes: dict[int, list[Run]] = {}
        for run in self.runs:
            by_axes.setdefault(run[0].arrays["x"].ndim, []).append(run)
        right = [axes for axes, runs in by_axes.items() if all(map(self._is_right, runs))]
        for axes in by_axes:
            if right and axes not in right:
                self.runs = [(problem, o) for problem, o in self.runs if problem.arrays["x"].ndim != axes]
                self.refused.append(f"x of {axes} axes (the result is right with {right[0]}, and another one here)")

    def _is_right(self, run: Run) -> bool:
        problem, outcome = run
        return same(outcome.y, self.definition.forward(problem.arrays, problem.case))
