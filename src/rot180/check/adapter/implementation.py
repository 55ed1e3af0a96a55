"""The user's pair of functions, called in their own way on the checker's problems.

They get copies, so that an argument which they change is found by comparing; what they raise is kept, not passed on.

Who may import it: the parts of check/. Deliberately absent: what is right.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..operations import Definition
from ..operations.case import Array, Arrays, Problem
from . import array_forms, descriptions, layouts, results, signature
from .code import Code, Outcome, Refused
from .settings import SettingsAdapter, listed
from .signature import Call, CallingError, Vocabulary

__all__ = ["Code", "Implementation", "Outcome", "Refused"]

Function = Callable[..., Any]
PASSED_OVER = (
    "What {names} takes is not told by its name, so it was left at its default, and {settings} were not tried with "
    "other values; rename it, or say them (padding=1, say) where they are fixed."
)
ORDER = (
    "The gradients are returned as ({order}), as their shapes tell, and judged so. Whoever writes "
    "{usual} = backward(...) gets the wrong ones; returns= says another order."
)
HINTED = ("padding", "stride", "dilation")


class Implementation:
    """A forward and a backward with the way to call them."""

    def __init__(
        self, forward: Function, backward: Function | None, definition: Definition, layout: str,
        forward_arguments: Sequence[str] | None = None, backward_arguments: Sequence[str] | None = None,
        returns: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        self.definition, self.layout = definition, layouts.find(layout, definition)
        self.forward, self.backward = forward, backward
        known, settings = definition.arguments, definition.settings
        if definition.axes and "kernel_size" not in settings:
            settings = (*settings, "kernel_size")
        self.on_forward = signature.read(forward, forward_arguments, Vocabulary("forward", known, settings))
        self.on_backward: Call | None = None
        if backward is not None:
            self.on_backward = signature.read(
                backward, backward_arguments, Vocabulary("backward", known, settings, self.on_forward.meanings)
            )
        self.settings_adapter = SettingsAdapter(definition, self.on_forward, self.on_backward, backward)
        self.name = getattr(backward or forward, "__name__", type(backward or forward).__name__)
        self._require(known)
        self.arguments = tuple(a for a in known if a in self.on_forward.names)
        self.ordered = returns is not None or len(definition.gradients_of) < 2
        self.returns = tuple(returns or (a for a in definition.gradients_of if a in self.arguments))
        self.declared = self.ordered, self.returns
        self.vectors: Mapping[str, array_forms.Form] = {}  # those that are not given as (C,)
        self.one_hot = False
        self.per_axis = False

    def _require(self, known: Sequence[str]) -> None:
        """CallingError where something is missing that there is no check without."""
        missing = [a for a in known if a not in self.on_forward.names and a not in self.definition.optional]
        if missing:
            raise CallingError(f"check.layer: the forward takes no {' and no '.join(missing)}")
        if self.on_backward is None and not self.definition.loss:
            raise CallingError(
                f"check.layer: there is no backward; only a loss may be one function that returns (loss, dx), and "
                f"{self.definition.name} is none; give its backward"
            )
        if not self.takes_dy and not self.definition.loss:
            raise CallingError("check.layer: the backward takes no gradient of the result; is one of its arguments dy?")

    @property
    def takes_dy(self) -> bool:
        """Whether the gradient of the result is passed; of a loss it may be taken to be 1."""
        return self.on_backward is not None and "dy" in self.on_backward.names

    @property
    def open_settings(self) -> tuple[str, ...]:
        """The settings that they can be told, so that the checker may vary them."""
        return self.settings_adapter.open

    @property
    def hints(self) -> Mapping[str, tuple[Any, ...]]:
        """Values that settings may have in the code: the defaults of parameters whose names say nothing."""
        numbers = tuple(v for v in self.on_forward.passed_over.values() if type(v) is int and v > 0)
        return dict.fromkeys(HINTED, numbers) if numbers and self.definition.axes else {}

    @property
    def remarks(self) -> tuple[str, ...]:
        """On parameters that are left alone, and on the order of what is returned."""
        over = {
            "forward": self.on_forward.passed_over,
            "backward": self.on_backward.passed_over if self.on_backward else {},
        }
        written = {role: ", ".join(f"{name}={value!r}" for name, value in left.items()) for role, left in over.items()}
        names = " and ".join(f"{names} of the {role}" for role, names in written.items() if names)
        closed = [
            name for name in self.definition.settings if name not in (*self.open_settings, *self.settings_adapter.words)
        ]
        found = [PASSED_OVER.format(names=names, settings=listed(closed))] if names and closed else []
        if self.returns != self.declared[1]:
            order, usual = (", ".join(f"d{a}" for a in names) for names in (self.returns, self.declared[1]))
            found.append(ORDER.format(order=order, usual=usual))
        return tuple(found)

    def otherwise(self, *, refused: bool) -> Sequence[tuple[Code, str]]:
        """With parameters in other forms."""
        found = array_forms.others(self.definition, self.layout, self.arguments, refused=refused)
        return [(self._in_form(**changes), remark) for changes, remark in found]

    def like_gradients(self, outcome: Outcome) -> tuple[Code, str] | None:
        """With b, gamma and beta in the shapes of their gradients, where these have more axes, of one cell."""
        found = array_forms.as_gradients(self.definition, self.layout, outcome.gradients)
        return (self._in_form(vectors={**self.vectors, **found}), array_forms.said(found)) if found else None

    def _in_form(self, **changes: Any) -> Implementation:
        """The same functions, called anew."""
        other = copy.copy(self)
        other.ordered, other.returns = self.declared
        for name, value in changes.items():
            setattr(other, name, value)
        return other

    def value(self, problem: Problem, arrays: Arrays) -> Array:
        """The forward alone, on other arrays."""
        found, _ = self._forward(problem, arrays)
        return self._result(found, problem)[0]

    def run(self, problem: Problem) -> Outcome:
        """Forward and backward once, with a dy of the shape of y; if that is refused, with one of the right shape."""
        forward = self._forward(problem, problem.arrays)
        y, _ = self._result(forward[0], problem)
        fitting = problem.with_result(y.shape) if self.takes_dy else problem
        try:
            return self._backward(fitting, *forward)
        except Refused:
            if fitting is problem:
                raise
            return self._backward(problem, *self._forward(problem, problem.arrays))

    def gradients(self, problem: Problem) -> dict[str, Array]:
        """What the backward gives for the problem's own dy, which may not have the shape of what the forward gives."""
        return self._backward(problem, *self._forward(problem, problem.arrays)).gradients

    def _backward(self, problem: Problem, result: Any, taken: Mapping[str, Any]) -> Outcome:
        """The backward after a forward that returned `result` and was given `taken`."""
        y, cache = self._result(result, problem)
        by_forward = self._changed(taken, problem)
        changed = [f"the forward's {name}" for name in by_forward]
        if self.backward is None or self.on_backward is None:
            if not isinstance(result, tuple) or len(result) < 2:
                raise Refused("there is no backward, and the forward returns no (loss, dx)")
            return Outcome(y, self._gradients(cache, problem), problem.dy, tuple(changed))
        given = {**self._given(problem.arrays), "dy": layouts.to_user(self.layout, "y", problem.dy)}
        shown = result[0] if isinstance(result, tuple) else result
        extra = {"cache": cache, "y": np.copy(shown) if "y" in self.on_backward.names else None}
        found = self.call(self.backward, self.on_backward, {**given, **extra}, problem)
        by_backward = self._changed(given, problem)
        kept = [name for name in self._changed(taken, problem) if name not in by_forward]  # it came by the cache
        changed += [f"the backward's {name}" for name in dict.fromkeys([*by_backward, *kept])]
        return Outcome(y, self._gradients(found, problem), problem.dy, tuple(changed))

    def _given(self, arrays: Arrays) -> dict[str, Any]:
        given = {name: layouts.to_user(self.layout, name, arrays[name]) for name in self.arguments}
        for name, form in self.vectors.items():
            given[name] = given[name].reshape(form)
        if self.one_hot:
            given["t"] = np.eye(arrays["x"].shape[1])[arrays["t"]]
        return given

    def _forward(self, problem: Problem, arrays: Arrays) -> tuple[Any, dict[str, Any]]:
        """What the forward returned, and the copies that it was given."""
        given = self._given(arrays)
        found = self.call(self.forward, self.on_forward, given, problem)
        return results.of_forward(found, np.ndim(layouts.to_user(self.layout, "y", problem.dy))), given

    def _result(self, found: Any, problem: Problem) -> tuple[Array, Any]:
        """y, and the cache: what is returned after it, if it is several things as a tuple."""
        y, cache = results.parts(found)
        return self._array("y", y, len(self.definition.y_shape(problem.case))), cache

    def call(self, function: Function, call: Call, given: Mapping[str, Any], problem: Problem) -> Any:
        """One of the functions on arrays of the user's layout, as they are given: nothing is copied."""
        positional: list[Any] = []
        keywords = self.settings_adapter.keywords(call, problem.case, per_axis=self.per_axis)
        for name in call.names:
            if name == "settings":
                value: Any = self.definition.dictionary(problem.case.settings)
            elif name in given or name not in (*self.definition.settings, "kernel_size"):
                value = given.get(name)
            else:
                value = self.settings_adapter.value(call, problem.case, name, per_axis=self.per_axis)
            if name in call.by_name:
                keywords[call.by_name[name]] = value
            else:
                positional.append(value)
        try:
            with np.errstate(all="ignore"):
                return function(*positional, **keywords)
        except Exception as error:
            role = "forward" if function is self.forward else "backward"
            by = f"the {role}, {getattr(function, '__name__', type(function).__name__)},"
            raise Refused(descriptions.reason(error, function), by, self._in_words(call, problem)) from error

    def _in_words(self, call: Call, problem: Problem) -> str:
        """What the functions are given of a problem, in their layout."""
        told = dict(problem.case.settings)
        told |= {
            name: self.settings_adapter.value(call, problem.case, name, per_axis=self.per_axis)
            for name in call.told(self.definition.settings)
        }
        return descriptions.arguments(self._given(problem.arrays), told)

    def in_order(self, found: Any, problem: Problem) -> list[Any]:
        """The gradients that the backward returned, in the order of `returns`, as they are."""
        shape = np.shape(self._given(problem.arrays)[self.returns[0]])
        return results.gradients(found, self.returns, shape, self._argument_of)

    def _argument_of(self, name: str) -> str | None:
        """Which argument a gradient of this name belongs to."""
        return Vocabulary("gradient", self.declared[1], (), self.on_forward.meanings).meaning_of(name)

    def _gradients(self, found: Any, problem: Problem) -> dict[str, Array]:
        values = self.in_order(found, problem)
        shapes = problem.case.shapes
        if not self.ordered and results.named(found) is None:
            self._put_in_order(values, problem)
        return {
            name: self._array(name, value, len(shapes[name]))
            for name, value in zip(self.returns, values, strict=False)
            if value is not None
        }

    def _put_in_order(self, values: Sequence[Any], problem: Problem) -> None:
        """See from the shapes of the first answer if the gradients come in another order, (dw, db, dx), say."""
        shapes = {name: np.shape(a) for name, a in self._given(problem.arrays).items()}
        came = [np.shape(value) for value in values]
        names = [name for shape in came for name in self.returns if shapes[name] == shape]
        if len(set(names)) == len(names) == len(self.returns):
            self.returns = tuple(names)
        self.ordered = True

    def _array(self, name: str, value: Any, ndim: int) -> Array:
        title = name if name == "y" else f"d{name}"
        try:
            array = layouts.from_user(self.layout, name, value, ndim)
        except Exception as error:
            raise Refused(f"no array can be made of the {title} that was returned: {error}") from error
        if name in self.vectors and array.ndim == len(self.vectors[name]):
            array = array.reshape(-1)
        if text := descriptions.no_number(title, array.dtype, value):
            raise Refused(text)
        return array

    def _changed(self, given: Mapping[str, Any], problem: Problem) -> list[str]:
        before = {**self._given(problem.arrays), "dy": layouts.to_user(self.layout, "y", problem.dy)}
        return [name for name, value in given.items() if not np.array_equal(value, before[name])]
