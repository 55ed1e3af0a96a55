"""`layer`: somebody's forward and backward, tried on many small problems, judged and diagnosed.

The forward is judged against the definition of the operation, the backward against the gradient of the user's own
forward. Where that forward is the definition, or the definition with one known mistake, its gradient is computed; where
it is neither, it is measured by differences. These are exact where the operation is affine, as a convolution is in each
argument, because all numbers are small integers; else they have bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import GradientError
from . import definitions, formula, kinks, matrices, measured
from .case import Array, Case, Problem
from .definitions import Definition
from .diagnosis import Explanation, explain
from .evidence import LOW_PRECISION, Evidence, is_low, same
from .findings import Diagnosis, LayerReport, Stage
from .implementation import Implementation, Outcome, Refused
from .mistakes import state
from .wording import missing, structure, texts

CONVENTIONS = ("correlation", "convolution")
MOST_TRIES = 120  # of smaller cases
NO_FIT = (np.inf, np.inf)


def layer(
    forward: Callable[..., Any], backward: Callable[..., Any] | None = None, op: str = "conv2d", *,
    convention: str = "correlation", layout: str = "channels_first", forward_arguments: Sequence[str] | None = None,
    backward_arguments: Sequence[str] | None = None, returns: Sequence[str] | None = None, seed: int = 0,
    **settings: Any,
) -> LayerReport:  # fmt: skip
    """Try a forward and a backward on arrays, and report whether they are right and, if not, which mistake it is.

    Args:
        forward: forward(x, w, b) returning y or (y, cache); settings as keywords or in a dict such as conv_param.
            A loss is forward(x, t), with labels t.
        backward: backward(dy, cache) or backward(dy, x, w, b), returning (dx, dw, db), or a dict of them; of a loss
            also backward(x, t) or backward(cache), or None where the forward returns (loss, dx).
        op: conv1d to conv3d, conv_transpose1d to conv_transpose3d, linear, max_pool1d to max_pool3d, avg_pool1d to
            avg_pool3d, batch_norm (with the statistics of the batch), layer_norm, relu, leaky_relu, sigmoid, tanh,
            softmax, softmax_cross_entropy, mse_loss, half_squared_error.
        convention: "correlation", or "convolution" where the kernel is meant to be rotated by the layer.
        layout: "channels_first", "channels_last" or "bare" (one matrix each, "hw"); how the functions take arrays.
        forward_arguments, backward_arguments: the meanings of their parameters in order, where names do not say them.
        returns: which gradients the backward returns, in order, where it is not all of x, w, b.
        seed: of the numbers.
        settings: stride, padding, dilation, groups, output_padding, kernel_size, eps, negative_slope, reduction,
            normalized_shape, as the operation has them and where they are fixed; they are passed on to functions that
            have such a parameter. Settings that are not given are varied, if the functions can be told them.

    Raises GradientError where the functions refuse every case, TypeError (CallingError) where it cannot be seen how to
    call them.
    """
    definition = definitions.find(op)
    if convention not in CONVENTIONS:
        raise ValueError(f"check.layer: convention must be 'correlation' or 'convolution'; got {convention!r}")
    unknown = [name for name in settings if name not in (*definition.settings, "kernel_size")]
    if unknown:
        raise TypeError(
            f"check.layer: {op} has no setting {', '.join(map(repr, unknown))}; "
            f"it has {', '.join(definition.settings) or 'none'}"
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
        self.notes: list[Diagnosis] = []
        self.refused: list[str] = []
        self.runs: list[tuple[Problem, Outcome]] = []
        self.unsteady: dict[str, Array] = {}  # gradients that a second call gives otherwise, as a third one shows them

    def report(self) -> LayerReport:
        """Run all stages."""
        self._try_all()
        if self._guess():
            self.runs.clear()
            self._try_all()
        self._set_apart()
        self._judge_state()
        self.variant = self._judge_forward()
        evidences = [self._evidence(problem, outcome, self.variant) for problem, outcome in self.runs]
        self._judge_backward(evidences)
        self._note_kinks()
        self._note_precision(evidences)
        return LayerReport(
            self.definition.name, self.code.name, self.convention, tuple(self.stages), tuple(self.diagnoses),
            tuple(self.unexplained), tuple(self.notes), tuple(self.remarks),
            tuple(p.case.describe() for p, _ in self.runs), tuple(self.refused),
        )  # fmt: skip

    # ---- running it ----

    def _try_all(self) -> None:
        open_settings = tuple(s for s in self.code.open_settings if s not in self.settings)
        cases = list(self.definition.cases(self.settings, open_settings, self.convention))
        self._try(cases)
        for channels in (False, True):  # code that is written for square kernels, or for as many channels in as out
            if not self.runs:
                alike = (self.definition.alike(case, channels=channels) for case in cases)
                self._try([case for case in alike if case is not None])
        if not self.runs:
            raise GradientError(
                f"check.layer: {self.code.name} refused every case, the first one with {self.refused[0]}; "
                "give the settings and the kernel_size that it is written for, and its layout"
            )

    def _try(self, cases: Sequence[Case]) -> None:
        for number, case in enumerate(cases):
            for unit in (1.0, 0.25) if number < 2 else (1.0,):
                problem = self._problem(case, number, unit)
                if problem is None:
                    break
                try:
                    self.runs.append(self._run(problem))
                except Refused as reason:
                    self.refused.append(f"{case.describe()} ({reason})")
                    break

    def _set_apart(self) -> None:
        """Leave out a number of axes that the code is not written for, if it is right with another one."""
        if not self.definition.apart:
            return
        by_axes: dict[int, list[tuple[Problem, Outcome]]] = {}
        for run in self.runs:
            by_axes.setdefault(run[0].arrays["x"].ndim, []).append(run)
        right = [n for n, runs in by_axes.items() if not any(self._of_forward(*run).wrong("y") for run in runs)]
        for axes in by_axes:
            if right and axes not in right:
                self.runs = [(problem, o) for problem, o in self.runs if problem.arrays["x"].ndim != axes]
                self.refused.append(f"x of {axes} axes (the result is right with {right[0]}, and another one here)")

    def _problem(self, case: Case, number: int, unit: float) -> Problem | None:
        fitting = self.definition.bare(case) if self.code.layout == "bare" else case
        if fitting is None:
            return None
        case = replace(fitting, shapes={name: fitting.shapes[name] for name in self.code.arguments})
        problem = self.definition.problem(case, self.seed + number, unit)
        return problem if self.code.takes_dy or not self.definition.loss else replace(problem, dy=np.ones(()))

    def _run(self, problem: Problem) -> tuple[Problem, Outcome]:
        """The code on a problem; with the dy that it got, where its result has a shape of its own."""
        outcome = self.code.run(problem)
        return (problem if outcome.dy is problem.dy else replace(problem, dy=outcome.dy)), outcome

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

    # ---- the forward ----

    def _judge_forward(self) -> str | None:
        """ "" if it is right, the slug of the known mistake that it is, or None."""
        evidences = [self._of_forward(problem, outcome) for problem, outcome in self.runs]
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

    def _of_forward(self, problem: Problem, outcome: Outcome) -> Evidence:
        case, right = problem.case, {"y": self.definition.forward(problem.arrays, problem.case)}
        return Evidence(self.definition, problem, {"y": outcome.y}, right, case, self.definition.window(case))

    # ---- the backward ----

    def _evidence(self, problem: Problem, outcome: Outcome, variant: str | None) -> Evidence:
        """With the gradients of the user's own forward."""
        case = problem.case
        if variant == "forward-flipped":
            other = CONVENTIONS[1 - CONVENTIONS.index(case.convention)]
            case, variant = replace(case, convention=other), ""
        if variant in ("", "integer-truncated") or not self._fits(problem, outcome):
            return self._by_definition(problem, outcome, case)  # what is cut to integers has no derivative of its own
        try:
            own = measured.gradients(self.code, problem, outcome.y)
        except Refused:
            return self._by_definition(problem, outcome, case)  # answers to vectors: there is no code to call
        return Evidence(self.definition, problem, outcome.gradients, own.gradients, case, None, own.slack, False)

    def _by_definition(self, problem: Problem, outcome: Outcome, case: Case) -> Evidence:
        right = self.definition.gradients(problem.dy, problem.arrays, case)
        return Evidence(self.definition, problem, outcome.gradients, right, case, self.definition.window(case))

    def _fits(self, problem: Problem, outcome: Outcome) -> bool:
        """Whether the dy that the backward got has the shape of the user's result; one that gets none has its own."""
        return not self.code.takes_dy or problem.dy.shape == outcome.y.shape

    def _judge_backward(self, evidences: Sequence[Evidence]) -> None:
        self._judge_differences(evidences)
        mended = []
        for argument in self.code.returns:
            present = [e for e in evidences if argument in e.found]
            if argument in self.unsteady:
                present = [self._steady(argument, evidences[0])]
            elif len(present) < len(evidences):
                self.unexplained.append(missing(argument))
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

    def _judge_differences(self, evidences: Sequence[Evidence]) -> None:
        """Whether the gradients that were computed are those of the forward, on the smallest whole-numbered problem."""
        runs = zip(evidences, self.runs, strict=True)
        usable = [(e, o) for e, (p, o) in runs if p.unit == 1 and self._fits(p, o)]
        if not usable:
            return
        smallest, outcome = min(usable, key=lambda pair: pair[0].case.cells)
        try:
            own = measured.gradients(self.code, smallest.problem, outcome.y)
        except Refused:
            return  # answers to vectors: there is no code to call
        other = replace(smallest, found=smallest.right, right=own.gradients, slack=own.slack)
        agree = not any(other.wrong(a) for a in own.gradients if a in smallest.right)
        text = "the gradients that the backward is judged by are those of the forward"
        total = sum(g.size for g in own.gradients.values())
        if left_out := own.kinks + own.unknown:
            text += f", as far as it can be measured: not at {left_out} of {total} cells"
        if own.kinks and self.variant is None:
            text_of_note = f"The forward has no derivative at {own.kinks} of {total} cells, which are not compared."
            self.notes.append(Diagnosis(kinks.SLUG, "y", text_of_note, ""))
        self.stages.append(Stage("differences", agree, text))

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

    # ---- notes ----

    def _note_kinks(self) -> None:
        if self.variant != "" or self.diagnoses or self.unexplained:
            return
        for problem, _ in self.runs[:4]:
            at_kinks = self.definition.at_kinks(problem.case, self.seed)
            found = kinks.note(self.code, self.definition, at_kinks) if at_kinks else None
            if found is not None:
                (self.notes if found.slug == kinks.SLUG else self.diagnoses).append(found)
                return

    def _note_precision(self, evidences: Sequence[Evidence]) -> None:
        """Results that are right as far as float32 goes, and no further."""
        for name in ("y", *self.code.returns):
            pairs = [(o.y, self._of_forward(p, o).right["y"]) for p, o in self.runs] if name == "y" else []
            pairs = pairs or [(e.found[name], e.right[name]) for e in evidences if name in e.found and not e.slack]
            if any(is_low(found, right) for found, right in pairs):
                title = name if name == "y" else f"d{name}"
                self.notes.append(Diagnosis("low-precision", title, LOW_PRECISION, ""))

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
            self.unexplained.append(Diagnosis("unknown", name, structure(smallest, argument), "", **shown))
        for explanation in found:
            for slug, text, mend in texts(explanation, argument):
                self.diagnoses.append(Diagnosis(slug, name, text, mend, **shown))

    def _shrunk(self, evidence: Evidence, argument: str) -> Evidence:
        """The same fault on the smallest sizes at which it still shows."""
        tries = 0
        while tries < MOST_TRIES:
            for case in self.definition.smaller(evidence.problem.case):
                shapes = (case.shapes, evidence.problem.case.shapes)
                if "kernel_size" in self.settings and len({s["w"][2:] for s in shapes if "w" in s}) > 1:
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
        if problem is None:
            return None
        try:
            problem, outcome = self._run(problem)
        except Refused:
            return None
        if argument == "y":
            evidence = self._of_forward(problem, outcome)
        else:
            evidence = self._evidence(problem, outcome, self.variant)
        return evidence if argument in evidence.found and evidence.wrong(argument) else None
