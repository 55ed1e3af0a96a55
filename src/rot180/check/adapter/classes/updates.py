"""Get gradients from layers that update their parameters: with a learning rate of 1, the change is the gradient.

Internal to check/adapter/classes/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ...operations.case import Array
from .methods import ClassError, Method, described, find_method, method_of, parameters_of
from .session import Plan
from .words import OPTIMISERS, RATE_ATTRIBUTES, RATES, UPDATES, plain

DYADIC = 64  # if all arrays hold whole numbers, gradients are multiples of 1 / 64, even as a mean over 4 samples

Found = Callable[[Plan], Mapping[str, Array]]  # returns the gradients that a plan finds on a small problem


def with_updates(plan: Plan, thing: Any, found: Found) -> Plan:
    """Add an in-place optimizer or an update method to the plan, if the layer gives more gradients with it."""
    missing = set(plan.places) - set(found(plan))
    if not missing:
        return plan
    for other in (replace(plan, variant=replace(plan.variant, in_place=True)), _with_method(plan, thing)):
        if other is not None and len(set(plan.places) - set(found(other))) < len(missing):
            return other
    return plan


def _with_method(plan: Plan, thing: Any) -> Plan | None:
    """Add a method such as update(lr) to the plan, to be called after the backward."""
    name = find_method(thing, UPDATES)
    if name is None or isinstance(thing, type):
        return None
    roles = []
    for parameter in parameters_of(method_of(thing, name)):
        lower = plain(parameter.name)
        if lower in RATES:
            roles.append(("lr", parameter.name))
        elif lower in OPTIMISERS:
            roles.append(("optimizer", parameter.name))
        elif parameter.default is parameter.empty:
            return None
    return replace(plan, update=Method(name, tuple(roles)))


def set_rates(thing: Any) -> None:
    """Set the learning rates in the attributes of an object to 1."""
    for name, value in list(getattr(thing, "__dict__", {}).items()):
        if plain(name) in RATE_ATTRIBUTES and isinstance(value, float):
            setattr(thing, name, 1.0)


def require_rate(plan: Plan, thing: Any, steps: Mapping[str, Array]) -> None:
    """Raise ClassError if a layer updates its parameters with a learning rate that is not 1 and cannot be set.

    Args:
        steps: the changes of the parameters on a problem of whole numbers, by argument.
    """
    methods = [method for method in (plan.backward, plan.update) if method is not None]
    passed = {*plan.constructor.roles.values(), *(role for method in methods for role, _ in method.roles)}
    kept = {plain(name) for name in getattr(thing, "__dict__", {})}
    if {"lr", "optimizer"} & passed or {*RATE_ATTRIBUTES, *OPTIMISERS} & kept:
        return
    for name, step in steps.items():
        if not np.array_equal(step * DYADIC, np.round(step * DYADIC)):
            raise ClassError(
                f"check.layer: {described(thing)}.{plan.backward.name} updates {name} with a learning rate that is "
                "not 1 and cannot be set; add a parameter or an attribute learning_rate, or keep the gradient in an "
                f"attribute d{name}"
            )
