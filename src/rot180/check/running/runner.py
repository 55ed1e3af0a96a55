"""Runs the user's functions on many small problems: finds the cases that they take, and keeps their results.

Code that takes its arguments in another form, or only some sizes, gets such cases. A setting that is fixed in the
forward is recognised and used.

Internal to check/. The verdict is made in judging/judge.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import GradientError, ShapeError
from ..adapter.code import Code, Refused, ReturnedNothing
from ..comparison import same
from ..operations import Definition
from ..operations.case import Case, Problem
from . import inferred_settings
from .form_search import FormSearch
from .restriction import Restriction
from .trial import Refusal, Run, Trial, once_per_reason

PROBES = 2  # cases that a form is probed with; code may refuse some settings
NO_FIT = (np.inf, np.inf)
SAME_STRIDE = "The stride stayed at 1, because there are several conventions of padding 'same' for larger strides."


class Runner:
    """Code, the problems that it runs on, and the results.

    Attributes:
        settings: the fixed ones: given by the user, or recognised in the forward.
        runs: every problem with its outcome.
        refused: the cases that the code refused.
        remarks: on settings and forms that were recognised.
        restriction: the sizes that the code takes.
    """

    def __init__(
        self, code: Code, definition: Definition, convention: str, settings: dict[str, Any], seed: int
    ) -> None:
        self.code, self.definition, self.convention, self.seed = code, definition, convention, seed
        self.settings = settings
        self.runs: list[Run] = []
        self.refused: list[Refusal] = []
        self.remarks: list[str] = []
        self.restriction = Restriction()
        self._usual = code

    def try_all(self) -> None:
        """Fill `runs`. Raises GradientError if every case is refused."""
        self._try_cases()
        if self._recognise_settings():
            self._try_cases()
        self._drop_other_axes()

    def refused_texts(self) -> tuple[str, ...]:
        """The refused cases, each reason once."""
        return once_per_reason(self.refused)

    def edge_runs(self) -> list[Run]:
        """Run the edge cases in the form that the code takes; those that it refuses are added to `refused`.

        Only numbers of axes that the ordinary problems have are tried: the code may be written for no other.
        """
        axes = {len(problem.case.shapes["x"]) for problem, _ in self.runs}
        cases = self.definition.edge_cases(self.settings, self._open_settings(), self.convention)
        fitting = [case for case in cases if len(case.shapes["x"]) in axes]
        runs, refusals = self._run_all(self.code, self.restriction, fitting, edges=True)
        self.refused += refusals
        return runs

    def problem(self, case: Case, number: int, unit: float) -> Problem | None:
        """Draw the numbers of a case in the form that the code takes; None if it accepts no such case."""
        return self._problem(self.code, case, number, unit)

    def _problem(self, code: Code, case: Case, number: int, unit: float) -> Problem | None:
        absent = code.form.absent
        fitting: Case | None = case
        if absent:
            bare = code.form == self._usual.form
            fitting = self.definition.bare(case) if bare else self.definition.ones(case, absent)
        if fitting is None:
            return None
        fitting = self.definition.reduced(
            fitting, samples=getattr(code, "one_sample", False), channels=getattr(code, "one_channel", False)
        )
        case = replace(fitting, shapes={name: fitting.shapes[name] for name in code.arguments})
        problem = self.definition.problem(case, self.seed + number, unit)
        return problem if code.takes_dy or not self.definition.loss else replace(problem, dy=np.ones(()))

    def run(self, problem: Problem) -> Run:
        """Run the code on a problem.

        If the result has the wrong shape, the returned problem has the dy that was passed to the backward.
        """
        return _run(self.code, problem)

    def _try_cases(self) -> None:
        """Run the ordinary cases in the form that fits. Raises GradientError if every case is refused."""
        cases = list(self.definition.cases(self.settings, self._open_settings(), self.convention))

        def attempt(code: Code, restriction: Restriction) -> Trial:
            runs, refusals = self._run_all(code, restriction, cases)
            return Trial(code, restriction, tuple(runs), tuple(refusals))

        def probes(code: Code, restriction: Restriction) -> list[Problem]:
            fitting = [case for case in (restriction.apply(self.definition, c) for c in cases) if case is not None]
            first = {len(case.shapes["x"]): case for case in reversed(fitting)}.values()  # one for each number of axes
            chosen = [*fitting[:PROBES], *(case for case in first if case not in fitting[:PROBES])]
            problems = (self._problem(code, case, number, 1.0) for number, case in enumerate(chosen))
            return [problem for problem in problems if problem is not None]

        usual = attempt(self._usual, Restriction())
        trial = FormSearch(self._usual, self.definition, attempt, probes).find(usual)
        if not trial.runs:
            raise GradientError(_refusal_text(self._usual, trial))
        remarks = [*trial.code.form_remarks(), *trial.restriction.remarks(ignores_images=usual.ignores_images)]
        if (like := trial.code.like_gradients(trial.runs[0][1], trial.runs[0][0].arrays["x"].ndim)) is not None:
            other = attempt(like[0], trial.restriction)
            if other.right and other.gradients_fit:
                trial, remarks = other, [*remarks, like[1]]
        self.code, self.restriction, self.runs = trial.code, trial.restriction, list(trial.runs)
        before = usual.refusals if trial.code.form == usual.code.form and trial.restriction != usual.restriction else ()
        self.refused = [*(replace(refusal, problem=None) for refusal in before), *trial.refusals]
        self.remarks += [remark for remark in remarks if remark not in self.remarks]

    def _open_settings(self) -> tuple[str, ...]:
        """The settings to vary."""
        names = tuple(s for s in self.code.open_settings if s not in self.settings)
        if self.settings.get("padding") == "same" and "stride" in names:
            names = tuple(s for s in names if s != "stride")
            self.remarks += [SAME_STRIDE] if SAME_STRIDE not in self.remarks else []
        return names

    def _run_all(
        self, code: Code, restriction: Restriction, cases: Iterable[Case], *, edges: bool = False
    ) -> tuple[list[Run], list[Refusal]]:
        """Run code on all cases that a restriction allows; return the runs, and what was refused."""
        runs: list[Run] = []
        refusals: list[Refusal] = []
        for number, case in enumerate(cases):
            restricted = restriction.apply(self.definition, case)
            if restricted is None:
                continue
            for unit in _units(case, number, edges):
                problem = self._problem(code, restricted, number, unit)
                if problem is None or any(problem.case == other.case and other.unit == unit for other, _ in runs):
                    break
                try:
                    runs.append(_run(code, problem))
                except Refused as reason:
                    if not (edges and _has_new_tuples(restricted, self.settings)):
                        refusals.append(Refusal(restricted.describe(), reason, problem))
                    break
        return runs, refusals

    def _recognise_settings(self) -> bool:
        """Recognise settings in the code that differ from the defaults. Returns True if any explain the forward."""
        if found := inferred_settings.infer_steps(self.definition, self.runs):
            self.settings = {**self.settings, **found}
            named = " and ".join(f"{name} {value}" for name, value in found.items())
            usual = " and ".join(str(self.definition.default(name)) for name in found)
            self.remarks.append(f"The forward uses {named} instead of {usual}; it is judged with that.")
            return True
        settings = self.runs[0][0].case.settings
        for name, values in {**self.code.hints, **self.definition.guesses}.items():
            if name not in self.definition.settings or name in settings:
                continue
            default = self.definition.default(name)
            misfits = {value: self._misfit(name, value) for value in (default, *values)}
            if min(misfits.values()) >= (1, 0.0) and (read := self._read_off(name)) is not None:
                misfits = {default: NO_FIT, read: (0, 0.0)}
            value = min(misfits, key=lambda value: misfits[value])
            if value != default and misfits[value] < NO_FIT:
                self.settings = {**self.settings, name: value}
                self.remarks.append(f"The forward uses {name} {value} instead of {default}; it is judged with that.")
                return True
        return False

    def _read_off(self, name: str) -> float | None:
        """Return a value of a setting computed from the first result, if it explains all results."""
        value = self.definition.read_off(name, self.runs[0][0], self.runs[0][1].y)
        return value if value is not None and self._misfit(name, value)[0] == 0 else None

    def _misfit(self, name: str, value: Any) -> tuple[float, float]:
        """Count the problems where the forward with this setting is wrong, and the largest error on the others.

        In float32 several values of eps fit; the nearest one decides. Returns NO_FIT if the first problem fails.
        """
        furthest, others = 0.0, 0
        for number, (problem, outcome) in enumerate(self.runs):
            case = replace(problem.case, settings={**problem.case.settings, name: value})
            try:
                right = self.definition.forward(problem.arrays, case)
            except ShapeError:  # this window is impossible
                return NO_FIT
            if same(outcome.y, right):
                furthest = max(furthest, float(np.max(np.abs(np.subtract(outcome.y, right, dtype=float)), initial=0.0)))
            elif number == 0:
                return NO_FIT
            else:
                others += 1
        return others, furthest

    def _drop_other_axes(self) -> None:
        """If the code is right for 1-d, 2-d or 3-d inputs, drop the runs for which it was not written.

        A loss of (samples, outputs) can have the right value for images, but divide the gradient by other counts.
        """
        if not self.definition.separate_by_axes and not self.definition.loss:
            return
        by_axes: dict[int, list[Run]] = {}
        for run in self.runs:
            by_axes.setdefault(run[0].arrays["x"].ndim, []).append(run)
        right = [axes for axes, runs in by_axes.items() if all(map(self._fits_axes, runs))]
        for axes in by_axes:
            if right and axes not in right:
                self.runs = [(problem, o) for problem, o in self.runs if problem.arrays["x"].ndim != axes]
                reason = Refused(f"the result is right for {right[0]} axes, but not here")
                self.refused.append(Refusal(f"x of {axes} axes", reason))

    def _is_right(self, run: Run) -> bool:
        problem, outcome = run
        return same(outcome.y, self.definition.forward(problem.arrays, problem.case))

    def _fits_axes(self, run: Run) -> bool:
        """True if the result is right and, for a loss, the gradient too."""
        problem, outcome = run
        if not self.definition.loss or not self._is_right(run):
            return self._is_right(run)
        expected = self.definition.gradients(problem.dy, problem.arrays, problem.case)
        return all(name in outcome.gradients and same(outcome.gradients[name], expected[name]) for name in expected)


def _run(code: Code, problem: Problem) -> Run:
    outcome = code.run(problem)
    return (problem if outcome.dy is problem.dy else replace(problem, dy=outcome.dy)), outcome


def _refusal_text(code: Code, trial: Trial) -> str:
    """The message if every case is refused, with the reason of the form in which the code got furthest."""
    reason = trial.furthest
    if isinstance(reason, ReturnedNothing):
        return f"check.layer: {reason}"
    by, given = (reason.by, reason.given) if reason is not None else ("", "")
    first = f"{given} ({reason})" if given else str(trial.refusals[0]) if trial.refusals else str(reason)
    return (
        f"check.layer: {by or code.name} refused every case, the first one with {first}; "
        "pass the settings, the kernel_size and the layout that the code is written for"
    )


def _has_new_tuples(case: Case, fixed: Mapping[str, Any]) -> bool:
    """True if an open setting has one number per axis; code that takes a single number need not take these."""
    return any(isinstance(value, tuple) and name not in fixed for name, value in case.settings.items())


def _units(case: Case, number: int, edges: bool) -> tuple[float, ...]:
    """The units of the numbers of a case: whole numbers, and quarters where they hide less."""
    if edges:
        return (0.25,) if case.dtype != "float64" else (1.0,)
    return (1.0, 0.25) if number < 2 else (1.0,)
