"""What can be judged: code that is called on problems, or the answers of another program; and what it gives.

Who may import it: the parts of check/. Deliberately absent: how functions are called (implementation.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..operations import Definition
from ..operations.case import Array, Arrays, Problem


class Refused(Exception):
    """The user's code raised, or returned what no array can be made of: this setting counts as unsupported.

    Attributes:
        by: the function, in words.  given: what it was given, as it was given; "" where that is not known.
    """

    def __init__(self, text: str, by: str = "", given: str = "") -> None:
        super().__init__(text)
        self.by, self.given = by, given


@dataclass(frozen=True)
class Outcome:
    """What they made of a problem.

    Attributes:
        y: the result.  gradients: by argument, in the checker's layout; their shapes may be wrong.
        changed: names of arguments that were changed in place, "forward's w", say.
        dy: what the backward was given: the problem's, unless y has another shape than it should have.
    """

    y: Array
    gradients: dict[str, Array]
    dy: Array
    changed: tuple[str, ...] = field(default=())


class Code(Protocol):
    """What can be judged: functions that are called, or the answers of another program."""

    @property
    def name(self) -> str:
        """What the report calls it."""

    @property
    def layout(self) -> str:
        """How it takes arrays."""

    @property
    def definition(self) -> Definition:
        """The operation that it should be."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """Those of the operation that it takes."""

    @property
    def returns(self) -> tuple[str, ...]:
        """The arguments whose gradients it gives."""

    @property
    def open_settings(self) -> tuple[str, ...]:
        """The settings that it can be told."""

    @property
    def takes_dy(self) -> bool:
        """Whether the gradient of the result is passed."""

    @property
    def hints(self) -> Mapping[str, tuple[Any, ...]]:
        """Values of settings that may be written into it."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was taken for granted in calling it."""

    def run(self, problem: Problem) -> Outcome:
        """Forward and backward once; Refused where it does not take the problem."""

    def gradients(self, problem: Problem) -> dict[str, Array]:
        """For the problem's own dy."""

    def value(self, problem: Problem, arrays: Arrays) -> Array:
        """The forward alone, on other arrays."""

    def otherwise(self, *, refused: bool) -> Sequence[tuple[Code, str]]:
        """The same code called with parameters of other forms, to be tried where this one was refused or is wrong, each
        with what is to be said if it is the one that fits."""

    def like_gradients(self, outcome: Outcome) -> tuple[Code, str] | None:
        """The same code called with vectors in the shapes in which their gradients came; None where there is none."""
