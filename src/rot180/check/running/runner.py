"""Runs the user's functions on many small problems: finds the cases that they take, and keeps their results.

Code written for square kernels, or for equal numbers of input and output channels, gets such cases. A setting that is
fixed in the forward is recognised and used.

Internal to check/. The verdict is made in judging/judge.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ...errors import GradientError, ShapeError
from ..adapter.array_forms import VECTORS
from ..adapter.code import Code, Outcome, Refused, ReturnedNothing
from ..comparison import same
from ..operations import Definition
from ..operations.case import Case, Problem
from . import inferred_settings

DEPTHWISE = (
    "The check used one kernel per channel, w of shape (C, 1, ...), because the functions refused every other case."
)
SINGLE = (
    "The check used a single image, because the functions refused every case with more. So it did not check that "
    "the gradients of w and b are sums over the images."
)
Run = tuple[Problem, Outcome]
Special = Callable[[Case], Case | None]  # changes a case for code that refuses ordinary ones
NO_FIT = (np.inf, np.inf)
SAME_STRIDE = "The stride stayed at 1, because there are several conventions of padding 'same' for larger strides."


class Runner:
    """Code, the problems that it runs on, and the results.

    Attributes:
        settings: the fixed ones: given by the user, or recognised in the forward.
        runs: every problem with its outcome.
        refused: descriptions of the cases that the code refused.
        remarks: on settings that were recognised.
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
        self._special: Special = _unchanged

    def try_all(self) -> None:
        """Fill `runs`. Raises GradientError if every case is refused."""
        self._try_cases()
        if self._recognise_settings():
            self.runs.clear()
            self._try_cases()
        self._drop_other_axes()

    def edge_runs(self) -> list[Run]:
        """Run the edge cases in the form that the code takes; those that it refuses are added to `refused`.

        Only numbers of axes that the ordinary problems have are tried: the code may be written for no other.
        """
        axes = {len(problem.case.shapes["x"]) for problem, _ in self.runs}
        cases = self.definition.edge_cases(self.settings, self._open_settings(), self.convention)
        fitting = (case for case in map(self._special, cases) if case is not None)
        return self._runs([case for case in fitting if len(case.shapes["x"]) in axes], edges=True)

    def problem(self, case: Case, number: int, unit: float) -> Problem | None:
        """Draw the numbers of a case in the form that the code takes; None if it accepts no such case."""
        fitting = self.definition.bare(case) if self.code.layout == "bare" else case
        if fitting is None:
            return None
        fitting = self.definition.reduced(
            fitting,
            samples=getattr(self.code, "one_sample", False),
            channels=getattr(self.code, "one_channel", False),
        )
        case = replace(fitting, shapes={name: fitting.shapes[name] for name in self.code.arguments})
        problem = self.definition.problem(case, self.seed + number, unit)
        return problem if self.code.takes_dy or not self.definition.loss else replace(problem, dy=np.ones(()))

    def run(self, problem: Problem) -> Run:
        """Run the code on a problem.

        If the result has the wrong shape, the returned problem has the dy that was passed to the backward.
        """
        outcome = self.code.run(problem)
        return (problem if outcome.dy is problem.dy else replace(problem, dy=outcome.dy)), outcome

    def _try_cases(self) -> None:
        cases = list(self.definition.cases(self.settings, self._open_settings(), self.convention))
        self._try(cases)
        if not self.runs or not all(map(self._is_right, self.runs)):
            self._try_other_forms(cases)
        if self.runs:
            self._try_like_gradients(cases)
        else:
            self._try_special(cases)
        if not self.runs:
            reason = self._first_refusal
            if isinstance(reason, ReturnedNothing):
                raise GradientError(f"check.layer: {reason}")
            by, given = (reason.by, reason.given) if reason is not None else ("", "")
            first = f"{given} ({reason})" if given else self.refused[0]
            raise GradientError(
                f"check.layer: {by or self.code.name} refused every case, the first one with {first}; "
                "pass the settings, the kernel_size and the layout that the code is written for"
            )

    def _open_settings(self) -> tuple[str, ...]:
        """The settings to vary."""
        names = tuple(s for s in self.code.open_settings if s not in self.settings)
        if self.settings.get("padding") == "same" and "stride" in names:
            names = tuple(s for s in names if s != "stride")
            self.remarks += [SAME_STRIDE] if SAME_STRIDE not in self.remarks else []
        return names

    def _try_special(self, cases: Sequence[Case]) -> None:
        """Use the first kind of special cases that is right, otherwise the first that is accepted."""
        refused = self.refused
        taken: tuple[list[Run], list[str], str, Special] | None = None
        for special, remark in _specials(self.definition):
            self.runs, self.refused = [], list(refused)
            self._try([case for case in map(special, cases) if case is not None])
            right = bool(self.runs) and all(map(self._is_right, self.runs))
            if right or (self.runs and taken is None):
                taken = self.runs, self.refused, remark, special
            if right:
                break
        self.runs, self.refused = [], refused
        if taken is not None:
            self.runs, self.refused, remark, self._special = taken
            self.remarks += [remark] if remark and remark not in self.remarks else []

    def _try_other_forms(self, cases: Sequence[Case]) -> None:
        """Use another form of the parameters if it is right, or if it is accepted and the first form is refused."""
        code, runs, refused = self.code, self.runs, self.refused
        taken = None
        for other, remark in code.other_forms(refused=not runs):
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

    def _try_like_gradients(self, cases: Sequence[Case]) -> None:
        """Use vectors in the shapes of their gradients if that makes everything right, for example b as (1, C)."""
        found = self.code.like_gradients(self.runs[0][1])
        if found is None:
            return
        before = self.code, self.runs, self.refused
        (self.code, remark), self.runs, self.refused = found, [], []
        self._try(cases)
        if self.runs and all(self._is_right(run) and _gradients_fit(run) for run in self.runs):
            self.remarks.append(remark)
        else:
            self.code, self.runs, self.refused = before

    def _try(self, cases: Sequence[Case]) -> None:
        self.runs += self._runs(cases)

    def _runs(self, cases: Sequence[Case], *, edges: bool = False) -> list[Run]:
        """Run the code on cases; those that it refuses are added to `refused`."""
        runs: list[Run] = []
        for number, case in enumerate(cases):
            for unit in _units(case, number, edges):
                problem = self.problem(case, number, unit)
                if problem is None or any(problem.case == other.case for other, _ in runs if other.unit == unit):
                    break
                try:
                    runs.append(self.run(problem))
                except Refused as reason:
                    self._first_refusal = self._first_refusal or reason
                    if not (edges and _has_new_tuples(case, self.settings)):
                        self.refused.append(f"{case.describe()} ({reason})")
                    break
        return runs

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
                self.refused.append(f"x of {axes} axes (the result is right for {right[0]} axes, but not here)")

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


def _specials(definition: Definition) -> Iterator[tuple[Special, str]]:
    """Yield changes of cases, with remarks: square kernels, equal channels, one kernel per channel, and one image."""

    def square_depthwise(case: Case) -> Case | None:
        each = definition.depthwise(case)
        return each and definition.alike(each, channels=False)

    yield partial(definition.alike, channels=False), ""
    yield partial(definition.alike, channels=True), ""
    yield definition.depthwise, DEPTHWISE
    yield square_depthwise, DEPTHWISE
    yield definition.single, SINGLE


def _unchanged(case: Case) -> Case | None:
    return case


def _has_new_tuples(case: Case, fixed: Mapping[str, Any]) -> bool:
    """True if an open setting has one number per axis; code that takes a single number need not take these."""
    return any(isinstance(value, tuple) and name not in fixed for name, value in case.settings.items())


def _units(case: Case, number: int, edges: bool) -> tuple[float, ...]:
    """The units of the numbers of a case: whole numbers, and quarters where they hide less."""
    if edges:
        return (0.25,) if case.dtype != "float64" else (1.0,)
    return (1.0, 0.25) if number < 2 else (1.0,)


def _gradients_fit(run: Run) -> bool:
    """True if the gradients of vectors have the shapes of their arrays."""
    problem, outcome = run
    found = {name: gradient.shape for name, gradient in outcome.gradients.items() if name in VECTORS}
    return all(shape == problem.arrays[name].shape for name, shape in found.items())
