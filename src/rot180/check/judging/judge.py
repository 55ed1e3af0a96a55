"""The verdict on the results of the user's functions, and the diagnosis of what is wrong.

The forward is judged against the definition of the operation, the backward against the gradient of the user's own
forward (collector.py).

Internal to check/. running/runner.py chooses the problems.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..adapter.code import Code, Refused
from ..comparison import is_low, same
from ..diagnosis.evidence import Evidence
from ..diagnosis.mistakes import UNNAMED, state
from ..diagnosis.search import Explanation, explain
from ..diagnosis.texts import missing, reshaped, structure, texts
from ..rendering import example, formula, matrices
from ..report import Diagnosis, LayerReport, Stage
from ..running.runner import Runner
from . import edge_cases, invalid_arrays, kinks, reference_check, refusals
from .collector import EvidenceCollector, dy_fits
from .repeated_calls import RepeatedCalls, call_again, find_stale_arrays

LOW_PRECISION = (
    "The result agrees with the correct one only to float32 accuracy: somewhere it is computed or stored in "
    "float32, although the inputs are float64. This is not a fault."
)
LARGE = 2.0**20  # a power of two, so that multiplying dy by it is exact


class Judge:
    """Runs the check of one pair of functions and collects the verdict."""

    def __init__(self, runner: Runner) -> None:
        self.runner, self.definition = runner, runner.definition
        self.collector = EvidenceCollector(runner)
        self.stages: list[Stage] = []
        self.diagnoses: list[Diagnosis] = []
        self.unexplained: list[Diagnosis] = []
        self.remarks: list[str] = []
        self.notes: list[Diagnosis] = []
        self.repeated_calls = RepeatedCalls()

    @property
    def code(self) -> Code:
        """The code that is judged, called in the form that the runner found."""
        return self.runner.code

    def report(self) -> LayerReport:
        """Run all problems, judge the results, and return the report."""
        self.runner.try_all()
        self.remarks += [*self.runner.remarks, *self.code.remarks]
        self._judge_state()
        self.collector.variant = self._judge_forward()
        tried = tuple(problem.describe() for problem, _ in self.runner.runs)
        if some := [run for run in self.runner.runs if run[1].y.size]:  # an empty result has no gradients to judge
            self.runner.runs = some
        evidences = [self.collector.backward_evidence(problem, outcome) for problem, outcome in self.runner.runs]
        self._judge_backward(evidences)
        self._remark_on_refusals()
        self._judge_linearity(evidences[0])
        tried += self._judge_edges()
        self._judge_refusals()
        self._note_kinks()
        self._note_precision(evidences)
        return LayerReport(
            self.definition.name, self.code.name, self.runner.convention, tuple(self.stages), tuple(self.diagnoses),
            tuple(self.unexplained), tuple(self.notes), tuple(self.remarks),
            tried, self.runner.refused_texts(), self.runner.restriction.scope,
        )  # fmt: skip

    # ---- the forward ----

    def _judge_forward(self) -> str | None:
        """Return "" if the forward is right, the slug if it is one known mistake, and None otherwise."""
        evidences = [self.collector.forward_evidence(problem, outcome) for problem, outcome in self.runner.runs]
        wrong = [e for e in evidences if e.wrong("y")]
        if not wrong:
            self.stages.append(Stage("forward", True, f"equals the definition on {_all(len(evidences))}"))
            return ""
        self.stages.append(
            Stage("forward", False, f"differs from the definition on {len(wrong)} of {len(evidences)} problems")
        )
        if self._report_invalid(evidences, "y"):
            return None
        explanations = explain(evidences, "y")
        self._add(explanations, "y", wrong)
        if len(explanations) == 1:
            (explanation,) = explanations
            if len(explanation.parts) > 1 or explanation.factor or explanation.negative or not explanation.parts:
                return None
            slug = explanation.parts[0][0].slug
            return None if slug == UNNAMED else slug
        return None

    # ---- the backward ----

    def _judge_backward(self, evidences: Sequence[Evidence]) -> None:
        self._judge_differences(evidences)
        fixed = []
        for argument in self.code.returns:
            present = [e for e in evidences if argument in e.actual]
            if argument in self.repeated_calls.random:
                continue
            if argument in self.repeated_calls.added:
                present = [self._one_call(argument, evidences[0])]
            elif len(present) < len(evidences):
                self.unexplained.append(missing(argument))
                continue
            name = f"d{argument}"
            present, old = find_stale_arrays(present, argument)
            if old is not None:
                self.diagnoses.append(old)
            wrong = [e for e in present if e.wrong(argument)]
            if not wrong:
                if any(e.compares(argument) for e in present):
                    self.stages.append(Stage(name, True, f"right on {_all(len(present), 'that was judged')}"))
                continue
            self.stages.append(Stage(name, False, f"wrong on {len(wrong)} of {len(present)} problems"))
            if self._report_invalid(present, argument):
                continue
            explanations = explain(present, argument) or _explain_fewest_axes(present, argument)
            if self.collector.variant != "" and self._right_by_definition(argument):
                fixed.append(name)
                if not explanations:
                    continue  # the forward is wrong, not this gradient
            self._add(explanations, argument, wrong)
        judged = {f"d{argument}" for argument in self.code.returns}
        if fixed and judged & {d.argument for d in (*self.diagnoses, *self.unexplained)} <= set(fixed):
            self._remark_on_the_forward(fixed)

    def _judge_edges(self) -> tuple[str, ...]:
        """If everything is right so far, try the edge cases. Returns their descriptions."""
        if self.diagnoses or self.unexplained:
            return ()
        ordinary, edges = self.runner.runs, self.runner.edge_runs()
        faults = edge_cases.judge_edges(self.collector, ordinary, edges)
        if edges:
            self.stages.append(edge_cases.stage(faults, len(edges)))
        for fault in faults:
            self._add(fault.explanations, fault.argument, fault.wrong, fault.text)
        return tuple(problem.describe() for problem, _ in edges)

    def _judge_linearity(self, first: Evidence) -> None:
        """If everything is right so far, try a very large dy, which reveals clips that small numbers do not reach."""
        if self.diagnoses or self.unexplained or not self.code.takes_dy:
            return
        problem = replace(first.problem, dy=first.problem.dy * LARGE)
        try:
            gradients = self.code.gradients(problem)
        except Refused:
            return
        expected = {argument: LARGE * gradient for argument, gradient in first.expected.items()}
        error_bound = {argument: LARGE * bound for argument, bound in first.error_bound.items()}
        large = replace(first, problem=problem, actual=gradients, expected=expected, error_bound=error_bound)
        for argument, gradient in gradients.items():
            if gradient.dtype != np.float16 and np.isfinite(gradient).all() and large.wrong(argument):
                text = f"d{argument} is not linear in dy: {LARGE:.0f} * dy does not give {LARGE:.0f} * d{argument}"
                self.stages.append(Stage("linear", False, text))
                self._add(explain([large, first], argument), argument, [large])

    def _judge_differences(self, evidences: Sequence[Evidence]) -> None:
        """Check that the computed gradients are those of the forward, on the smallest problem of integers."""
        runs = zip(evidences, self.runner.runs, strict=True)
        usable = [(e, o) for e, (p, o) in runs if p.unit == 1 and dy_fits(self.code, p, o)]
        if not usable:
            return
        smallest, outcome = min(usable, key=lambda pair: pair[0].case.cells)
        try:
            stage, kinked = reference_check.stage(self.code, smallest, outcome)
        except Refused:
            return  # the answers to test vectors: there is no code to call
        self.stages.append(stage)
        if kinked and self.collector.variant is None:
            self.notes.append(Diagnosis(kinks.SLUG, "y", kinked, ""))

    def _one_call(self, argument: str, first: Evidence) -> Evidence:
        """Return the evidence on the amount that one call adds to an accumulated gradient."""
        return replace(first, actual={**first.actual, argument: self.repeated_calls.added[argument]})

    def _right_by_definition(self, argument: str) -> bool:
        """True if a gradient is right for the forward of the definition, on all problems."""
        for problem, outcome in self.runner.runs:
            fitting = problem.with_result(self.definition.y_shape(problem.case))
            try:
                gradients = outcome.gradients if fitting is problem else self.code.gradients(fitting)
            except Refused:
                return False
            expected = self.definition.gradients(fitting.dy, fitting.arrays, fitting.case)
            if argument not in gradients or not same(gradients[argument], expected[argument]):
                return False
        return True

    def _remark_on_the_forward(self, fixed: Sequence[str]) -> None:
        names = " and ".join(sorted(fixed))
        how = (
            "Without the rotation in the forward"
            if self.collector.variant == "forward-flipped"
            else "Once the forward is fixed"
        )
        self.remarks.append(
            f"One change fixes everything: {names} {'is' if len(fixed) == 1 else 'are'} right for the forward of the "
            f"definition. {how}, forward and backward match."
        )

    def _remark_on_refusals(self) -> None:
        """Add a remark if only a few problems ran, because the diagnosis then rests on little."""
        ran, refused = len({p.case.describe() for p, _ in self.runner.runs}), len(self.runner.refused)
        if 2 * ran < refused and (self.diagnoses or self.unexplained):
            self.remarks.append(
                f"{self.code.name} refused {refused} problems and accepted only {ran}, so this diagnosis rests on few "
                "problems. The refusals may have the same cause."
            )

    def _judge_refusals(self) -> None:
        """If nothing else is wrong, report a backward that raises an exception where its forward is right.

        Beside another fault, the refusals may have the same cause.
        """
        if self.collector.variant != "" or self.diagnoses or self.unexplained:
            return
        if fault := refusals.find_fault(self.code, self.runner.refused):
            self.stages.append(Stage("refusals", False, refusals.STAGE))
            self.diagnoses.append(fault)

    # ---- faults that show by calling again ----

    def _judge_state(self) -> None:
        changed = sorted({name for _, outcome in self.runner.runs for name in outcome.changed})
        for name in changed:
            text = state.INPUT_MUTATED.format(variant=name[0].upper() + name[1:])
            self.diagnoses.append(Diagnosis("input-mutated", name, text, state.INPUT_MUTATED_FIX))
        self.repeated_calls = call_again(self.code, self.runner.runs[0])
        self.diagnoses += self.repeated_calls.diagnoses
        self.unexplained += self.repeated_calls.unexplained

    # ---- notes ----

    def _note_kinks(self) -> None:
        if self.collector.variant != "" or self.diagnoses or self.unexplained:
            return
        for problem, _ in self.runner.runs[:4]:
            at_kinks = self.definition.at_kinks(problem.case, self.runner.seed)
            note = kinks.note(self.code, self.definition, at_kinks) if at_kinks else None
            if note is not None:
                (self.notes if note.slug == kinks.SLUG else self.unexplained).append(note)
                return

    def _note_precision(self, evidences: Sequence[Evidence]) -> None:
        """Add a note for results that are right only with float32 accuracy."""
        for name in ("y", *self.code.returns):
            judged = [self.collector.forward_evidence(*run) for run in self.runner.runs] if name == "y" else evidences
            pairs = [
                (e.actual[name], e.expected[name], e.within(name))
                for e in judged
                if name in e.actual and not e.error_bound
            ]
            if any(is_low(*pair) for pair in pairs):
                title = name if name == "y" else f"d{name}"
                self.notes.append(Diagnosis("low-precision", title, LOW_PRECISION, ""))

    # ---- adding findings ----

    def _add(
        self, explanations: Sequence[Explanation], argument: str, wrong: Sequence[Evidence], where: str = ""
    ) -> None:
        name = argument if argument == "y" else f"d{argument}"
        another_shape = not explanations and all(reshaped(e, argument) for e in wrong)
        least = wrong[0] if another_shape else min(wrong, key=lambda e: e.case.cells)
        smallest = least if another_shape else self.collector.shrink(least, argument)
        shown = _case_fields(smallest, argument)
        if not explanations:
            fix = f"{name} = {name}.reshape({argument}.shape)" if another_shape else ""
            text = f"{where}. {structure(least, argument)}" if where else structure(least, argument)
            self.unexplained.append(Diagnosis("unknown", name, text, fix, **shown))
        for explanation in explanations:
            for slug, text, fix in texts(explanation, argument, loss=self.definition.loss):
                kind = self.unexplained if slug == UNNAMED else self.diagnoses
                kind.append(Diagnosis(slug, name, f"{where}. {text}" if where else text, fix, **shown))

    def _report_invalid(self, evidences: Sequence[Evidence], argument: str) -> bool:
        """Report arrays that cannot be results or gradients. Returns True if it did, so that no mistake is searched."""
        invalid = invalid_arrays.find_invalid(evidences, argument)
        if invalid is not None:
            name, (text, evidence) = argument if argument == "y" else f"d{argument}", invalid
            shown = _case_fields(self.collector.shrink(evidence, argument), argument)
            self.unexplained.append(Diagnosis("unknown", name, text, "", **shown))
        return invalid is not None


def _explain_fewest_axes(evidences: Sequence[Evidence], argument: str) -> Sequence[Explanation]:
    """Explain an error on the problems with the fewest axes: the code may be written for these only."""
    axes = {e.problem.arrays["x"].ndim for e in evidences}
    few = [e for e in evidences if e.problem.arrays["x"].ndim == min(axes)]
    return explain(few, argument) if len(axes) > 1 and any(e.wrong(argument) for e in few) else []


def _case_fields(evidence: Evidence, argument: str) -> dict[str, Any]:
    """The parts of a diagnosis that show one problem."""
    return {
        "case": evidence.case.describe(),
        "picture": matrices.side_by_side(evidence, argument, argument if argument == "y" else f"d{argument}"),
        "formula": formula.first_wrong_cell_formula(evidence, argument),
        "example": example.example_of(evidence, argument),
    }


def _all(count: int, which: str = "") -> str:
    return f"all {count} problems" if count > 1 else f"the one problem {which}".rstrip()
