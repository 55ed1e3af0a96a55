"""`layer`: somebody's forward and backward, tried on many small problems, judged and diagnosed.

The forward is judged against the definition of the operation, the backward against the gradient of the user's own
forward. Where that forward is the definition, or the definition with one known mistake, its gradient is computed; where
it is neither, by differences, which are exact: a convolution is affine in each argument, and all numbers are small
integers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import GradientError
from . import definitions, differences_exact, formula, matrices
from .case import Array, Case, Problem, draw
from .definitions import Definition
from .diagnosis import Explanation, explain
from .evidence import Evidence, same
from .findings import Diagnosis, LayerReport, Stage
from .implementation import Implementation, Outcome, Refused
from .mistakes import state, sums

CONVENTIONS = ("correlation", "convolution")
MOST_TRIES = 120  # of smaller cases


def layer(
    forward: Callable[..., Any], backward: Callable[..., Any], op: str = "conv2d", *,
    convention: str = "correlation", layout: str = "channels_first", forward_arguments: Sequence[str] | None = None,
    backward_arguments: Sequence[str] | None = None, returns: Sequence[str] | None = None, seed: int = 0,
    **settings: Any,
) -> LayerReport:  # fmt: skip
    """Try a forward and a backward on arrays, and report whether they are right and, if not, which mistake it is.

    Args:
        forward: forward(x, w, b) returning y or (y, cache); settings as keywords or in a dict such as conv_param.
        backward: backward(dy, cache) or backward(dy, x, w, b), returning (dx, dw, db), or a dict of them.
        op: conv1d to conv3d, conv_transpose1d to conv_transpose3d, linear.
        convention: "correlation", or "convolution" where the kernel is meant to be rotated by the layer.
        layout: "channels_first", "channels_last" or "bare" (one matrix each, "hw"); how the functions take arrays.
        forward_arguments, backward_arguments: the meanings of their parameters in order, where names do not say them.
        returns: which gradients the backward returns, in order, where it is not all of x, w, b.
        seed: of the numbers.
        settings: stride, padding, dilation, groups, output_padding and kernel_size, where they are fixed; they are
            passed on to functions that have such a parameter. Settings that are not given are varied, if the functions
            can be told them.

    Raises GradientError where the functions refuse every case, TypeError (CallingError) where it cannot be seen how to
    call them.
    """
    definition = definitions.find(op)
    if convention not in CONVENTIONS:
        raise ValueError(f"check.layer: convention must be 'correlation' or 'convolution'; got {convention!r}")
    unknown = [name for name in settings if name not in (*definition.settings, "kernel_size")]
    if unknown:
        raise TypeError(
            f"check.layer: {op} has no setting {', '.join(map(repr, unknown))}; it has {', '.join(definition.settings)}"
        )
    implementation = Implementation(
        forward, backward, definition, layout, forward_arguments, backward_arguments, returns
    )
    return Check(implementation, definition, convention, settings, seed).report()


class Check:
    """One run."""

    def __init__(
        self, implementation: Implementation, definition: Definition, convention: str, settings: dict[str, Any],
        seed: int,
    ) -> None:  # fmt: skip
        self.code, self.definition, self.convention, self.seed = implementation, definition, convention, seed
        self.settings = settings
        self.variant: str | None = ""  # of the forward: right, a known mistake, or unknown
        self.stages: list[Stage] = []
        self.diagnoses: list[Diagnosis] = []
        self.unexplained: list[Diagnosis] = []
        self.remarks: list[str] = []
        self.refused: list[str] = []
        self.runs: list[tuple[Problem, Outcome]] = []
        self.unsteady: dict[str, Array] = {}  # gradients that a second call gives otherwise, as a third one shows them

    def report(self) -> LayerReport:
        """Run all stages."""
        self._try_all()
        self._judge_state()
        self.variant = self._judge_forward()
        evidences = [self._evidence(problem, outcome, self.variant) for problem, outcome in self.runs]
        self._judge_backward(evidences)
        return LayerReport(
            self.definition.name, self.code.name, self.convention, tuple(self.stages), tuple(self.diagnoses),
            tuple(self.unexplained), (), tuple(self.remarks), tuple(p.case.describe() for p, _ in self.runs),
            tuple(self.refused),
        )  # fmt: skip

    # ---- running it ----

    def _try_all(self) -> None:
        open_settings = tuple(s for s in self.code.open_settings if s not in self.settings)
        cases = list(self.definition.cases(self.settings, open_settings, self.convention))
        self._try(cases)
        for channels in (False, True):  # code that is written for square kernels, or for as many channels in as out
            if not self.runs:
                self._try([self.definition.alike(case, channels=channels) for case in cases])
        if not self.runs:
            raise GradientError(
                f"check.layer: {self.code.name} refused every case, the first one with {self.refused[0]}; "
                "give the settings and the kernel_size that it is written for, and its layout"
            )

    def _try(self, cases: Sequence[Case]) -> None:
        for number, case in enumerate(cases):
            for unit in (1.0, 0.25) if number < 2 else (1.0,):
                problem = self._problem(case, number, unit)
                try:
                    outcome = self.code.run(problem)
                    self.runs.append((outcome.problem, outcome))
                except Refused as reason:
                    self.refused.append(f"{case.describe()} ({reason})")
                    break

    def _problem(self, case: Case, number: int, unit: float) -> Problem:
        if self.code.layout == "bare":
            shapes = {name: (1, 1, *s[2:]) if len(s) > 1 else (1,) for name, s in case.shapes.items()}
            case = replace(case, shapes=shapes)
        case = replace(case, shapes={name: case.shapes[name] for name in self.code.arguments})
        return draw(case, self.definition.y_shape(case), self.seed + number, unit)

    # ---- the forward ----

    def _judge_forward(self) -> str | None:
        """ "" if it is right, the slug of the known mistake that it is, or None."""
        evidences = [
            Evidence(
                self.definition, problem, {"y": outcome.y},
                {"y": self.definition.forward(problem.arrays, problem.case)}, problem.case,
                self.definition.window(problem.case),
            )
            for problem, outcome in self.runs
        ]  # fmt: skip
        wrong = [e for e in evidences if e.wrong("y")]
        if not wrong:
            self.stages.append(Stage("forward", True, f"equals the definition on all {len(evidences)} problems"))
            return ""
        self.stages.append(Stage("forward", False, f"differs from the definition on {len(wrong)} of {len(evidences)}"))
        found = explain(evidences, "y")
        self._say(found, "y", wrong)
        if len(found) == 1 and len(found[0].parts) == 1 and not found[0].factor and not found[0].negative:
            return found[0].parts[0][0].slug
        return None

    # ---- the backward ----

    def _evidence(self, problem: Problem, outcome: Outcome, variant: str | None) -> Evidence:
        """With the gradients of the user's own forward."""
        case = problem.case
        if variant == "forward-flipped":
            other = CONVENTIONS[1 - CONVENTIONS.index(case.convention)]
            case, variant = replace(case, convention=other), ""
        if variant not in ("", "integer-truncated") and problem.dy.shape == outcome.y.shape:
            try:
                right = differences_exact.gradients(self.code, problem, outcome.y)
                return Evidence(self.definition, problem, outcome.gradients, right, case, None)
            except Refused:
                pass  # answers to vectors: there is no code to call, and nothing but the definition to judge by
        right = self.definition.gradients(problem.dy, problem.arrays, case)
        return Evidence(self.definition, problem, outcome.gradients, right, case, self.definition.window(case))

    def _judge_backward(self, evidences: Sequence[Evidence]) -> None:
        self._compare_with_differences(evidences)
        mended = []
        for argument in self.code.returns:
            present = [e for e in evidences if argument in e.found]
            if argument in self.unsteady:
                present = [self._steady(argument, evidences[0])]
            elif len(present) < len(evidences):
                self.unexplained.append(_missing(argument))
                continue
            wrong = [e for e in present if e.wrong(argument)]
            name = f"d{argument}"
            if not wrong:
                self.stages.append(Stage(name, True, f"right on all {len(present)} problems"))
                continue
            self.stages.append(Stage(name, False, f"wrong on {len(wrong)} of {len(present)} problems"))
            found = explain(present, argument)
            if self.variant != "" and self._right_by_definition(argument):
                mended.append(name)
                if not found:
                    continue  # the forward is at fault
            self._say(found, argument, wrong)
        judged = {f"d{argument}" for argument in self.code.returns}
        if mended and judged & {d.argument for d in (*self.diagnoses, *self.unexplained)} <= set(mended):
            self._remark_on_the_forward(mended)

    def _compare_with_differences(self, evidences: Sequence[Evidence]) -> None:
        """Whether the gradients that were computed are those of the forward, on the smallest whole-numbered problem."""
        usable = [
            (e, o) for e, (p, o) in zip(evidences, self.runs, strict=True) if p.unit == 1 and p.dy.shape == o.y.shape
        ]
        if not usable:
            return
        evidence, outcome = min(usable, key=lambda pair: pair[0].case.cells)
        try:
            measured = differences_exact.gradients(self.code, evidence.problem, outcome.y)
        except Refused:
            return  # answers to vectors: there is no code to call
        bound = differences_exact.bound(evidence.problem, outcome.y)
        agree = all(np.allclose(measured[a], evidence.right[a], rtol=0, atol=bound) for a in measured)
        self.stages.append(
            Stage("differences", agree, "the gradients that the backward is judged by are those of the forward")
        )

    def _steady(self, argument: str, first: Evidence) -> Evidence:
        """What one call adds to a gradient that the calls accumulate."""
        return replace(first, found={**first.found, argument: self.unsteady[argument]})

    def _right_by_definition(self, argument: str) -> bool:
        """Whether a gradient is right for the forward of the definition, on all problems."""
        for problem, outcome in self.runs:
            fitting = problem.with_result(self.definition.y_shape(problem.case))
            try:
                found = outcome.gradients if fitting is problem else self.code.gradients(fitting)
            except Refused:
                return False
            right = self.definition.gradients(fitting.dy, fitting.arrays, fitting.case)
            if argument not in found or not same(found[argument], right[argument]):
                return False
        return True

    def _remark_on_the_forward(self, mended: Sequence[str]) -> None:
        names = " and ".join(sorted(mended))
        how = "Without the rotation in the forward" if self.variant == "forward-flipped" else "With the forward mended"
        self.remarks.append(
            f"One change mends all of this: {names} are right for the forward of the definition. {how}, forward and "
            "backward belong together."
        )

    # ---- what shows by calling ----

    def _judge_state(self) -> None:
        changed = sorted({name for _, outcome in self.runs for name in outcome.changed})
        for name in changed:
            text = state.INPUT_MUTATED.format(variant=name[0].upper() + name[1:])
            self.diagnoses.append(Diagnosis("input-mutated", name, text, state.INPUT_MUTATED_MEND))
        problem, first = self.runs[0]
        try:
            second, third = self.code.run(problem).gradients, self.code.run(problem).gradients
        except Refused:
            return
        for argument, gradient in first.gradients.items():
            if argument in second and not same(second[argument], gradient):
                text = state.ACCUMULATED.format(variant=f"d{argument}")
                self.diagnoses.append(Diagnosis("gradients-accumulated", f"d{argument}", text, state.ACCUMULATED_MEND))
                added = third[argument] - second[argument]
                self.unsteady[argument] = added if np.any(added) else third[argument]

    # ---- saying it ----

    def _say(self, found: Sequence[Explanation], argument: str, wrong: Sequence[Evidence]) -> None:
        name = argument if argument == "y" else f"d{argument}"
        smallest = self._shrunk(min(wrong, key=lambda e: e.case.cells), argument)
        shown = {
            "case": smallest.case.describe(),
            "picture": matrices.beside(smallest.found[argument], smallest.right[argument], name),
            "formula": formula.of_first_wrong_cell(smallest, argument),
        }
        if not found:
            self.unexplained.append(Diagnosis("unknown", name, _structure(smallest, argument), "", **shown))
        for explanation in found:
            for slug, text, mend in _texts(explanation, argument):
                self.diagnoses.append(Diagnosis(slug, name, text, mend, **shown))

    def _shrunk(self, evidence: Evidence, argument: str) -> Evidence:
        """The same fault on the smallest sizes at which it still shows."""
        tries = 0
        while tries < MOST_TRIES:
            for case in self.definition.smaller(evidence.problem.case):
                if "kernel_size" in self.settings and case.shapes["w"][2:] != evidence.problem.case.shapes["w"][2:]:
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
        problem = self._problem(case, 0, like.problem.unit)
        try:
            outcome = self.code.run(problem)
        except Refused:
            return None
        if argument == "y":
            right = {"y": self.definition.forward(problem.arrays, problem.case)}
            window = self.definition.window(problem.case)
            evidence = Evidence(self.definition, problem, {"y": outcome.y}, right, problem.case, window)
        else:
            evidence = self._evidence(outcome.problem, outcome, self.variant)
        return evidence if argument in evidence.found and evidence.wrong(argument) else None


def _texts(explanation: Explanation, argument: str) -> Iterator[tuple[str, str, str]]:
    """Slug, explanation and mend of each mistake in it."""
    for mistake, variant in explanation.parts:
        yield (
            mistake.slug,
            mistake.explanation.replace("{variant}", variant),
            mistake.mend.replace("{variant}", variant),
        )
    forward = argument == "y"
    if explanation.negative:
        yield "sign-inverted", *((sums.SIGN_RESULT, sums.SIGN_RESULT_MEND) if forward else (sums.SIGN, sums.SIGN_MEND))
    if explanation.factor:
        text, mend = (sums.SCALED_RESULT, sums.SCALED_RESULT_MEND) if forward else (sums.SCALED, sums.SCALED_MEND)
        yield "scaled", text.replace("{variant}", explanation.factor), mend


def _missing(argument: str) -> Diagnosis:
    return Diagnosis("unknown", f"d{argument}", f"The backward returns no d{argument}.", "")


def _structure(evidence: Evidence, argument: str) -> str:
    """Where an error lies that no known mistake explains."""
    found, right = evidence.found[argument], evidence.right[argument]
    if found.shape != right.shape:
        return f"No known mistake explains this. The shape is {found.shape} and should be {right.shape}."
    wrong = np.abs(found - right) > 1e-9 * max(1.0, float(np.abs(right).max(initial=0)))
    names = ("sample", "channel", "row", "column") if right.ndim == 4 else tuple(f"axis {a}" for a in range(right.ndim))
    parts = []
    for axis in range(right.ndim):
        hit = [int(i) for i in np.flatnonzero(wrong.any(tuple(a for a in range(right.ndim) if a != axis)))]
        if len(hit) < right.shape[axis]:
            parts.append(f"{names[axis]} {', '.join(map(str, hit))} of {right.shape[axis]}")
    where = f"; only in {'; '.join(parts)}" if parts else ", all over"
    return f"No known mistake explains this. {int(wrong.sum())} of {right.size} cells are wrong{where}."
