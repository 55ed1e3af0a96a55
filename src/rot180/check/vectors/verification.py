"""The verdict on the answers of another program to test vectors (docs/vectors.md).

They are judged and diagnosed like a user's layer, except for the parts that need the code: no smaller cases are tried,
no differences are taken, and nothing is called twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ...errors import GradientError
from ..adapter.code import Code, Outcome, Refused
from ..judging.judge import Judge
from ..operations import Convolution, Definition
from ..operations.case import Array, Case, Problem
from ..report import Diagnosis, LayerReport, Stage
from ..running.runner import Run, Runner
from . import reader

ROUNDED = (
    "The answers agree with the correct integers only to float32 accuracy: the program rounds somewhere, for "
    "example in an FFT or Winograd's algorithm. This is not a fault."
)


class Answers:
    """The answers by problem, in place of the user's functions."""

    layout = "channels_first"
    open_settings = ()
    remarks = ()
    hints: Mapping[str, tuple[int, ...]] = MappingProxyType({})
    takes_dy = True

    def __init__(
        self, definition: Definition, name: str, outcomes: Mapping[int, Outcome], returns: Sequence[str]
    ) -> None:
        self.name, self.outcomes, self.definition = name, outcomes, definition
        self.arguments, self.returns = definition.arguments, tuple(returns)

    def run(self, problem: Problem) -> Outcome:
        """Return the answer to a problem. Raises Refused for a problem that was not exported."""
        if id(problem) not in self.outcomes:
            raise Refused("only exported cases have answers")
        return self.outcomes[id(problem)]

    def gradients(self, problem: Problem) -> dict[str, Array]:
        """Raise Refused: there are no answers for another dy."""
        raise Refused("only exported cases have answers")

    def other_forms(self, *, refused: bool) -> Sequence[tuple[Code, str]]:
        """There is only one form."""
        return ()

    def like_gradients(self, outcome: Outcome) -> None:
        """There are no other shapes."""

    def value(self, problem: Problem, arrays: Mapping[str, Array]) -> Array:
        """Raise Refused: there are no answers for other arrays."""
        raise Refused("only exported cases have answers")


class AnswerRunner(Runner):
    """A runner whose runs are read from files."""

    def __init__(
        self, definition: Definition, name: str, runs: list[Run], refused: Sequence[str], returns: Sequence[str]
    ) -> None:
        code = Answers(definition, name, {id(problem): outcome for problem, outcome in runs}, returns)
        super().__init__(code, definition, "correlation", {}, 0)
        self.runs, self.refused = runs, list(refused)
        if refused:
            have, is_not = ("has", "is not") if len(refused) == 1 else ("have", "are not")
            self.remarks = [f"{len(refused)} of {len(runs) + len(refused)} cases {have} no answer and {is_not} judged."]

    def try_all(self) -> None:
        """There is nothing to try; the settings are those of the cases."""

    def problem(self, case: Case, number: int, unit: float) -> None:
        """There are no other cases."""


def verify(folder: str | Path, only: Sequence[str] | None = None) -> LayerReport:
    """Judge the answers in a folder of vectors.

    Args:
        only: the arrays that the program computes: "y", or "y" and some of "dx", "dw", "db" (default: all).

    Returns a LayerReport.

    Raises FormatError if the folder does not hold vectors as they were exported, or an answer cannot be read;
    GradientError if there is no answer; ValueError for an unknown name in `only`.
    """
    root = Path(folder)
    definition, names = reader.read_index(root)
    requested = _requested(definition, only)
    runs, refused = _read(root, names, definition, requested)
    judged = ", ".join(["y", *[f"d{argument}" for argument in requested]])
    left_out = [f"d{argument}" for argument in definition.gradients_of if argument not in requested]
    title = f"{root.name} ({judged} only)" if left_out else root.name
    counts = {argument: sum(argument in outcome.gradients for _, outcome in runs) for argument in requested}
    complete = [argument for argument in requested if counts[argument] == len(runs)]
    with np.errstate(all="ignore"):  # answers can be infinite
        report = Judge(AnswerRunner(definition, title, runs, refused, complete)).report()
    report = replace(report, notes=tuple(_adapt_note(note) for note in report.notes))
    report = _with_missing(report, counts, len(runs))
    if not left_out:
        return report
    remark = f"As requested, only {judged} judged, and not {', '.join(left_out)}."
    return replace(report, remarks=(remark, *report.remarks))


def _read(
    root: Path, names: Sequence[str], definition: Convolution, requested: Sequence[str]
) -> tuple[list[Run], list[str]]:
    """Return the answered cases, and descriptions of the others. Raises GradientError if there are no answers."""
    runs, refused = [], []
    for name in names:
        problem = reader.read_problem(root / name, definition)
        answer = reader.read_answer(root / name, definition)
        if "y" in answer:
            gradients = {argument: answer[f"d{argument}"] for argument in requested if f"d{argument}" in answer}
            runs.append((problem, Outcome(answer["y"], gradients, problem.dy)))
        else:
            refused.append(f"{name} ({'no y in the answer' if answer else 'no answer'})")
    if not runs:
        raise GradientError(
            f"vectors.verify: no case in {root} has an answer with a y; the program must write answer/y.npy, dx.npy, "
            "dw.npy and db.npy, or answer.json, into the folder of each case (docs/vectors.md)"
        )
    return runs, refused


def _adapt_note(note: Diagnosis) -> Diagnosis:
    """Adapt the text of a note to a program that gets float32 integers."""
    return replace(note, explanation=ROUNDED) if note.slug == "low-precision" else note


def _requested(definition: Definition, only: Sequence[str] | None) -> list[str]:
    """The arguments whose gradients must be answered."""
    known = [f"d{argument}" for argument in definition.gradients_of]
    for name in only or ():
        if name not in ("y", *known):
            raise ValueError(f"vectors.verify: only must name y, or y and some of {', '.join(known)}; got {name!r}")
    return [argument for argument in definition.gradients_of if only is None or f"d{argument}" in only]


def _with_missing(report: LayerReport, requested: Mapping[str, int], answers: int) -> LayerReport:
    """Add the missing answers to the report: a program that forgot its backward is not right.

    `asked` is the number of answers that hold the gradient of each argument.
    """
    counts = {argument: count for argument, count in requested.items() if count < answers}
    judged = ",".join(["y", *[f"d{argument}" for argument in requested if argument not in counts]])
    stages, findings = [], []
    for argument, count in counts.items():
        name = f"d{argument}"
        count_text = f"Only {count} of {answers} answers contain {name}" if count else f"No answer contains {name}"
        stages.append(Stage(name, False, "missing"))
        fix = f"write {name} for every case; if the program does not compute it: rot180 vectors verify --only {judged}"
        findings.append(Diagnosis("missing", name, f"{count_text}, so it is not judged.", fix))
    return replace(report, stages=(*report.stages, *stages), unexplained=(*report.unexplained, *findings))
