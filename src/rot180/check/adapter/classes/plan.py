"""Find out how to use a class by trying it on one problem: the arrangement of its arrays, and its parameters.

Internal to check/adapter/classes/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...comparison import same
from ...operations import Definition
from ...operations.case import Array, Case, Problem
from ..descriptions import describe_exception
from .arrangements import BATCH_OF_ONE, Arrangement, SampleForm, sample_forms
from .constructor import Constructor, Variant, read_constructor
from .methods import ClassError, described, find_method, read_backward, read_forward
from .parameter_places import parameter_places
from .session import Plan, Session, initialise
from .updates import set_rates
from .words import BACKWARDS, FORWARDS, LOSSES, PARAMETERS

RIGHT, SHAPE, RUNS, FAILS = 4, 3, 2, 1  # how well a plan fits; FAILS if the backward raises
VARIANTS = (
    Variant(),
    Variant(pairs=True),
    *(Variant(vector=vector) for vector in ((1, -1), (-1, 1), (1, 1, 1, -1), (1, -1, 1, 1))),
    Variant(one_hot=True),
    *(Variant(activation=word) for word in (None, "linear", "identity", "none")),
    *(Variant(sizes=kind) for kind in ("w", "list", "x")),
)
WEIGHTS = ((0, 1), (1, 0)), ((0, 1, 2), (2, 1, 0)), ((0, 1, 2, 3), (2, 3, 1, 0), (1, 0, 2, 3))


class UnusedWeightError(ClassError):
    """The array that looks like the weight does not influence the result of the forward."""


@dataclass(frozen=True)
class Trial:
    """A plan that was tried on a problem, and how well it fits."""

    plan: Plan
    fit: int


def find_plan(target: Callable[..., Any], definition: Definition, given: Mapping[str, Any]) -> Plan:
    """The plan that gives the right result on a small problem, or else the plan that fits best.

    Raises ClassError if the class cannot be used in any way.
    """
    best: Trial | None = None
    reason: BaseException | None = None
    unused: UnusedWeightError | None = None
    static = _is_static(target, definition)
    constructor = Constructor(target, definition, {}, {}) if static else read_constructor(target, definition)
    for draft, ndim in _drafts(constructor, static=static):
        if best is not None and not _can_help(draft, best.plan):
            continue
        if draft.form.name == BATCH_OF_ONE and best is not None and best.fit > FAILS:
            continue  # the class accepts several samples, even if its results are wrong
        try:
            trial = _try(draft, given, ndim)
        except UnusedWeightError as error:
            unused = unused or error
            continue
        except ClassError:
            raise
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # the user's code can raise anything
            reason = reason or error
            continue
        if best is None or trial.fit > best.fit:
            best = trial
        if best.fit == RIGHT:
            break
    if best is None:
        raise unused or ClassError(
            f"check.layer: {described(target)} could not be called as {definition.name} with any arrangement of its "
            f"arrays; the first attempt raised {_describe(reason, target)}; pass two functions, forward and backward"
        )
    return best.plan


def _describe(reason: BaseException | None, target: Callable[..., Any]) -> str:
    """Describe the error of the user's code, with the line in its file."""
    if reason is None:
        return "an error"
    return describe_exception(reason, getattr(target, "__init__", target) if isinstance(target, type) else target)


def _drafts(constructor: Constructor, *, static: bool) -> Iterator[tuple[Plan, int]]:
    """The plans to try, common ones first, each with the number of axes of x. Their methods are filled in later."""
    definition = constructor.definition
    unknown: Any = None
    for variant in VARIANTS:
        if variant.one_hot and definition.name != "softmax_cross_entropy":
            continue
        if variant.sizes and not constructor.tuples:
            continue
        for ndim in dimensions(definition):
            for form in sample_forms(definition, ndim):
                for order in _weight_orders(definition, ndim):
                    yield Plan(constructor, unknown, unknown, form, static, variant, Arrangement(order)), ndim


def _can_help(draft: Plan, known: Plan) -> bool:
    """False if a draft differs from the known plan only in arguments that the class does not take."""
    takes = [*known.constructor.roles.values(), *(role for role, _ in known.forward.roles)]
    if draft.variant.sizes:
        return False
    if draft.variant.activation != "" and not known.constructor.activations:
        return False
    if draft.variant.vector != (-1,) and "b" not in takes:
        return False
    if draft.variant.pairs and not {"kernel_size", "in", "out", "features"} & set(takes):
        return False
    return "w" in takes or draft.weight.order in ((), tuple(range(len(draft.weight.order))))


def _is_static(target: Any, definition: Definition) -> bool:
    """True if the class is a pair of static methods, like torch.autograd.Function."""
    if not isinstance(target, type):
        return False
    names = LOSSES if definition.loss else FORWARDS
    found = [find_method(target, names), find_method(target, BACKWARDS)]
    owners = [next((vars(c)[n] for c in target.__mro__ if n in vars(c)), None) if n else None for n in found]
    return all(isinstance(owner, staticmethod | classmethod) for owner in owners)


def dimensions(definition: Definition) -> tuple[int, ...]:
    """The numbers of axes to try for x."""
    if definition.axes:
        return (definition.axes + 2,)
    return (4, 2) if definition.name == "batch_norm" else (2,)


def _weight_orders(definition: Definition, ndim: int) -> tuple[tuple[int, ...], ...]:
    if "w" not in definition.arguments:
        return ((),)
    return WEIGHTS[ndim - 2] if ndim < 5 else (tuple(range(ndim)),)


def probe(definition: Definition, form: SampleForm, given: Mapping[str, Any], ndim: int) -> Problem:
    """A small problem, with a different size for each axis."""
    n, channels = (1 if form.single else 4), (1 if form.grey else 2 if ndim > 2 else 3)
    x = (n, channels, *(9, 8, 7)[: ndim - 2])
    settings = {**_needed(definition), **given}
    settings.pop("kernel_size", None) if "kernel_size" not in definition.settings else None
    shapes: dict[str, tuple[int, ...]] = {"x": x}
    groups = int(settings.get("groups", 1))
    if "w" in definition.arguments:
        kernel = (int(np.max(given.get("kernel_size", 3))),) * definition.axes
        x = (n, channels * groups, *x[2:])
        ends = (channels * groups, 5) if definition.transposed else (5 * groups, channels)
        shapes = {"x": x, "w": (*ends, *kernel), "b": (5 * groups,)}
    elif "gamma" in definition.arguments:
        size = x[1:] if definition.name == "layer_norm" else (x[1],)
        shapes |= {"gamma": size, "beta": size}
    elif "t" in definition.arguments:
        shapes["t"] = x if definition.name != "softmax_cross_entropy" else (n,)
    return definition.problem(Case(settings, shapes), 0, 1.0)


def _needed(definition: Definition) -> dict[str, Any]:
    """The settings that a pooling requires, with their defaults."""
    names = ("kernel_size", "stride") if "kernel_size" in definition.settings else ()
    return {name: definition.default(name) for name in names}


def _try(draft: Plan, given: Mapping[str, Any], ndim: int) -> Trial:
    """Add the methods and the places of the parameters to a plan, and try it."""
    definition = draft.constructor.definition
    problem = probe(definition, draft.form, given, ndim)
    parameters = {name: problem.arrays[name] for name in PARAMETERS if name in problem.arrays}
    thing = new_thing(draft, problem.case, parameters)
    forward = read_forward(thing, definition)
    plan = replace(draft, forward=forward, backward=read_backward(thing, definition, forward))
    plan = _with_places(plan, thing, problem, parameters)
    kept = {name: a for name, a in parameters.items() if name in plan.places or plan.forward.takes(name)}
    missing = [name for name in parameters if name not in kept]
    session = Session(thing, plan, problem.case)
    x = plan.form.x.to_user(problem.arrays["x"])
    result = session.forward(x, kept, problem.arrays.get("t"))
    y_shape = definition.y_shape(problem.case)
    y = np.asarray(result) if definition.loss else plan.form.y.from_user(result, y_shape)
    expected = definition.forward({**problem.arrays, **neutral(missing, parameters)}, problem.case)
    fit = RUNS if y.shape != expected.shape else RIGHT if same(y, expected) else SHAPE
    if fit != RIGHT:
        _require_effect(plan, problem, kept)
    try:
        session.backward(1.0 if definition.loss else plan.form.y.to_user(np.ones(y.shape)))
    except KeyboardInterrupt:
        raise
    except BaseException:  # the user's code can raise anything
        return Trial(plan, FAILS)
    return Trial(plan, fit)


def _require_effect(plan: Plan, problem: Problem, parameters: Mapping[str, Array]) -> None:
    """Raise UnusedWeightError if the result of the forward does not depend on the array that looks like its weight."""
    if "w" not in plan.places:
        return
    session = Session(new_thing(plan, problem.case, parameters), plan, problem.case)
    x = plan.form.x.to_user(problem.arrays["x"])
    if plan.places["w"].read(session.thing) is None:  # the first call creates the parameters
        session.forward(x.copy(), {name: a for name, a in parameters.items() if name not in plan.places})
    first, second = (
        np.array(session.forward(x.copy(), {**parameters, "w": factor * parameters["w"]})) for factor in (1, 3)
    )
    if np.array_equal(first, second):
        name, place = described(session.thing), ".".join(str(key) for _, key in plan.places["w"].steps)
        raise UnusedWeightError(
            f"check.layer: the result of {name}.{plan.forward.name} does not depend on {name}.{place}, so the checker "
            "did not find the weight; keep it in an attribute such as W, or pass two functions"
        )


def _with_places(plan: Plan, thing: Any, problem: Problem, parameters: Mapping[str, Array]) -> Plan:
    """Add the places of parameters that are not arguments of the forward. Raises ValueError if no weight is found."""
    passed = {name: a for name, a in parameters.items() if plan.forward.takes(name)}
    inside = {name: a for name, a in parameters.items() if name not in passed}
    arranged = {"w": plan.weight} if "w" in passed else {}
    if "b" in passed and plan.variant.vector != (-1,):
        arranged["b"] = Arrangement((0,), vector=plan.variant.vector)
    plan = replace(plan, arranged=arranged)
    found = parameter_places(thing, inside)
    if len(found) < len(inside) and not plan.static:  # the first call may create parameters
        x = plan.form.x.to_user(problem.arrays["x"])
        Session(thing, plan, problem.case).forward(x, passed, problem.arrays.get("t"))
        found = parameter_places(thing, inside)
    if "w" in inside and "w" not in found:
        raise ValueError(f"{described(thing)} has no array with the shape of a weight, {parameters['w'].shape}")
    return replace(
        plan, places={name: place for name, (place, _) in found.items()},
        arranged={**arranged, **{name: form for name, (_, form) in found.items()}},
    )  # fmt: skip


def neutral(missing: list[str], parameters: Mapping[str, Array]) -> dict[str, Array]:
    """The values of parameters that the class does not have: gamma is 1, the others are 0."""
    return {
        name: np.ones_like(parameters[name]) if name == "gamma" else np.zeros_like(parameters[name]) for name in missing
    }


def new_thing(plan: Plan, case: Case, parameters: Mapping[str, Array]) -> Any:
    """Create an object for the sizes of a case and prepare it for its first call."""
    if plan.static:
        return plan.constructor.target
    thing = plan.constructor.make(case, plan.form, parameters, plan.weight, plan.variant)
    initialise(thing, case, plan.form, in_place=plan.variant.in_place)
    set_rates(thing)
    return thing
