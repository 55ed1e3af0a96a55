"""`pair_of` turns a class into a forward and a backward: two functions on arrays in PyTorch's layout.

Internal to check/.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...operations import Definition
from ...operations.case import Array, Case
from ..signature import CallingError, Vocabulary, read_signature
from .arrangements import sample_forms
from .gradients_inside import collect, order_by_shape, unnamed_places
from .instances import factory_of, is_instance
from .plan import find_plan, new_thing, probe
from .session import Plan, Session
from .updates import require_rate, with_updates

FORM = "The checker passed the arrays in the form that the class takes: {form}."
NO_DX = "The backward does not return the gradient of x, and no attribute contains it, so dx was not checked."


@dataclass(frozen=True)
class Pair:
    """Two functions that use a class.

    Attributes:
        forward, backward: functions on arrays in PyTorch's layout. `forward` returns (y, session).
        returns: the arguments whose gradients `backward` returns.
        one_sample, one_channel: True if the class accepts only a single sample, or only a single channel.
        remarks: the report's remarks on how the class is called.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    returns: tuple[str, ...]
    one_sample: bool
    one_channel: bool
    remarks: tuple[str, ...]


def is_class(target: Any, backward: Any, definition: Definition) -> bool:
    """True if the target is a class, a layer object, a factory function, or a Pair; False for a function on arrays."""
    if isinstance(target, Pair):
        return True
    if isinstance(target, type):
        return backward is None
    if backward is None and is_instance(target, definition):
        return True
    if backward is not None or definition.loss or not callable(target):
        return False
    try:
        names = read_signature(target, None, Vocabulary("forward", definition.arguments, definition.settings)).names
    except CallingError:
        return True
    return "x" not in names


def pair_of(target: Callable[..., Any] | Pair, definition: Definition, given: Mapping[str, Any]) -> Pair:
    """Return two functions that call the objects of a class. Raises ClassError if the class cannot be used.

    Args:
        target: the class, or its Pair if the class runs in another process, which has created the Pair.
    """
    if isinstance(target, Pair):
        return target
    if is_instance(target, definition):
        target = factory_of(target, definition)
    plan, returns_dx = _complete(find_plan(target, definition, given), definition, given)
    objects = _Objects(plan, definition)
    arguments = [
        name for name in definition.arguments if name in ("x", "t") or name in plan.places or plan.forward.takes(name)
    ]
    settings = {**plan.constructor.settings, **_method_settings(plan, definition)}
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, kind) for name in arguments]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_default(definition, name, value))
        for name, value in settings.items()
    ]

    def forward(*arrays: Array, **values: Any) -> Any:
        return objects.forward(dict(zip(arguments, arrays, strict=True)), values)

    def backward(dy: Any, cache: Session) -> Any:
        return objects.backward(dy, cache)

    def backward_of_loss(cache: Session) -> Any:
        return objects.backward(1.0, cache)

    forward.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    backward.__name__ = backward_of_loss.__name__ = getattr(target, "__name__", "layer")
    forward.__name__ = backward.__name__
    for function, method in ((forward, plan.forward), (backward, plan.backward), (backward_of_loss, plan.backward)):
        _point_to(function, getattr(target, method.name, target))
    form = plan.form
    returns = tuple(name for name in definition.gradients_of if name in arguments)
    remarks = () if form.name == "channels_first" else (FORM.format(form=form.name),)
    if not returns_dx:
        returns, remarks = returns[1:], (*remarks, NO_DX)
    chosen = backward_of_loss if definition.loss else backward
    return Pair(forward, chosen, returns, form.single, form.grey, remarks)


def _point_to(function: Any, original: Any) -> None:
    """Make error messages about a function show the line in the user's code, without changing its signature."""
    function.__signature__ = inspect.signature(function)
    function.__wrapped__ = original


def _default(definition: Definition, name: str, value: Any) -> Any:
    if name == "dilation" and value == 0:
        return 1
    return definition.default(name) if value is None else value


def _method_settings(plan: Plan, definition: Definition) -> dict[str, Any]:
    names = (*definition.settings, *(("kernel_size",) if definition.axes else ()))
    return {name: plan.forward.defaults.get(name) for name in names if plan.forward.takes(name)}


def _complete(plan: Plan, definition: Definition, given: Mapping[str, Any]) -> tuple[Plan, bool]:
    """Complete the plan: find how to get the gradients of the parameters. Also return whether there is a gradient of x.

    Raises ClassError if the layer updates its parameters with an unknown learning rate.
    """
    last: list[Session] = []

    def found(plan: Plan) -> Mapping[str, Array]:
        session, gradients = _gradients_of(plan, definition, given)
        last.append(session)
        return gradients

    try:
        gradients = found(plan)
        plan = with_updates(plan, last[0].thing, found)
    except KeyboardInterrupt:
        raise
    except BaseException:  # the user's code can raise anything; the check will report it
        return plan, True
    require_rate(plan, last[-1].thing, last[-1].steps)
    missing = [name for name in plan.places if name not in gradients and name not in last[-1].steps]
    if missing and plan.update is None and "x" in gradients:
        _, session, dy = _start(plan, definition, given)
        form = session.plan.form
        user_dy = dy if definition.loss else form.y.to_user(dy)
        plan = replace(plan, gradients=unnamed_places(session, user_dy, missing))
    return plan, "x" in gradients


def _gradients_of(
    plan: Plan, definition: Definition, given: Mapping[str, Any]
) -> tuple[Session, Mapping[str, Array]]:  # fmt: skip
    """The gradients that a plan finds on a small problem, and the session that found them."""
    objects, session, dy = _start(plan, definition, given)
    return session, objects.backward(dy, session)


def _start(plan: Plan, definition: Definition, given: Mapping[str, Any]) -> tuple[_Objects, Session, Any]:
    """Call the forward on a small problem. Returns the objects, the session of the call, and a dy of ones."""
    problem = probe(definition, plan.form, given, len(plan.form.x.order))
    objects = _Objects(plan, definition)
    arrays = {
        name: a
        for name, a in problem.arrays.items()
        if name in ("x", "t") or name in plan.places or plan.forward.takes(name)
    }
    y, session = objects.forward(arrays, problem.case.settings)
    return objects, session, 1.0 if definition.loss else np.ones(np.shape(y))


class _Objects:
    """The objects of a class, one for each combination of sizes and settings."""

    def __init__(self, plan: Plan, definition: Definition) -> None:
        self.plan, self.definition = plan, definition
        self.made: dict[str, Any] = {}
        self.order: tuple[str, ...] | None = None  # the order of the returned gradients, once their shapes determine it

    def forward(self, arrays: dict[str, Array], settings: Mapping[str, Any]) -> tuple[Any, Session]:
        """Call the forward of an object for these sizes."""
        shapes = {name: np.shape(a) for name, a in arrays.items()}
        case = Case(dict(settings), shapes)
        plan = self._plan_for(len(shapes["x"]))
        if plan.form.single and shapes["x"][0] > 1:
            raise ValueError("the class takes only a single sample")
        parameters = {name: a for name, a in arrays.items() if name not in ("x", "t")}
        sized = shapes if "batch" in plan.constructor.roles.values() else {**shapes, "x": shapes["x"][1:]}
        key = repr(([(name, shape) for name, shape in sized.items() if name != "t"], settings))
        if key not in self.made:
            self.made[key] = new_thing(plan, case, parameters)
        session = Session(self.made[key], plan, case)
        if any(name not in self._readable(session) for name in plan.places):
            x = plan.form.x.to_user(arrays["x"])
            session.forward(x, {n: a for n, a in parameters.items() if n not in plan.places}, arrays.get("t"))
        x = plan.form.x.to_user(arrays["x"])
        before = x.copy()
        y = session.forward(x, parameters, arrays.get("t"))
        if not np.array_equal(x, before):
            arrays["x"][...] = plan.form.x.from_user(x, shapes["x"])
        if self.definition.loss:
            return y, session
        return plan.form.y.from_user(y, (1,) * len(shapes["x"])), session

    def _readable(self, session: Session) -> list[str]:
        return [name for name, place in session.plan.places.items() if place.read(session.thing) is not None]

    def _plan_for(self, ndim: int) -> Plan:
        """The plan for an x with `ndim` axes, which can differ from the number on which the plan was tried."""
        if len(self.plan.form.x.order) == ndim:
            return self.plan
        forms = {form.name: form for form in sample_forms(self.definition, ndim)}
        return replace(self.plan, form=forms.get(self.plan.form.name, forms["channels_first"]))

    def backward(self, dy: Any, session: Session) -> dict[str, Array]:
        """Call the backward. Returns the gradients by argument."""
        form = session.plan.form
        user_dy = dy if self.definition.loss else form.y.to_user(np.asarray(dy))
        before = np.copy(user_dy)
        returned = session.backward(user_dy)
        if not self.definition.loss and not np.array_equal(user_dy, before):
            dy[...] = form.y.from_user(user_dy, np.shape(dy))
        shapes = {name: shape for name, shape in session.case.shapes.items() if name != "t"}
        self.order = self.order or order_by_shape(returned, shapes, session.plan)
        return collect(session, returned, shapes, self.order)
