"""Find the gradients of a layer: in the returned values, in attributes, or as the change of its parameters.

Internal to check/adapter/classes/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...operations.case import Array
from ..foreign_arrays import as_numpy
from ..results import MARKS, fields_of
from .arrays_inside import Place, places, unwrapped
from .session import Plan, Session
from .words import GRADIENT_LISTS, GRADIENTS, INPUT_GRADIENTS, PARAMETERS, VALUES, plain

DERIVATIVE = re.compile(r"d_?(?:l|e|c|j|loss|cost|error)_?d_?(\w+)$")  # dL_dW, dloss_dw, dEdw


def collect(
    session: Session, returned: Any, shapes: Mapping[str, tuple[int, ...]], order: Sequence[str] | None = None
) -> dict[str, Array]:
    """The gradients by argument, in PyTorch's layout. Arguments without a gradient are left out.

    Args:
        returned: the result of the backward.
        shapes: the shapes of all arguments except labels, x first.
        order: the order of the returned gradients (default: the order of the arguments).
    """
    plan, names = session.plan, list(shapes)
    found = {name: unwrapped(value) for name, value in _returned(returned, names, order or names).items()}
    if "x" not in found:
        attributes = {place.names[-1]: place for place in places(session.thing) if len(place.steps) == 1}
        word = next((word for word in INPUT_GRADIENTS if word in attributes), None)
        if word is not None:
            found["x"] = attributes[word].read(session.thing)
    for name in names[1:]:
        if name not in found and name in plan.places:
            value = _kept(session, name, names[1:])
            if value is not None:
                found[name] = value
    return {name: _to_torch(name, value, shapes[name], plan) for name, value in found.items()}


def _to_torch(name: str, value: Any, shape: tuple[int, ...], plan: Plan) -> Array:
    if name == "x":
        return plan.form.x.from_user(value, shape)
    arranged = plan.arranged.get(name)
    return np.array(value) if arranged is None else arranged.from_user(value, shape)


def _returned(returned: Any, names: Sequence[str], order: Sequence[str]) -> dict[str, Any]:
    """The returned gradients by argument."""
    if returned is None:
        return {}
    fields = fields_of(returned)
    if fields is not None:
        named = {meaning: value for key, value in fields.items() if (meaning := _argument_of(key, names)) is not None}
        return named
    if not _is_sequence(returned):
        return {"x": returned}
    if len(returned) == 2 and fields_of(returned[1]) is not None:  # (dx, grads)
        return {"x": returned[0], **_returned(returned[1], names, order)}
    values = [value for value in returned if value is not None]
    if len(values) == 1:
        return {"x": values[0]}
    return dict(zip(order, values, strict=False))


def _is_sequence(returned: Any) -> bool:
    """True for several gradients, False for one array or one nested list of numbers."""
    return isinstance(returned, tuple) or (isinstance(returned, list) and as_numpy(returned) is None)


def order_by_shape(returned: Any, shapes: Mapping[str, tuple[int, ...]], plan: Plan) -> tuple[str, ...] | None:
    """The order of the returned gradients, for example (w, b, x); None if their shapes do not determine it."""
    if not _is_sequence(returned):
        return None
    names, values = list(shapes), [value for value in returned if value is not None]
    user = {}
    for name in names:
        arranged = plan.form.x if name == "x" else plan.arranged.get(name)
        user[name] = arranged.to_user(np.empty(shapes[name])).shape if arranged is not None else shapes[name]
    came = [np.shape(value) for value in values]
    order = [name for shape in came for name in names if user[name] == shape]
    return tuple(order) if len(set(order)) == len(order) == len(values) else None


def _kept(session: Session, name: str, parameters: Sequence[str]) -> Any:
    """The gradient of a parameter inside the object: an array with the name of a gradient, or the change of the
    parameter if there is no such array.
    """
    place, thing = session.plan.places[name], session.thing
    if name in session.plan.gradients:
        return np.array(session.plan.gradients[name].read(thing))
    taken = set(session.plan.places.values())
    others = [other for other in places(thing) if other not in taken]
    candidates = list(_candidates(place, name, parameters, others))
    stored = session.parameters[name]
    best = [c for c in candidates if np.shape(c.read(thing)) == stored.shape] or candidates
    if best:
        return np.array(best[0].read(thing))
    now = place.read(thing)
    if np.shape(now) == stored.shape and not np.array_equal(now, stored):
        session.steps[name] = stored - now
        return session.steps[name]
    return None


def unnamed_places(session: Session, dy: Any, missing: Sequence[str]) -> dict[str, Place]:
    """The places of gradients that a backward stores under unknown names.

    If the backward creates or changes exactly one array with the shape of a parameter, this array is its gradient.
    """
    taken, thing = set(session.plan.places.values()), session.thing
    before = {place: np.array(place.read(thing)) for place in places(thing)}
    session.backward(dy)
    changed = [
        place for place in places(thing)
        if place not in taken and not (place in before and np.array_equal(place.read(thing), before[place]))
    ]  # fmt: skip
    found = {}
    for name in missing:
        fitting = [place for place in changed if np.shape(place.read(thing)) == session.parameters[name].shape]
        if len(fitting) == 1:
            found[name] = fitting[0]
    return found


def _candidates(place: Place, name: str, parameters: Sequence[str], others: Sequence[Place]) -> Iterator[Place]:
    """The places that can hold the gradient of the parameter at `place`, most likely first."""
    last = place.names[-1] if place.names else ""
    if last in VALUES:  # a parameter object: weight.data and weight.grad
        for word in GRADIENTS:
            yield from (other for other in others if other.steps[:-1] == place.steps[:-1] and other.names[-1] == word)
    own = _own_name(place)
    for other in others:
        listed = any(part in GRADIENT_LISTS for part in other.names)
        if listed and other.position is not None:
            position = place.position if place.position is not None else list(parameters).index(name)
            if other.position == position and len(other.names) == 1:
                yield other
        elif other.names[-1:] == (own,) and (listed or {"g", "d"} & set(other.names[:-1])):
            yield other
    for other in others:
        if other.names and _bare(other.names[-1]) == own and other.names[-1] != own:
            yield other
    for other in others:
        if (
            other.names
            and _bare(other.names[-1]) in PARAMETERS[name].split()
            and _bare(other.names[-1]) != other.names[-1]
        ):
            yield other


def _own_name(place: Place) -> str:
    names = [part for part in place.names if part not in VALUES]
    return names[-1] if names else ""


def _bare(name: str) -> str:
    """The name without the prefix or suffix of a gradient: w for dW, grad_w and w_grad."""
    telling = DERIVATIVE.match(name)
    if telling:
        return telling[1]
    if name in ("gw", "gb"):
        return name[1:]
    for mark in (*MARKS, "g_", "nabla_"):
        if name.startswith(mark) and len(name) > len(mark):
            return name[len(mark) :].strip("_")
    for mark in ("_gradient", "_gradients", "_grad", "_grads", "_delta", "_error", "grad"):
        if name.endswith(mark) and len(name) > len(mark):
            return name[: -len(mark)].strip("_")
    return name


def _argument_of(name: str, names: Sequence[str]) -> str | None:
    bare = _bare(plain(str(name)))
    for argument in names:
        if bare == argument or bare in PARAMETERS.get(argument, "").split():
            return argument
    return "x" if plain(str(name)) in (*INPUT_GRADIENTS, "x") else None
