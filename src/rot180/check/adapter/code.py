"""The interface of code that can be judged (functions, or the answers of another program), and the result of a run.

Internal to check/. implementation.py calls the functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..operations import Definition
from ..operations.case import Array, Arrays, Problem


class Refused(Exception):
    """The user's code raised an exception or returned something that is not an array: the case counts as unsupported.

    Attributes:
        by: a description of the function.
        given: a description of its arguments; "" if unknown.
    """

    def __init__(self, text: str, by: str = "", given: str = "") -> None:
        super().__init__(text)
        self.by, self.given = by, given


class ReturnedNothing(Refused):
    """A function returned None instead of its result, as an exercise does that is not filled in."""


@dataclass(frozen=True)
class Outcome:
    """The result of one run.

    Attributes:
        y: the result of the forward.
        gradients: by argument, in the checker's layout; their shapes may be wrong.
        dy: the array that the backward got: that of the problem, unless y has the wrong shape.
        changed: the arguments that were changed in place, for example "the forward's w".
    """

    y: Array
    gradients: dict[str, Array]
    dy: Array
    changed: tuple[str, ...] = field(default=())


class Code(Protocol):
    """Code that can be judged: functions that are called, or the answers of another program."""

    @property
    def name(self) -> str:
        """Its name in the report."""

    @property
    def layout(self) -> str:
        """The layout of its arrays."""

    @property
    def definition(self) -> Definition:
        """The operation that it should compute."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of the operation that it takes."""

    @property
    def returns(self) -> tuple[str, ...]:
        """The arguments whose gradients it returns."""

    @property
    def open_settings(self) -> tuple[str, ...]:
        """The settings that can be passed to it."""

    @property
    def takes_dy(self) -> bool:
        """True if the gradient of the result is passed."""

    @property
    def hints(self) -> Mapping[str, tuple[Any, ...]]:
        """Values of settings that its parameters suggest."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """Assumptions made in calling it."""

    def run(self, problem: Problem) -> Outcome:
        """Run forward and backward once. Raises Refused if the code does not take the problem."""

    def gradients(self, problem: Problem) -> dict[str, Array]:
        """Run the backward with the problem's own dy."""

    def value(self, problem: Problem, arrays: Arrays) -> Array:
        """Run the forward alone on other arrays."""

    def other_forms(self, *, refused: bool) -> Sequence[tuple[Code, str]]:
        """This code, called with parameters in other forms, each with a remark to report if it is used."""

    def like_gradients(self, outcome: Outcome) -> tuple[Code, str] | None:
        """This code, called with vectors in the shapes of their gradients, or None."""
