"""The runs of code in one form, on the cases that one restriction allows, and the cases that the code refused.

Internal to check/. form_search.py chooses a trial.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..adapter.code import Code, Outcome, Refused
from ..comparison import same
from ..operations.case import Problem
from .restriction import Restriction

Run = tuple[Problem, Outcome]


@dataclass(frozen=True)
class Refusal:
    """A case that the code refused, and its reason.

    Attributes:
        problem: the problem of this case; None if the refusal is of several cases.
        elsewhere: True if the code is judged on other sizes only, so that this refusal cannot be a fault.
    """

    case: str
    reason: Refused
    problem: Problem | None = None
    elsewhere: bool = False

    def __str__(self) -> str:
        return f"{self.case} ({self.reason})"


def once_per_reason(refusals: Sequence[Refusal]) -> tuple[str, ...]:
    """Describe the refusals, each reason once. Reasons that differ only in numbers are the same reason."""
    by_reason: dict[str, list[Refusal]] = {}
    for refusal in refusals:
        by_reason.setdefault(re.sub(r"\d+", "0", str(refusal.reason)), []).append(refusal)
    return tuple(_text(len(group), group[0]) for group in by_reason.values())


def _text(count: int, first: Refusal) -> str:
    others = f" and {count - 1} other{'s' if count > 2 else ''}" if count > 1 else ""
    return f"{first.case}{others} ({first.reason})"


@dataclass(frozen=True)
class Trial:
    """The runs of code, and the cases that it refused.

    Attributes:
        code: the code in the form of this trial.
        refusal: if a search gives it, the refusal in which the code got furthest; it replaces that of the trial.
    """

    code: Code
    restriction: Restriction
    runs: tuple[Run, ...]
    refusals: tuple[Refusal, ...]
    refusal: Refused | None = None

    @property
    def furthest(self) -> Refused | None:
        """The refusal that occurred at the latest step of a run, the first one of them."""
        reasons = [refusal.reason for refusal in self.refusals]
        return self.refusal or max(reasons, key=lambda reason: reason.progress, default=None)

    @property
    def right(self) -> bool:
        """True if all results of the forward are right. The gradients are not considered."""
        return bool(self.runs) and all(map(self._is_right, self.runs))

    @property
    def right_somewhere(self) -> bool:
        """True if at least one result of the forward is right."""
        return any(map(self._is_right, self.runs))

    def _is_right(self, run: Run) -> bool:
        problem, outcome = run
        return same(outcome.y, self.code.definition.forward(problem.arrays, problem.case))

    @property
    def gradients_fit(self) -> bool:
        """True if all gradients have the shapes of their arrays."""
        return all(
            gradient.shape == problem.arrays[name].shape
            for problem, outcome in self.runs
            for name, gradient in outcome.gradients.items()
        )

    @property
    def has_right_shapes(self) -> bool:
        """True if every result has the right shape."""
        return all(outcome.y.shape == self.code.definition.y_shape(problem.case) for problem, outcome in self.runs)

    @property
    def has_other_shapes(self) -> bool:
        """True if no result has the right shape."""
        return all(outcome.y.shape != self.code.definition.y_shape(problem.case) for problem, outcome in self.runs)

    @property
    def ignores_images(self) -> bool:
        """True if every result has a single image, although several are passed."""
        several = [(p, outcome) for p, outcome in self.runs if p.case.shapes["x"][0] > 1 and p.dy.ndim]
        return bool(several) and all(outcome.y.shape[:1] == (1,) for _, outcome in several)

    def with_furthest(self, furthest: Refused | None) -> Trial:
        """The trial, with this refusal as the one to report."""
        return replace(self, refusal=furthest)
