"""The settings of a case, as the user's functions are told them, and which of them may be varied.

A setting goes in the form that its default has in the code: (1, 1) for 1 where that is a tuple. One whose default is a
word is left at the word, and so is one that the forward can be told and the backward cannot.

Who may import it: the parts of check/. Deliberately absent: what the parameters are called (calling.py).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..operations import Convolution, Definition
from ..operations.case import Case
from .signature import Call

SAME_KERNEL = 3  # an odd size: where it is even, the cell more is at one end or the other
LEFT_AT_A_WORD = "{names} is a word in the code, {words}, and was left at it: numbers were not tried."
SAME = "padding is 'same' in the code, and it is judged so, with kernels of {kernel} cells."
NOT_TOLD = (
    "The backward has no parameter for {names}, and no cache, so {names} of the forward {were} left at {values}: not "
    "judged with others."
)


class SettingsAdapter:
    """Which settings a forward and a backward can be told, and how.

    Attributes:
        open: those that may be varied.  remarks: on those that are not, though the forward could be told them.
    """

    def __init__(
        self, definition: Definition, on_forward: Call, on_backward: Call | None, backward: Callable[..., Any] | None
    ) -> None:
        self.definition = definition
        told = set(on_forward.told(definition.settings))
        if "settings" in on_forward.names:
            told |= set(definition.in_dict)
        self.words = dict(self._worded(on_forward))
        if on_backward is not None:
            self.words = {**self._worded(on_backward), **self.words}
        self.unheard = [
            name
            for name in definition.settings
            if name in told and name not in self.words and not _hears(name, on_backward, backward)
        ]
        self.open = tuple(
            name for name in definition.settings if name in told and name not in (*self.unheard, *self.words)
        )

    def _worded(self, call: Call) -> Mapping[str, str]:
        """The settings that are a word in the code and none in the operation."""
        return {
            name: value
            for name, value in call.defaults.items()
            if isinstance(value, str) and not isinstance(self.definition.default(name), str)
        }

    def written(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Settings that the code has by default and the operation has not, but knows; `given` are the user's."""
        plain = isinstance(self.definition, Convolution) and not self.definition.transposed
        same = plain and self.words.get("padding", "").lower() == "same" and "padding" not in given
        return {"padding": "same", "kernel_size": given.get("kernel_size", SAME_KERNEL)} if same else {}

    def remarks(self, given: Mapping[str, Any]) -> list[str]:
        """On what is not varied."""
        found = []
        written = self.written(given)
        if written:
            found.append(SAME.format(kernel=written["kernel_size"]))
        left = {name: repr(word) for name, word in self.words.items() if name not in (*given, *written)}
        if left:
            found.append(LEFT_AT_A_WORD.format(names=listed(list(left)), words=listed(list(left.values()))))
        if unheard := [name for name in self.unheard if name not in given]:
            values = listed([str(self.definition.default(name)) for name in unheard])
            were = "was" if len(unheard) == 1 else "were"
            found.append(NOT_TOLD.format(names=listed(unheard), were=were, values=values))
        return found

    def value(self, call: Call, case: Case, name: str, *, per_axis: bool = False) -> Any:
        """Of one setting, for a function; None where nothing is to be said. `per_axis` asks for tuples."""
        default = call.defaults.get(name)
        if isinstance(default, str) and name not in case.settings:
            return default
        value = self.definition.setting(case, name)
        if value is None:
            return default
        if isinstance(default, tuple | list) and isinstance(value, int):
            return type(default)([value] * len(default))
        if per_axis and isinstance(value, int) and name != "groups":
            return (value,) * self.definition.axes
        return value

    def keywords(self, call: Call, case: Case, *, per_axis: bool = False) -> dict[str, Any]:
        """The settings by their names in the code: all that it has, because its defaults may be others than the
        operation's."""
        told = {name: self.value(call, case, name, per_axis=per_axis) for name in call.keywords}
        return {call.keywords[name]: value for name, value in told.items() if value is not None}


def _hears(name: str, call: Call | None, function: Callable[..., Any] | None) -> bool:
    """Whether a backward knows the setting of a call: by a parameter, from a cache, or from what the forward left."""
    if call is None or name in call.told([name]) or {"cache", "settings"} & set(call.names) or "x" not in call.names:
        return True
    while isinstance(function, functools.partial):
        function = function.func
    return not inspect.isfunction(function)  # a method has its object


def listed(names: Sequence[str]) -> str:
    """`padding, dilation and groups`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
