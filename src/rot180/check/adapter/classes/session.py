"""Use an object of the user's class: set its parameters, and call its forward and its backward.

Internal to check/adapter/classes/. plan.py finds the `Plan` of a class.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from ...operations import Definition
from ...operations.case import Array, Case
from ..results import split_forward
from ..signature import ALIASES
from .arrangements import Arrangement, SampleForm
from .arrays_inside import Place, unwrapped
from .constructor import Constructor, Variant
from .methods import Method, find_method, method_of
from .step_of_one import StepOfOne
from .words import CLEARERS, GRADIENTS, INITIALISERS, RESULTS, VALUES, plain

PASSED = "passed"  # stands for a parameter that is an argument of the forward, not an attribute of the object


class Context(SimpleNamespace):
    """A context object like the `ctx` argument of torch.autograd.Function."""

    needs_input_grad = (True,) * 16

    def save_for_backward(self, *arrays: Any) -> None:
        """Keep the arrays."""
        self.saved_tensors = self.saved_values = self.saved = arrays

    def mark_non_differentiable(self, *arrays: Any) -> None:
        """Ignored."""

    def set_materialize_grads(self, value: bool) -> None:
        """Ignored."""


@dataclass(frozen=True)
class Plan:
    """How to use a class.

    Attributes:
        constructor, forward, backward: the constructor and the methods to call.
        form: the form of x and y.
        static: True if the methods are static, so that no object is created.
        variant: the choices that the names of parameters do not determine.
        weight: the arrangement of w, if the constructor or the forward takes w.
        places: by argument, the place of the parameter inside the object.
        arranged: by argument, the arrangement of the parameter.
        update: the method that updates the parameters after the backward, if this is the only way to get gradients.
        gradients: by argument, the places of gradients that are stored under unknown names.
    """

    constructor: Constructor
    forward: Method
    backward: Method
    form: SampleForm
    static: bool = False
    variant: Variant = field(default_factory=Variant)
    weight: Arrangement = field(default=Arrangement(()))
    places: Mapping[str, Place] = field(default_factory=dict)
    arranged: Mapping[str, Arrangement] = field(default_factory=dict)
    update: Method | None = None
    gradients: Mapping[str, Place] = field(default_factory=dict)


class Session:
    """One object and the arrays of its last call."""

    def __init__(self, thing: Any, plan: Plan, case: Case) -> None:
        self.thing, self.plan, self.case = thing, plan, case
        self.cache: Any = None
        self.context = Context()
        self.given: dict[str, Any] = {}
        self.parameters: dict[str, Array] = {}
        self.steps: dict[str, Array] = {}  # changes of parameters that count as gradients

    def forward(self, x: Array, parameters: Mapping[str, Array], t: Any = None) -> Any:
        """Set the parameters and call the forward. Returns y in the form of the class."""
        plan = self.plan
        clear(self.thing, plan.places.values())
        self.set_parameters(parameters)
        if plan.variant.one_hot:
            t = np.eye(x.shape[1])[t]
        given: dict[str, Any] = {"x": x, "t": t, "ctx": self.context, "training": True}
        for name, value in parameters.items():
            if name not in plan.places:
                given[name] = plan.arranged[name].to_user(value) if name in plan.arranged else value
        given |= settings_for(plan.forward, plan.constructor.definition, self.case)
        self.given = given
        found = plan.forward.call(self.thing, given)
        if found is None:
            found = kept_result(self.thing)
        y, self.cache = split_forward(found)
        return unwrapped(y)

    def set_parameters(self, parameters: Mapping[str, Array]) -> None:
        """Store the parameters in the object."""
        self.parameters = {}
        for name, value in parameters.items():
            if name in self.plan.places:
                stored = self.plan.arranged[name].to_user(value)
                if self.plan.arranged[name].repeated:
                    stored = np.broadcast_to(stored, np.shape(self.plan.places[name].read(self.thing)))
                self.plan.places[name].write(self.thing, stored)
                self.parameters[name] = stored.copy()

    def backward(self, dy: Any) -> Any:
        """Call the backward and return its result."""
        plan = self.plan
        given = {**self.given, "dy": dy, "lr": 1.0, "cache": self.cache, "ctx": self.context}
        given["optimizer"] = StepOfOne(plan.variant.in_place)
        given |= settings_for(plan.backward, plan.constructor.definition, self.case)
        if plan.constructor.definition.loss and plan.backward.takes("x") and self._takes_result():
            given["x"] = kept_result(self.thing)
        found = plan.backward.call(self.thing, given)
        if plan.update is not None:
            plan.update.call(self.thing, given)
        return np.multiply(dy, found) if plan.backward.derivative else found

    def _takes_result(self) -> bool:
        """True if the backward of a loss takes the predictions in a parameter named like dy, and the object stores
        them.
        """
        name = next(name for role, name in self.plan.backward.roles if role == "x")
        if plain(name) not in ALIASES["dy"].split() or isinstance(self.thing, type):
            return False
        return np.shape(kept_result(self.thing)) == np.shape(self.given["x"])


def settings_for(method: Method, definition: Definition, case: Case) -> dict[str, Any]:
    """The values of the settings that a method takes, for a case."""
    names = (*definition.settings, *(("kernel_size",) if definition.axes else ()))
    values: dict[str, Any] = {}
    for name in names:
        if method.takes(name):
            value = definition.setting(case, name)
            default = method.defaults.get(name)
            if isinstance(default, tuple) and isinstance(value, int):
                value = (value,) * len(default)
            values[name] = value
    if method.takes("settings"):
        values["settings"] = definition.dictionary({name: definition.setting(case, name) for name in names})
    return values


def clear(thing: Any, parameters: Iterable[Place] = ()) -> None:
    """Set the gradients to zero: call a method such as zero_grad, and clear the gradients of parameter objects."""
    for place in parameters:
        for word in GRADIENTS if place.names and place.names[-1] in VALUES else ():
            kept = place.beside(word).read(thing)
            if isinstance(kept, np.ndarray) and kept.flags.writeable:
                kept[...] = 0
    name = find_method(thing, CLEARERS.split())
    if name is not None:
        method_of(thing, name)()


def kept_result(thing: Any) -> Any:
    """The result of a forward that returns None: an attribute such as `output`."""
    attributes = {plain(name): name for name in vars(thing)}
    name = next((attributes[word] for word in RESULTS if word in attributes), None)
    return None if name is None else getattr(thing, name)


def initialise(thing: Any, case: Case, form: SampleForm, *, in_place: bool = False) -> None:
    """Call the methods that prepare a layer, if it has any."""
    sample = form.sample_shape(case.shapes["x"])
    for word in INITIALISERS:
        name = find_method(thing, [word])
        if name is None:
            continue
        try:
            _prepare(method_of(thing, name), sample, in_place=in_place)
        except KeyboardInterrupt:
            raise
        except BaseException:  # the user's code can raise anything
            if not name.startswith("_"):
                raise  # a private method may fail, because the first forward may prepare the layer instead


def _prepare(function: Callable[..., Any], sample: tuple[int, ...], *, in_place: bool) -> None:
    """Call a method that prepares a layer, if necessary with an optimizer or the shape of a sample."""
    needed = [plain(p.name) for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    if not needed:
        function()
    elif len(needed) == 1 and "opt" in needed[0]:
        function(StepOfOne(in_place))
    elif len(needed) == 1 and ("shape" in needed[0] or "dim" in needed[0]):
        function(sample)
