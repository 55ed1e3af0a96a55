"""The verdict on answers that another program has written beside test vectors (`vectors.py`, docs/vectors.md).

They are judged and diagnosed as a layer of one's own is, but for what needs the code itself: no smaller cases are
tried, no differences taken, and nothing is called twice.
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
    "The answers agree with the right ones, which are whole numbers, as far as float32 goes, and do not equal them: on "
    "the way something is rounded, as in an FFT or Winograd's algorithm. That is no fault."
)


class Answers:
    """What stands in for the user's functions: the answers, by problem."""

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
        """What was answered; Refused for any problem that was not asked."""
        if id(problem) not in self.outcomes:
            raise Refused("only what was exported has answers")
        return self.outcomes[id(problem)]

    def gradients(self, problem: Problem) -> dict[str, Array]:
        """Nor for another dy."""
        raise Refused("only what was exported has answers")

    def otherwise(self, *, refused: bool) -> Sequence[tuple[Code, str]]:
        """There is one form."""
        return ()

    def like_gradients(self, outcome: Outcome) -> None:
        """Nor is there another shape."""

    def value(self, problem: Problem, arrays: Mapping[str, Array]) -> Array:
        """Nothing else can be computed."""
        raise Refused("only what was exported has answers")


class Answered(Runner):
    """Runner that another program has made: the runs are read."""

    def __init__(
        self, definition: Definition, name: str, runs: list[Run], refused: Sequence[str], returns: Sequence[str]
    ) -> None:
        code = Answers(definition, name, {id(problem): outcome for problem, outcome in runs}, returns)
        super().__init__(code, definition, "correlation", {}, 0)
        self.runs, self.refused = runs, list(refused)
        if refused:
            count = f"{len(refused)} of {len(runs) + len(refused)} cases"
            have = "has no answer and is" if len(refused) == 1 else "have no answer and are"
            self.remarks = [f"{count} {have} not judged."]

    def try_all(self) -> None:
        """Nothing is left to try; the settings are those of the cases."""

    def problem(self, case: Case, number: int, unit: float) -> None:
        """No other case can be asked."""


def verify(folder: str | Path, only: Sequence[str] | None = None) -> LayerReport:
    """Judge the answers in a folder of vectors.

    Args:
        only: what the program is to answer, if that is not all: "y", or "y" and some of "dx", "dw", "db".

    Raises FormatError where the folder holds no vectors, or others than were exported, or an answer cannot be read;
    GradientError where there is no answer.
    """
    root = Path(folder)
    definition, names = reader.read_index(root)
    asked = _asked(definition, only)
    runs, refused = _read(root, names, definition, asked)
    judged = ", ".join(["y", *[f"d{argument}" for argument in asked]])
    left_out = [f"d{argument}" for argument in definition.gradients_of if argument not in asked]
    title = f"{root.name} ({judged} only)" if left_out else root.name
    counts = {argument: sum(argument in outcome.gradients for _, outcome in runs) for argument in asked}
    complete = [argument for argument in asked if counts[argument] == len(runs)]
    with np.errstate(all="ignore"):  # where an answer is infinite
        report = Judge(Answered(definition, title, runs, refused, complete)).report()
    report = replace(report, notes=tuple(_as_of_an_answer(note) for note in report.notes))
    report = _with_missing(report, counts, len(runs))
    if not left_out:
        return report
    remark = f"As asked, only {judged} judged; not judged: {', '.join(left_out)}."
    return replace(report, remarks=(remark, *report.remarks))


def _read(
    root: Path, names: Sequence[str], definition: Convolution, asked: Sequence[str]
) -> tuple[list[Run], list[str]]:
    """The answered cases, and descriptions of the others; GradientError where there are no answers at all."""
    runs, refused = [], []
    for name in names:
        problem = reader.read_problem(root / name, definition)
        answer = reader.read_answer(root / name, definition)
        if "y" in answer:
            gradients = {argument: answer[f"d{argument}"] for argument in asked if f"d{argument}" in answer}
            runs.append((problem, Outcome(answer["y"], gradients, problem.dy)))
        else:
            refused.append(f"{name} ({'no y in the answer' if answer else 'no answer'})")
    if not runs:
        raise GradientError(
            f"vectors.verify: no case in {root} has an answer with a y; a program writes answer/y.npy, dx.npy, dw.npy "
            "and db.npy, or answer.json, beside each (docs/vectors.md)"
        )
    return runs, refused


def _as_of_an_answer(note: Diagnosis) -> Diagnosis:
    """A note in the words that fit one who was given float32 and whole numbers."""
    return replace(note, explanation=ROUNDED) if note.slug == "low-precision" else note


def _asked(definition: Definition, only: Sequence[str] | None) -> list[str]:
    """The arguments whose gradients are to be answered."""
    known = [f"d{argument}" for argument in definition.gradients_of]
    for name in only or ():
        if name not in ("y", *known):
            raise ValueError(f"vectors.verify: only must name y, or y and some of {', '.join(known)}; got {name!r}")
    return [argument for argument in definition.gradients_of if only is None or f"d{argument}" in only]


def _with_missing(report: LayerReport, asked: Mapping[str, int], answers: int) -> LayerReport:
    """The report with what was not answered: a program that forgot its backward is not right.

    `asked` says how many answers hold the gradient of each argument.
    """
    counts = {argument: count for argument, count in asked.items() if count < answers}
    judged = ",".join(["y", *[f"d{argument}" for argument in asked if argument not in counts]])
    stages, findings = [], []
    for argument, count in counts.items():
        name = f"d{argument}"
        held = f"Only {count} of {answers} answers hold {name}" if count else f"No answer holds {name}"
        stages.append(Stage(name, False, "missing"))
        fix = f"write {name} for every case; a program that is not meant to: rot180 vectors verify --only {judged}"
        findings.append(Diagnosis("missing", name, f"{held}, so it is not judged.", fix))
    return replace(report, stages=(*report.stages, *stages), unexplained=(*report.unexplained, *findings))
