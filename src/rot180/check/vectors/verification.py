"""Judge the answers of another program to test vectors (docs/vectors.md).

The answers are judged and diagnosed like the results of a user's layer. Checks that must call the code are skipped:
smaller cases, numerical derivatives and repeated calls.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from ..adapter.code import Outcome, Refused
from ..adapter.forms import Form
from ..judging import precision
from ..judging.backward import judge_backward
from ..judging.forward import judge_forward
from ..operations import Definition
from ..operations.case import Array, Problem
from ..rendering.explain import explain
from ..report import Diagnosis, LayerReport
from ..running.problems import Problems
from ..running.runs import Runs
from ..running.trial import Run
from . import reader
from .submission import lacking, read_submission, remarks_on, with_missing_answers, with_missing_gradients

ROUNDED = (
    "The answers agree with the correct integers only to float32 accuracy: the program rounds somewhere, for "
    "example in an FFT or Winograd's algorithm. This is not a fault."
)


class Answers:
    """Return stored answers, where the checker otherwise calls the user's functions."""

    form = Form()
    open_settings = ()
    remarks = ()
    hints: Mapping[str, tuple[int, ...]] = MappingProxyType({})
    settings: Mapping[str, Any] = MappingProxyType({})
    takes_dy = has_forward = True
    one_sample = one_channel = may_ignore_dy = ignores_dy = False

    def __init__(self, definition: Definition, name: str, runs: Sequence[Run], returns: Sequence[str]) -> None:
        self.name, self.definition = name, definition
        self.outcomes = {id(problem): outcome for problem, outcome in runs}
        self.arguments, self.returns = definition.arguments, tuple(returns)

    def run(self, problem: Problem) -> Outcome:
        """Return the answer to a problem. Raises Refused for a problem that was not exported."""
        if id(problem) not in self.outcomes:
            raise Refused("only exported cases have answers")
        return self.outcomes[id(problem)]

    def gradients(self, problem: Problem) -> dict[str, Array]:
        """Raise Refused: there are no answers for another dy."""
        raise Refused("only exported cases have answers")

    def forms(self) -> Sequence[Form]:
        """There is only one form."""
        return (self.form,)

    def in_form(self, form: Form) -> Answers:
        """There is only one form."""
        return self

    def values(self, problem: Problem, changed: Mapping[str, Array], count: int) -> list[Array]:
        """Raise Refused: there are no answers for other arrays."""
        raise Refused("only exported cases have answers")

    def with_dy_ignored(self) -> Answers:
        """The answers depend on the dy of their problems."""
        return self

    def in_order(self, order: tuple[str, ...]) -> Answers:
        """The gradients have names, so there is only one order."""
        return self

    def form_remarks(self) -> list[str]:
        """There is only one form."""
        return []

    def like_gradients(self, outcome: Outcome, x_ndim: int) -> None:
        """None: answers in files have only one shape."""

    def value(self, problem: Problem, arrays: Mapping[str, Array]) -> Array:
        """Raise Refused: there are no answers for other arrays."""
        raise Refused("only exported cases have answers")


def verify(
    folder: str | Path,
    only: Sequence[str] | None = None,
    *,
    op: str | None = None,
    which: str | None = None,
    seed: int | None = None,
    allow_missing: bool = False,
) -> LayerReport:
    """Judge the answers in a folder of vectors.

    The cases are generated again from the operation, the set and the seed, so only the answers are read from the
    folder. A remark in the report names the input files that were changed.

    Args:
        only: the arrays that the program computes: "y", or "y" and some of "dx", "dw", "db" (default: all).
        op, which, seed: as passed to `export` (default: the values in the index). Given values must equal those in the
            index. If all three are given, the index may be missing.
        allow_missing: True to judge only cases with an answer. If False (default), a missing answer is a fault.

    Returns a LayerReport.

    Raises FormatError if the folder does not hold vectors, its index does not list the cases of the set, or an answer
    cannot be read; GradientError if there is no answer; ValueError for an unknown name in `only`, op, set or seed.
    """
    root = Path(folder)
    vectors = reader.read_set(root, op, which, seed)
    definition = vectors.definition
    requested = _requested(definition, only)
    submission = read_submission(root, vectors, requested)
    left_out = [f"d{argument}" for argument in definition.gradients_of if argument not in requested]
    judged = ", ".join(["y", *[f"d{argument}" for argument in requested]])
    name = _one_line(os.path.basename(os.path.abspath(root)))
    title = f"{name} ({vectors.name} set, seed {vectors.seed}{f'; {judged} only' if left_out else ''})"
    without = {argument: lacking(submission, argument) for argument in requested}
    complete = [argument for argument, cases in without.items() if not cases]
    with np.errstate(all="ignore"):  # answers can be infinite, so NumPy's warnings are turned off
        report = _judge(Answers(definition, title, submission.runs, complete), submission.runs)
    report = replace(report, refused=submission.missing)
    report = replace(report, notes=tuple(_adapt_note(note) for note in report.notes))
    report = with_missing_gradients(report, without, len(submission.runs))
    if not allow_missing:
        report = with_missing_answers(report, submission)
    remarks = [f"As requested, only {judged} judged, and not {', '.join(left_out)}."] if left_out else []
    return replace(report, remarks=(*remarks, *remarks_on(submission, allow_missing=allow_missing), *report.remarks))


def _judge(answers: Answers, runs: Sequence[Run]) -> LayerReport:
    """Judge answers like the results of a layer."""
    problems = Problems(answers.definition, "correlation", {}, 0, answers.form)
    taken = Runs(answers, problems, tuple(runs), can_run=False)
    forward = judge_forward(taken)
    return explain(forward, judge_backward(taken, forward))


def _adapt_note(note: Diagnosis) -> Diagnosis:
    """Adapt the text of a note to a program that gets float32 integers."""
    return replace(note, explanation=ROUNDED) if note.slug == precision.SLUG else note


def _requested(definition: Definition, only: Sequence[str] | None) -> list[str]:
    """The arguments whose gradients must be answered."""
    known = [f"d{argument}" for argument in definition.gradients_of]
    for name in only or ():
        if name not in ("y", *known):
            raise ValueError(f"vectors.verify: only must name y, or y and some of {', '.join(known)}; got {name!r}")
    return [argument for argument in definition.gradients_of if only is None or f"d{argument}" in only]


def _one_line(text: str) -> str:
    """The name of a folder without line ends and other control characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
