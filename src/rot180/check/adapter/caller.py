"""Call one of the user's functions on arrays in the form that it takes.

Internal to check/. adapter.py calls the forward and the backward through `Caller`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..operations import Definition
from ..operations.case import Array, Problem
from ..process.failure import ChildFailure
from . import descriptions
from .code import Progress, Refused
from .forms import Form
from .settings import SettingsAdapter
from .signature import Call


@dataclass(frozen=True)
class Caller:
    """A function of the user, and how to call it.

    Attributes:
        call: the meanings of its parameters.
        role: "forward" or "backward".
        form: the form of the arrays and settings that it takes.
    """

    function: Callable[..., Any]
    call: Call
    role: str
    definition: Definition
    settings_adapter: SettingsAdapter
    form: Form

    def __call__(self, given: Mapping[str, Any], problem: Problem) -> Any:
        """Call the function, without copying the arrays. Raises Refused if it raises an exception.

        Args:
            given: the arrays in the user's layout, by argument.
        """
        positional, keywords = self._bind(given, problem)
        return self._guarded(lambda: self.function(*positional, **keywords), given, problem)

    def call_several(self, given: Mapping[str, Any], stacks: Mapping[str, Array], problem: Problem) -> Any:
        """Call a function in another process once for each row of the stacks, in one message.

        Returns a list of results. Returns None if the arrays cannot be sent in this way.
        """
        several = getattr(self.function, "several", None)
        marks = {name: object() for name in stacks}
        positional, keywords = self._bind({**given, **marks}, problem)
        named: dict[int | str, Any] = dict(enumerate(positional))
        named.update(keywords)
        places = {place: stacks[n] for place, value in named.items() for n, mark in marks.items() if value is mark}
        if several is None or len(places) < len(stacks):
            return None
        plain = [None if place in places else value for place, value in enumerate(positional)]
        keywords = {name: None if name in places else value for name, value in keywords.items()}
        return self._guarded(lambda: several(plain, keywords, places), given, problem)

    def _bind(self, given: Mapping[str, Any], problem: Problem) -> tuple[list[Any], dict[str, Any]]:
        """The positional arguments and the keywords of a call."""
        positional: list[Any] = []
        keywords = self.settings_adapter.keywords(self.call, problem.case, per_axis=self.form.per_axis)
        for name in self.call.names:
            if name == "settings":
                value: Any = self.definition.dictionary(problem.case.settings)
            elif name in given or name not in (*self.definition.settings, "kernel_size"):
                value = given.get(name)
            else:
                value = self.settings_adapter.value(self.call, problem.case, name, per_axis=self.form.per_axis)
            if name in self.call.by_name:
                keywords[self.call.by_name[name]] = value
            else:
                positional.append(value)
        return positional, keywords

    def _guarded(self, function: Callable[[], Any], given: Mapping[str, Any], problem: Problem) -> Any:
        """Call a function. Its exceptions become Refused, except KeyboardInterrupt and the failure of its process."""
        try:
            with np.errstate(all="ignore"):
                return function()
        except (KeyboardInterrupt, ChildFailure):
            raise
        except BaseException as error:
            raise Refused(
                descriptions.describe_exception(error, self.function),
                f"the {self.role}, {getattr(self.function, '__name__', type(self.function).__name__)},",
                self._describe(given, problem),
                Progress.FORWARD if self.role == "forward" else Progress.BACKWARD,
            ) from error

    def _describe(self, given: Mapping[str, Any], problem: Problem) -> str:
        """Describe the arguments of a call in the user's layout."""
        arrays = {name: given[name] for name in self.definition.arguments if name in given}
        settings = dict(problem.case.settings)
        settings |= {
            name: self.settings_adapter.value(self.call, problem.case, name, per_axis=self.form.per_axis)
            for name in self.call.accepted(self.definition.settings)
        }
        return descriptions.describe_arguments(arrays, settings)


def stack_rows(rows: Sequence[Any]) -> Array | None:
    """Stack arrays of one shape; None if they are not NumPy arrays."""
    return np.stack(rows) if all(isinstance(row, np.ndarray) for row in rows) else None
