"""Call the user's forward and backward on the checker's problems.

The functions get copies of the arrays, so that in-place changes are detected. Their exceptions become `Refused`.

Internal to check/. This module does not judge the results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..operations import Definition
from ..operations.case import Array, Arrays, Problem
from ..process.failure import ChildFailure
from . import descriptions, form_choices, layouts, results
from .caller import Caller, stack_rows
from .code import Outcome, Progress, Refused, ReturnedNothing
from .forms import Form
from .settings import SettingsAdapter, join_names
from .signature import Call, Vocabulary

Function = Callable[..., Any]
PASSED_OVER = (
    "The names of {names} do not say what these parameters mean, so they keep their defaults, and {settings} were "
    "not varied; rename them, or pass the settings that are fixed, for example padding=1."
)
ORDER = (
    "The shapes show that the gradients are returned as ({order}), and they are judged in this order. Code that "
    "unpacks them as {usual} = backward(...) mixes them up. Pass returns= to state the order."
)
HINTED = ("padding", "stride", "dilation")


@dataclass(frozen=True)
class Adapter:
    """A forward and a backward, and how to call them.

    Attributes:
        on_forward, on_backward: the meanings of their parameters.
        settings_adapter: converts settings to the values that the functions take.
        usual_form: the form of the arguments that the user stated.
        form: the form of the arguments that this adapter uses.
        arguments: the arguments of the operation that the forward takes.
        declared: the arguments whose gradients the backward returns, in the order that the user stated, or in the usual
            order.
        is_ordered: True if the user stated the order of the gradients.
        inferred: the order that the shapes of the gradients show, if it was inferred; otherwise ().
        settings: the fixed settings, given by the user or written into the code.
        assumptions: remarks on how a class is used and which settings are fixed.
        one_sample, one_channel: True for a class that takes one sample, or one channel.
        ignores_dy: True for a loss whose backward has a default for dy and does not use dy; it gets dy = 1.
        has_forward: False if the user passed a backward only; the operation itself takes the place of the forward.
    """

    forward: Function
    backward: Function | None
    definition: Definition
    on_forward: Call
    on_backward: Call | None
    settings_adapter: SettingsAdapter
    usual_form: Form
    form: Form
    arguments: tuple[str, ...]
    declared: tuple[str, ...]
    is_ordered: bool
    inferred: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    one_sample: bool = False
    one_channel: bool = False
    ignores_dy: bool = False
    has_forward: bool = True

    @property
    def name(self) -> str:
        """The name of the backward, or of the forward if there is no backward."""
        named = self.backward or self.forward
        return descriptions.one_line(getattr(named, "__name__", type(named).__name__))

    @property
    def returns(self) -> tuple[str, ...]:
        """The arguments whose gradients the backward returns, in order."""
        return self.inferred or self.declared

    @property
    def layout(self) -> str:
        """The layout of the arrays in the usual form."""
        return layouts.name_of(self.form)

    @property
    def takes_dy(self) -> bool:
        """True if the backward has a parameter dy. The backward of a loss may omit it and assume dy = 1."""
        return self.on_backward is not None and "dy" in self.on_backward.names and not self.ignores_dy

    @property
    def may_ignore_dy(self) -> bool:
        """True if this is a loss whose backward has a default for dy."""
        defaults = self.on_backward.defaults if self.on_backward is not None else {}
        return self.definition.loss and self.takes_dy and "dy" in defaults

    def with_dy_ignored(self) -> Adapter:
        """These functions, called with dy = 1."""
        return replace(self, ignores_dy=True)

    @property
    def open_settings(self) -> tuple[str, ...]:
        """The settings that can be passed to both functions, so that the checker can vary them."""
        return self.settings_adapter.open

    @property
    def hints(self) -> Mapping[str, tuple[Any, ...]]:
        """Values that settings may have in the code: the defaults of parameters with unknown names."""
        numbers = tuple(v for v in self.on_forward.passed_over.values() if type(v) is int and v > 0)
        return dict.fromkeys(HINTED, numbers) if numbers and self.definition.axes else {}

    @property
    def remarks(self) -> tuple[str, ...]:
        """The assumptions, and remarks on parameters that keep their defaults and on the order of the gradients."""
        over = {
            "forward": self.on_forward.passed_over,
            "backward": self.on_backward.passed_over if self.on_backward else {},
        }
        texts = {role: ", ".join(f"{name}={value!r}" for name, value in left.items()) for role, left in over.items()}
        names = " and ".join(f"{names} of the {role}" for role, names in texts.items() if names)
        closed = [
            name
            for name in self.definition.settings
            if name not in (*self.open_settings, *self.settings_adapter.strings)
        ]
        found = [PASSED_OVER.format(names=names, settings=join_names(closed))] if names and closed else []
        if self.returns != self.declared:
            order, usual = (", ".join(f"d{a}" for a in names) for names in (self.returns, self.declared))
            found.append(ORDER.format(order=order, usual=usual))
        return (*self.assumptions, *found)

    def forms(self) -> Sequence[Form]:
        """The forms that these functions may take, simple ones first."""
        names = (*self.definition.settings, "kernel_size")
        calls = [call for call in (self.on_forward, self.on_backward) if call is not None]
        settings = [name for name in names if any(call.accepted([name]) for call in calls)]
        return form_choices.forms(self.definition, self.usual_form, self.arguments, settings)

    def in_form(self, form: Form) -> Adapter:
        """These functions, called in another form. The order of the gradients is inferred again."""
        return replace(self, form=form, inferred=())

    def in_order(self, order: tuple[str, ...]) -> Adapter:
        """These functions, whose gradients are returned in this order."""
        return replace(self, inferred=order)

    def form_remarks(self) -> list[str]:
        """The remarks on the form, if it is not the usual one."""
        return form_choices.remarks(self.definition, self.form, self.usual_form, self.arguments)

    def like_gradients(self, outcome: Outcome, x_ndim: int) -> tuple[Adapter, str] | None:
        """These functions, called with b, gamma and beta in the shapes of their gradients, if those have more axes."""
        found = form_choices.form_of_gradients(self.definition, self.form, outcome.gradients, x_ndim)
        return found and (self.in_form(found[0]), found[1])

    def value(self, problem: Problem, arrays: Arrays) -> Array:
        """Run the forward alone on other arrays."""
        found, _ = self._forward(problem, arrays)
        return self._result(found, problem)[0]

    def values(self, problem: Problem, changed: Arrays, count: int) -> list[Array]:
        """Run the forward alone for stacks of arrays that replace those of the problem.

        A forward in another process gets all of them in one message, if its results can be stacked.
        """
        if hasattr(self.forward, "several") and count > 1 and changed:
            found = self._several(problem, changed)
            if found is not None:
                return found
        rows = ({name: stack[row] for name, stack in changed.items()} for row in range(count))
        return [self.value(problem, {**problem.arrays, **row}) for row in rows]

    def _several(self, problem: Problem, changed: Arrays) -> list[Array] | None:
        """The results of one message to the other process; None if arguments or results cannot be stacked."""
        ndim = problem.arrays["x"].ndim
        stacks = {}
        for name, stack in changed.items():
            rows = stack_rows([self.form.to_user(self.definition, name, row, ndim) for row in stack])
            if self.form.one_hot or rows is None:
                return None
            stacks[name] = rows
        found = self.call_forward.call_several(self._user_arrays(problem.arrays), stacks, problem)
        return None if found is None else [self._result(row, problem)[0] for row in found]

    def run(self, problem: Problem) -> Outcome:
        """Run forward and backward with a dy in the shape of y. If that is refused, use a dy in the correct shape."""
        forward = self._forward(problem, problem.arrays)
        y, _ = self._result(forward[0], problem)
        fitting = problem.with_result(y.shape) if self.takes_dy else problem
        try:
            return self._backward(fitting, *forward)
        except Refused as reason:
            if fitting is problem:
                raise reason.after(y) from reason
            return self._backward(problem, *self._forward(problem, problem.arrays))

    def gradients(self, problem: Problem) -> dict[str, Array]:
        """Run the backward with the problem's own dy, which may not have the shape of the forward's result."""
        return self._backward(problem, *self._forward(problem, problem.arrays)).gradients

    def _backward(self, problem: Problem, result: Any, taken: Mapping[str, Any]) -> Outcome:
        """Run the backward. `result` is the result of the forward for the arguments `taken`."""
        y, cache = self._result(result, problem)
        by_forward = self._changed(taken, problem)
        changed = [f"the forward's {name}" for name in by_forward]
        if self.backward is None or self.on_backward is None:
            if not isinstance(result, tuple) or len(result) < 2:
                raise Refused("there is no backward, and the forward does not return (loss, dx)")
            return self._outcome(y, cache, problem, changed)
        given = self._with_dy(problem)
        shown, _ = results.split_forward(result)
        extra = {"cache": cache, "y": np.copy(shown) if "y" in self.on_backward.names else None}
        found = self.call_backward({**given, **extra}, problem)
        by_backward = self._changed(given, problem)
        # the backward can also change arrays of the forward, through the cache
        kept = [name for name in self._changed(taken, problem) if name not in by_forward]
        changed += [f"the backward's {name}" for name in dict.fromkeys([*by_backward, *kept])]
        return self._outcome(y, found, problem, changed)

    def _user_arrays(self, arrays: Arrays) -> dict[str, Any]:
        """The arguments in the form of the functions."""
        ndim = arrays["x"].ndim
        given = {name: self.form.to_user(self.definition, name, arrays[name], ndim) for name in self.arguments}
        if self.form.one_hot:
            given["t"] = np.eye(arrays["x"].shape[1], dtype=arrays["x"].dtype)[arrays["t"]]
        return given

    def _with_dy(self, problem: Problem) -> dict[str, Any]:
        """The arguments and dy in the form of the functions."""
        dy = self.form.to_user(self.definition, "y", problem.dy, problem.arrays["x"].ndim)
        return {**self._user_arrays(problem.arrays), "dy": dy}

    def _forward(self, problem: Problem, arrays: Arrays) -> tuple[Any, dict[str, Any]]:
        """Run the forward on copies of the arrays; return its result and the copies."""
        given = self._user_arrays(arrays)
        if not self.has_forward:
            y = self.definition.forward(arrays, problem.case)
            return self.form.to_user(self.definition, "y", y, arrays["x"].ndim), given
        found = self.call_forward(given, problem)
        return results.normalise_forward(found, np.ndim(self._with_dy(problem)["dy"])), given

    def _result(self, found: Any, problem: Problem) -> tuple[Array, Any]:
        """Return y and the cache. If the result is a tuple, the cache is everything after y."""
        y, cache = results.split_forward(found)
        if y is None:
            name = getattr(self.forward, "__name__", "the forward")
            text = f"{descriptions.one_line(name)} returned None; is it finished, and does it return y?"
            raise ReturnedNothing(text, progress=Progress.RESULT)
        return self._array("y", y, len(self.definition.y_shape(problem.case)), problem), cache

    @property
    def call_forward(self) -> Caller:
        """Calls the forward."""
        return self._caller(self.forward, self.on_forward, "forward")

    def _caller(self, function: Function, call: Call, role: str) -> Caller:
        return Caller(function, call, role, self.definition, self.settings_adapter, self.form)

    def call_backward(self, given: Mapping[str, Any], problem: Problem) -> Any:
        """Call the backward on arrays in the user's layout, without copying them."""
        assert self.backward is not None and self.on_backward is not None
        return self._caller(self.backward, self.on_backward, "backward")(given, problem)

    def ordered_gradients(self, found: Any, problem: Problem) -> list[Any]:
        """Return the gradients from the result of the backward in the order of `returns`, unconverted."""
        shape = np.shape(self._user_arrays(problem.arrays)[self.returns[0]])
        return results.gradients(found, self.returns, shape, self._argument_of)

    def _argument_of(self, name: str) -> str | None:
        """Return the argument that a gradient of this name belongs to."""
        return Vocabulary("gradient", self.declared, (), self.on_forward.meanings).meaning_of(name)

    def _outcome(self, y: Array, found: Any, problem: Problem, changed: Sequence[str]) -> Outcome:
        """The outcome of a run whose backward returned `found`."""
        values = self.ordered_gradients(found, problem)
        unordered = not (self.is_ordered or self.inferred or results.fields_of(found) is not None)
        order = self._order_of(values, problem) if unordered else self.returns
        gradients = {
            name: self._array(name, value, len(problem.case.shapes[name]), problem)
            for name, value in zip(order, values, strict=False)
            if value is not None
        }
        return Outcome(y, gradients, problem.dy, tuple(changed), order if unordered else ())

    def _order_of(self, values: Sequence[Any], problem: Problem) -> tuple[str, ...]:
        """The order of the gradients that their shapes show, for example (dw, db, dx); `returns` if they show none."""
        shapes = {name: np.shape(a) for name, a in self._user_arrays(problem.arrays).items()}
        came = [results.shape_of(value) for value in values]
        names = [name for shape in came for name in self.returns if shapes[name] == shape]
        return tuple(names) if len(set(names)) == len(names) == len(self.returns) else self.returns

    def _array(self, name: str, value: Any, ndim: int, problem: Problem) -> Array:
        title = name if name == "y" else f"d{name}"
        progress = Progress.RESULT if name == "y" else Progress.GRADIENTS
        try:
            array = self.form.from_user(self.definition, name, value, ndim, problem.arrays["x"].ndim)
        except (KeyboardInterrupt, ChildFailure):
            raise
        except BaseException as error:
            text = f"the returned {title} cannot be converted to an array: {descriptions.text_of(error)}"
            raise Refused(text, progress=progress) from error
        if fault := descriptions.describe_non_numeric(title, array.dtype, value):
            raise Refused(fault, progress=progress)
        return array

    def _changed(self, given: Mapping[str, Any], problem: Problem) -> list[str]:
        before = self._with_dy(problem)
        return [name for name, value in given.items() if not np.array_equal(value, before[name])]
