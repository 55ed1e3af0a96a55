"""Convert the settings of a test case for the user's functions, and find the settings that can be varied.

A setting is passed in the form of its default in the code: (1, 1) instead of 1 if the default is a tuple. A setting
keeps its default if the default is a string, or if the forward takes the setting but the backward has no access to it.

Internal to check/. signature.py reads the names of the parameters.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ..operations import Convolution, Definition
from ..operations.case import Case
from .signature import Call

SAME_KERNEL = 3  # odd, because conventions differ on which side gets the extra cell if the kernel is even
LEFT_AT_STRING = (
    "The default of {names} in the code is a string, {strings}. The checker kept it and did not try numbers."
)
SAME = (
    "The default of padding in the code is 'same', so the functions are checked with padding='same' and kernels of "
    "size {kernel}."
)
NOT_PASSED = (
    "The backward has no parameter for {names} and no cache, so the forward always got the default of {names}, "
    "{values}. Other values were not checked."
)


class SettingsAdapter:
    """How settings are passed to a forward and a backward.

    Attributes:
        open: the settings that can be varied.
        strings: the settings whose default in the code is a string, with that string.
        unknown_to_backward: the settings that the forward takes and to which the backward has no access.
    """

    def __init__(
        self, definition: Definition, on_forward: Call, on_backward: Call | None, backward: Callable[..., Any] | None
    ) -> None:
        self.definition = definition
        passed = set(on_forward.accepted(definition.settings))
        if "settings" in on_forward.names:
            passed |= set(definition.in_dict)
        self.strings = dict(self._string_settings(on_forward))
        if on_backward is not None:
            self.strings = {**self._string_settings(on_backward), **self.strings}
        self.unknown_to_backward = [
            name
            for name in definition.settings
            if name in passed and name not in self.strings and not _can_know(name, on_backward, backward)
        ]
        self.open = tuple(
            name
            for name in definition.settings
            if name in passed and name not in (*self.unknown_to_backward, *self.strings)
        )

    def _string_settings(self, call: Call) -> Mapping[str, str]:
        """The settings that are strings in the code but not in the operation."""
        return {
            name: value
            for name, value in call.defaults.items()
            if isinstance(value, str) and not isinstance(self.definition.default(name), str)
        }

    def code_settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings for code whose default padding is "same". `given` holds the settings passed to the
        checker.
        """
        plain = isinstance(self.definition, Convolution) and not self.definition.transposed
        same = plain and self.strings.get("padding", "").lower() == "same" and "padding" not in given
        return {"padding": "same", "kernel_size": given.get("kernel_size", SAME_KERNEL)} if same else {}

    def remarks(self, given: Mapping[str, Any]) -> list[str]:
        """The report's remarks on the settings that are not varied."""
        found = []
        code_settings = self.code_settings(given)
        if code_settings:
            found.append(SAME.format(kernel=code_settings["kernel_size"]))
        left = {name: repr(word) for name, word in self.strings.items() if name not in (*given, *code_settings)}
        if left:
            found.append(LEFT_AT_STRING.format(names=join_names(list(left)), strings=join_names(list(left.values()))))
        if unknown_to_backward := [name for name in self.unknown_to_backward if name not in given]:
            values = join_names([str(self.definition.default(name)) for name in unknown_to_backward])
            found.append(NOT_PASSED.format(names=join_names(unknown_to_backward), values=values))
        return found

    def value(self, call: Call, case: Case, name: str, *, per_axis: Collection[str] = ()) -> Any:
        """The value of one setting for a function; None if it is not passed. Settings in `per_axis` become tuples.

        A string such as "SAME" is passed as the code spells it.
        """
        default = call.defaults.get(name)
        if isinstance(default, str) and str(case.settings.get(name, default)).lower() == default.lower():
            return default
        value = self.definition.setting(case, name)
        if value is None:
            return default
        if isinstance(default, tuple | list) and isinstance(value, int):
            return type(default)([value] * len(default))
        if name in per_axis and isinstance(value, int):
            return (value,) * self.definition.axes
        return value

    def keywords(self, call: Call, case: Case, *, per_axis: Collection[str] = ()) -> dict[str, Any]:
        """The settings by their names in the code.

        All of them are passed, because the defaults of the code can differ from those of the operation.
        """
        passed = {name: self.value(call, case, name, per_axis=per_axis) for name in call.keywords}
        return {call.keywords[name]: value for name, value in passed.items() if value is not None}


def _can_know(name: str, call: Call | None, function: Callable[..., Any] | None) -> bool:
    """True if a backward has access to a setting: by a parameter, a cache, or attributes that the forward set."""
    if (
        call is None
        or name in call.accepted([name])
        or {"cache", "settings"} & set(call.names)
        or "x" not in call.names
    ):
        return True
    while isinstance(function, functools.partial):
        function = function.func
    return not inspect.isfunction(function)  # a method can use attributes of its object


def join_names(names: Sequence[str]) -> str:
    """Join names: `padding, dilation and groups`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
