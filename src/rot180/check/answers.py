"""The verdict on answers that another program has written beside test vectors (`vectors.py`, docs/vectors.md).

They are judged and diagnosed as a layer of one's own is, but for what needs the code itself: no smaller cases are
tried, no differences taken, and nothing is called twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import GradientError
from . import exported
from .case import Array, Case, Problem
from .definitions import Definition
from .findings import LayerReport
from .implementation import Outcome, Refused
from .judgement import Check
from .trials import Run, Trials


class Answers:
    """What stands in for the user's functions: the answers, by problem."""

    layout = "channels_first"
    open_settings = ()
    takes_dy = True

    def __init__(self, definition: Definition, name: str, outcomes: Mapping[int, Outcome]) -> None:
        self.name, self.outcomes, self.definition = name, outcomes, definition
        self.arguments = definition.arguments
        present = [set(outcome.gradients) for outcome in outcomes.values()]
        self.returns = tuple(a for a in definition.gradients_of if all(a in names for names in present))

    def run(self, problem: Problem) -> Outcome:
        """What was answered; Refused for any problem that was not asked."""
        if id(problem) not in self.outcomes:
            raise Refused("only what was exported has answers")
        return self.outcomes[id(problem)]

    def gradients(self, problem: Problem) -> dict[str, Array]:
        """Nor for another dy."""
        raise Refused("only what was exported has answers")

    def value(self, problem: Problem, arrays: Mapping[str, Array]) -> Array:
        """Nothing else can be computed."""
        raise Refused("only what was exported has answers")


class Answered(Trials):
    """Trials that another program has made: the runs are read."""

    def __init__(self, definition: Definition, name: str, runs: list[Run], missing: Sequence[str]) -> None:
        code = Answers(definition, name, {id(problem): outcome for problem, outcome in runs})
        super().__init__(code, definition, "correlation", {}, 0)
        self.runs = runs
        self.refused = [f"{name} (no answer)" for name in missing]

    def try_all(self) -> None:
        """Nothing is left to try; the settings are those of the cases."""

    def problem(self, case: Case, number: int, unit: float) -> None:
        """No other case can be asked."""


def verify(folder: str | Path) -> LayerReport:
    """Judge the answers in a folder of vectors.

    Raises FormatError where the folder holds no vectors, or others than were exported, or an answer cannot be read;
    GradientError where there is no answer.
    """
    root = Path(folder)
    definition, names = exported.index(root)
    runs, missing = [], []
    for name in names:
        problem = exported.problem(root / name, definition)
        answer = exported.answer(root / name, definition)
        if "y" in answer:
            gradients = {argument: answer[f"d{argument}"] for argument in problem.arrays if f"d{argument}" in answer}
            runs.append((problem, Outcome(answer["y"], gradients, problem.dy)))
        else:
            missing.append(name)
    if not runs:
        raise GradientError(
            f"vectors.verify: no case in {root} has an answer; a program writes answer/y.npy, dx.npy, dw.npy and "
            "db.npy, or answer.json, beside each (docs/vectors.md)"
        )
    return Check(Answered(definition, root.name, runs, missing)).report()
