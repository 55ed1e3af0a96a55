"""The interface of code under test (functions, or the results of another program), and the outcome of a run.

Internal to check/. adapter.py calls the functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from ..operations import Definition
from ..operations.case import Array, Arrays, Problem

if TYPE_CHECKING:
    from .forms import Form  # forms.py raises Refused


class Progress(IntEnum):
    """How far code got before it refused a case."""

    FORWARD = 0  # the forward raised an exception
    RESULT = 1  # the forward returned something that is not an array
    BACKWARD = 2  # the backward raised an exception
    GRADIENTS = 3  # the backward returned something that is not an array


class Refused(Exception):
    """The user's code raised an exception or returned something that is not an array: the case counts as unsupported.

    Attributes:
        by: a description of the function.
        given: a description of its arguments; "" if unknown.
        progress: how far the code got.
        y: the result of the forward, if the backward refused it; otherwise None.
    """

    def __init__(
        self, text: str, by: str = "", given: str = "", progress: Progress = Progress.FORWARD, y: Array | None = None
    ) -> None:
        super().__init__(text)
        self.by, self.given, self.progress, self.y = by, given, progress, y

    def after(self, y: Array) -> Refused:
        """The refusal of a backward whose forward returned y."""
        return type(self)(str(self), self.by, self.given, self.progress, y)


class ReturnedNothing(Refused):
    """A function returned None instead of its result, for example because an exercise is not filled in."""


@dataclass(frozen=True)
class Outcome:
    """The result of one run.

    Attributes:
        y: the result of the forward.
        gradients: the gradients by argument, in the checker's layout. Their shapes may be wrong.
        dy: the array that was passed to the backward. It is the problem's dy, unless y has the wrong shape.
        changed: the arguments that were changed in place, for example "the forward's w".
        order: the order of the gradients, if it was inferred from their shapes; otherwise ().
    """

    y: Array
    gradients: dict[str, Array]
    dy: Array
    changed: tuple[str, ...] = field(default=())
    order: tuple[str, ...] = field(default=())


class Code(Protocol):
    """Code under test: the user's functions, or the results of another program, read from files."""

    @property
    def name(self) -> str:
        """The name of this code in the report."""

    @property
    def form(self) -> Form:
        """The form in which this code takes arrays and settings."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings with fixed values, which the checker does not vary."""

    @property
    def one_sample(self) -> bool:
        """True if this code takes a single sample instead of a batch."""

    @property
    def one_channel(self) -> bool:
        """True if this code takes only one channel."""

    @property
    def definition(self) -> Definition:
        """The operation that this code should compute."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of the operation that this code takes."""

    @property
    def returns(self) -> tuple[str, ...]:
        """The arguments whose gradients this code returns."""

    @property
    def open_settings(self) -> tuple[str, ...]:
        """The settings that can be passed to this code."""

    @property
    def takes_dy(self) -> bool:
        """True if the backward takes dy, the gradient of the result."""

    @property
    def has_forward(self) -> bool:
        """False if the operation itself takes the place of a forward."""

    @property
    def may_ignore_dy(self) -> bool:
        """True if this code is a loss whose backward has a default for dy."""

    @property
    def ignores_dy(self) -> bool:
        """True if dy is always 1, because the backward does not use it."""

    def with_dy_ignored(self) -> Code:
        """This code, called with dy = 1."""

    @property
    def hints(self) -> Mapping[str, tuple[Any, ...]]:
        """Maps a setting to the values that the defaults of the parameters suggest."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """The assumptions on how to call this code."""

    def run(self, problem: Problem) -> Outcome:
        """Run forward and backward once. Raises Refused if the code does not take the problem."""

    def gradients(self, problem: Problem) -> dict[str, Array]:
        """Run the backward with the problem's own dy."""

    def value(self, problem: Problem, arrays: Arrays) -> Array:
        """Run the forward alone on other arrays."""

    def values(self, problem: Problem, changed: Arrays, count: int) -> Sequence[Array]:
        """Run the forward alone `count` times. `changed` maps some arguments to stacks with one array for each run."""

    def forms(self) -> Sequence[Form]:
        """The forms that this code may take, the usual one first."""

    def in_form(self, form: Form) -> Code:
        """This code, called in another form."""

    def in_order(self, order: tuple[str, ...]) -> Code:
        """This code, whose gradients are returned in this order."""

    def form_remarks(self) -> list[str]:
        """The remarks to report if the form is not the usual one."""

    def like_gradients(self, outcome: Outcome, x_ndim: int) -> tuple[Code, str] | None:
        """This code, called with b, gamma and beta in the shapes of their gradients, and a remark; or None."""
