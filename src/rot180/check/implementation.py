"""The user's pair of functions, called in their own way on the checker's problems.

They get copies, so that an argument which they change is found by comparing; what they raise is kept, not passed on.

Who may import it: the parts of check/. Deliberately absent: what is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import calling, layouts
from .calling import DICT_KEYS, Call, CallingError
from .case import Array, Arrays, Problem
from .definitions import Definition

Function = Callable[..., Any]


class Refused(Exception):
    """The user's code raised, or returned what no array can be made of: this setting counts as unsupported."""


@dataclass(frozen=True)
class Outcome:
    """What they made of a problem.

    Attributes:
        y: the result.  gradients: by argument, in the checker's layout; their shapes may be wrong.
        problem: what they were called on, with a dy of the shape of y.
        changed: names of arguments that were changed in place, "forward's w", say.
    """

    y: Array
    gradients: dict[str, Array]
    problem: Problem
    changed: tuple[str, ...] = field(default=())


class Implementation:
    """A forward and a backward with the way to call them."""

    def __init__(
        self, forward: Function, backward: Function, definition: Definition, layout: str,
        forward_arguments: Sequence[str] | None = None, backward_arguments: Sequence[str] | None = None,
        returns: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        self.definition, self.layout = definition, layouts.find(layout)
        self.forward, self.backward = forward, backward
        known = definition.arguments
        self.on_forward = calling.read(forward, forward_arguments, "forward", known)
        self.on_backward = calling.read(backward, backward_arguments, "backward", known)
        self.name = getattr(backward, "__name__", type(backward).__name__)
        missing = [a for a in definition.arguments if a not in self.on_forward.names and a != "b"]
        if missing:
            raise CallingError(f"check.layer: the forward takes no {' and no '.join(missing)}")
        if "dy" not in self.on_backward.names:
            raise CallingError("check.layer: the backward takes no gradient of the result; is one of its arguments dy?")
        self.arguments = tuple(a for a in definition.arguments if a in self.on_forward.names)
        self.ordered = returns is not None or len(definition.gradients_of) < 2
        self.returns = tuple(returns or (a for a in definition.gradients_of if a in self.arguments))

    @property
    def open_settings(self) -> tuple[str, ...]:
        """The settings that they can be told, so that the checker may vary them."""
        told = set(self.on_forward.settings)
        if "settings" in self.on_forward.names:
            told |= set(DICT_KEYS) - {"dilation", "groups"}
        return tuple(name for name in self.definition.settings if name in told)

    def value(self, problem: Problem, arrays: Arrays) -> Array:
        """The forward alone, on other arrays."""
        y, _, _ = self._forward(problem, arrays)
        return y

    def run(self, problem: Problem) -> Outcome:
        """Forward and backward once, with a dy of the shape of y; if that is refused, with one of the right shape."""
        y, _, _ = forward = self._forward(problem, problem.arrays)
        fitting = problem.with_result(y.shape)
        try:
            return self._backward(fitting, *forward)
        except Refused:
            if fitting is problem:
                raise
            return self._backward(problem, *forward)

    def gradients(self, problem: Problem) -> dict[str, Array]:
        """What the backward gives for the problem's own dy, which may not have the shape of what the forward gives."""
        return self._backward(problem, *self._forward(problem, problem.arrays)).gradients

    def _backward(self, problem: Problem, y: Array, cache: Any, taken: Mapping[str, Any]) -> Outcome:
        by_forward = self._changed(taken, problem)
        given = {**self._given(problem.arrays), "dy": layouts.to_user(self.layout, "y", problem.dy)}
        found = self._call(self.backward, self.on_backward, {**given, "cache": cache}, problem)
        by_backward = self._changed(given, problem)
        kept = [name for name in self._changed(taken, problem) if name not in by_forward]  # it came by the cache
        changed = [f"the forward's {name}" for name in by_forward]
        changed += [f"the backward's {name}" for name in dict.fromkeys([*by_backward, *kept])]
        return Outcome(y, self._gradients(found, problem), problem, tuple(changed))

    def _given(self, arrays: Arrays) -> dict[str, Any]:
        return {name: layouts.to_user(self.layout, name, arrays[name]) for name in self.arguments}

    def _forward(self, problem: Problem, arrays: Arrays) -> tuple[Array, Any, dict[str, Any]]:
        given = self._given(arrays)
        found = self._call(self.forward, self.on_forward, given, problem)
        y, cache = found if isinstance(found, tuple) and len(found) == 2 else (found, None)
        return self._array("y", y, problem.dy.ndim), cache, given

    def _call(self, function: Function, call: Call, given: Mapping[str, Any], problem: Problem) -> Any:
        settings = problem.case.settings
        positional: list[Any] = []
        for name in call.names:
            if name == "settings":
                positional.append(_as_dict(settings))
            elif name in given:
                positional.append(given[name])
            elif name in self.definition.settings:
                positional.append(settings.get(name, 1 if name != "padding" and name != "output_padding" else 0))
            else:
                positional.append(None)
        keywords = {call.keywords[name]: value for name, value in settings.items() if name in call.keywords}
        try:
            with np.errstate(all="ignore"):
                return function(*positional, **keywords)
        except Exception as error:
            raise Refused(f"{type(error).__name__}: {error}") from error

    def _gradients(self, found: Any, problem: Problem) -> dict[str, Array]:
        if isinstance(found, Mapping):
            by_name = {str(key).lower().removeprefix("d"): value for key, value in found.items()}
            values = [by_name.get(name) for name in self.returns]
        elif isinstance(found, tuple | list):
            values = list(found)
        else:
            values = [found]
        values = values[: len(self.returns)]
        shapes = problem.case.shapes
        if not self.ordered and not isinstance(found, Mapping):
            self._put_in_order(values, problem)
        return {
            name: self._array(name, value, len(shapes[name]))
            for name, value in zip(self.returns, values, strict=False)
            if value is not None
        }

    def _put_in_order(self, values: Sequence[Any], problem: Problem) -> None:
        """See from the shapes of the first answer if the gradients come in another order, (dw, db, dx), say."""
        shapes = {name: np.shape(layouts.to_user(self.layout, name, problem.arrays[name])) for name in self.arguments}
        came = [np.shape(value) for value in values]
        names = [name for shape in came for name in self.returns if shapes[name] == shape]
        if len(set(names)) == len(names) == len(self.returns):
            self.returns = tuple(names)
        self.ordered = True

    def _array(self, name: str, value: Any, ndim: int) -> Array:
        try:
            array = layouts.from_user(self.layout, name, value, ndim)
        except Exception as error:
            raise Refused(f"no array can be made of the {name} that was returned: {error}") from error
        if array.dtype.kind not in "fiub":
            raise Refused(f"the {name} that was returned is not numeric but {type(value).__name__}")
        return array.copy()  # theirs may be a buffer that the next call writes over

    def _changed(self, given: Mapping[str, Any], problem: Problem) -> list[str]:
        before = {**self._given(problem.arrays), "dy": layouts.to_user(self.layout, "y", problem.dy)}
        return [name for name, value in given.items() if not np.array_equal(value, before[name])]


def _as_dict(settings: Mapping[str, Any]) -> dict[str, Any]:
    """As CS231n's conv_param: "stride" and "pad", and PyTorch's names beside them."""
    return {"stride": 1, "pad": settings.get("padding", 0), "padding": 0, "dilation": 1, "groups": 1, **settings}
