"""Find the forward and the backward of a layer, and the meanings of their parameters.

Internal to check/adapter/classes/.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ....errors import Rot180Error
from ...operations import Definition
from ..signature import ALIASES, DICTS
from . import words


class ClassError(Rot180Error, TypeError):
    """The checker cannot find out how to use a class."""


@dataclass(frozen=True)
class Method:
    """A method of a layer and the roles of its parameters.

    Attributes:
        name: the name of the method.
        roles: (role, name), for example ("x", "inputs"), for each parameter that is passed, in order.
        defaults: maps settings among the parameters to their defaults.
        derivative: True if the method takes x and returns the derivative of an activation, without a factor dy.
    """

    name: str
    roles: tuple[tuple[str, str], ...]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    derivative: bool = False

    def takes(self, role: str) -> bool:
        """True if a parameter has this role."""
        return any(role == own for own, _ in self.roles)

    def call(self, thing: Any, given: Mapping[str, Any]) -> Any:
        """Call the method of an object. `given` maps roles to values."""
        function = method_of(thing, self.name)
        values = {name: given[role] for role, name in self.roles if role in given}
        parameters = parameters_of(function)
        positional = [values.pop(p.name) for p in parameters if p.kind is p.POSITIONAL_ONLY and p.name in values]
        leading = []
        for parameter in parameters:
            if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD or parameter.name not in values:
                break
            leading.append(values.pop(parameter.name))
        return function(*positional, *leading, **values)


def method_of(thing: Any, name: str) -> Callable[..., Any]:
    """The method of an object, or the entry of a dict."""
    return thing[name] if isinstance(thing, Mapping) else getattr(thing, name)


def find_method(thing: Any, names: Sequence[str]) -> str | None:
    """The first of these names that is a method of the object."""
    if not isinstance(thing, Mapping):  # also finds camelCase names and names with capitals
        own = {words.plain(name): name for name in dir(thing) if not name.startswith("_")}
        names = [other for name in names for other in (name, own.get(name, name))]
    for word in names:
        for name in (word, f"_{word}"):
            if isinstance(thing, Mapping):
                if callable(thing.get(name)):
                    return name
            elif callable(getattr(thing, name, None)) and not _is_abstract(thing, name):
                return name
    return None


def _is_abstract(thing: Any, name: str) -> bool:
    """True for methods that raise NotImplementedError, and for `__call__` of a class, which creates an object."""
    function = inspect.unwrap(getattr(thing, name))
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is None:
        return name == "__call__" and isinstance(thing, type)
    return "NotImplementedError" in code.co_names or (name == "__call__" and isinstance(thing, type))


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a method, without *args and **kwargs."""
    return [
        p for p in inspect.signature(function).parameters.values() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    ]


def read_forward(thing: Any, definition: Definition) -> Method:
    """The forward of an object. Raises ClassError if there is none, or if the meaning of a parameter is unknown."""
    name = find_method(thing, words.LOSSES if definition.loss else words.FORWARDS)
    if name is None:
        raise ClassError(
            f"check.layer: {described(thing)} has no forward; its methods are {methods_text(thing)}; rename one of "
            "them to forward, or pass two functions"
        )
    known = (*definition.arguments, *definition.settings, *(("kernel_size",) if definition.axes else ()))
    roles: list[tuple[str, str]] = []
    defaults: dict[str, Any] = {}
    for number, parameter in enumerate(parameters_of(method_of(thing, name))):
        used = [r for r, _ in roles]
        role = _special_role(parameter, number) or _meaning(parameter.name, known, used)
        required = parameter.default is parameter.empty
        if role is None and required and number == int(_has(roles, "ctx")):
            role = "x"  # the first parameter is x, whatever its name
        if role is None and required:
            raise unknown(thing, name, parameter.name)
        if role is None or (role == "cache" and not required):
            continue
        roles.append((role, parameter.name))
        if not required:
            defaults[role] = parameter.default
    return Method(name, tuple(roles), defaults)


def read_backward(thing: Any, definition: Definition, forward: Method) -> Method:
    """The backward of an object. Raises ClassError if there is none, or if the meaning of a parameter is unknown."""
    name = find_method(thing, words.BACKWARDS)
    derivative = _derivative(thing, definition)
    if derivative is not None and name in (None, derivative.name):
        return derivative
    if name is None:
        raise ClassError(
            f"check.layer: {described(thing)} has no backward; its methods are {methods_text(thing)}; rename one of "
            "them to backward, or pass two functions"
        )
    roles: list[tuple[str, str]] = []
    for number, parameter in enumerate(parameters_of(method_of(thing, name))):
        role = _backward_role(parameter.name, number, roles, definition)
        required = parameter.default is parameter.empty
        if role is None and required:
            if any(r == "dy" for r, _ in roles):
                raise unknown(thing, name, parameter.name)
            role = "dy"
        if role is None or (not required and role not in ("dy", "lr")):
            continue
        roles.append((role, parameter.name))
    if definition.loss and _has(roles, "t"):  # in backward(dvalues, y_true), dvalues are the predictions
        roles = [("x" if role == "dy" and not _has(roles, "x") else role, at) for role, at in roles]
    return Method(name, tuple(roles))


def _has(roles: Sequence[tuple[str, str]], role: str) -> bool:
    return any(role == own for own, _ in roles)


def _backward_role(name: str, number: int, roles: Sequence[tuple[str, str]], definition: Definition) -> str | None:
    lower = words.plain(name)
    if lower in words.RATES and _has(roles, "dy"):
        return "lr"
    if lower in words.OPTIMISERS:
        return "optimizer"
    if number == 0 and lower in words.CONTEXTS:
        return "ctx"
    known = ("dy", "cache", *definition.arguments, *definition.settings) if not definition.loss else (
        "t", "dy", "cache", *definition.arguments
    )  # fmt: skip
    return _meaning(name, known, [role for role, _ in roles])


def _special_role(parameter: inspect.Parameter, number: int) -> str | None:
    """The role of a parameter that is a context or a training flag; otherwise None."""
    lower = words.plain(parameter.name)
    if number == 0 and lower in words.CONTEXTS:
        return "ctx"
    if lower not in words.TRAINING or isinstance(parameter.default, str):
        return None
    return "training" if lower != "mode" else None


def _derivative(thing: Any, definition: Definition) -> Method | None:
    """The method of an activation that returns its derivative, such as gradient(x); None if there is none."""
    if len(definition.arguments) > 1 or definition.axes:
        return None
    name = find_method(thing, words.DERIVATIVES)
    if name is None:
        return None
    needed = [p for p in parameters_of(method_of(thing, name)) if p.default is p.empty]
    if len(needed) != 1 or _meaning(needed[0].name, ("dy", "x"), ()) != "x":
        return None
    return Method(name, (("x", needed[0].name),), derivative=True)


def _meaning(name: str, known: Sequence[str], used: Sequence[str]) -> str | None:
    lower = words.plain(name)
    if lower in DICTS.split():
        return "settings"
    for role in known:
        if role not in used and lower in ALIASES.get(role, "").split():
            return role
    return None


def unknown(thing: Any, method: str, name: str) -> ClassError:
    """The error for a parameter whose meaning is unknown."""
    return ClassError(
        f"check.layer: {described(thing)}.{method}: the meaning of the parameter {name!r} is unknown; rename it, or "
        "pass two functions"
    )


def described(thing: Any) -> str:
    """The name of a class, or of the class of an object."""
    return thing.__name__ if isinstance(thing, type) else type(thing).__name__


def methods_text(thing: Any) -> str:
    """The names of the methods of an object."""
    names = [name for name in dir(thing) if not name.startswith("_") and callable(getattr(thing, name, None))]
    return ", ".join(names) or "none"
