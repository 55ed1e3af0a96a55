"""Which mistakes explain what was found: a search over the table of mistakes, simple explanations first.

A mistake explains an argument if it gives what was found on every problem, those where it does not show included, in
the same variant throughout. What one mistake does not explain is tried with a known factor or sign, and then as two
mistakes, the second of which turns what the first one gives.

Nearly every hypothesis fails on the first problem that is looked at, so one that is wrong, the pivot, is asked first,
and the others only about what has passed there. A mistake need not show on every problem that is wrong, if there is
another one or a factor beside it: a few are pivots in turn, one for each setting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..comparison import same
from ..operations.case import Array
from . import scale
from .evidence import Evidence
from .mistakes import ANY, UNNAMED, Mistake, in_order


@dataclass(frozen=True)
class Explanation:
    """One or two mistakes, each with its variant, and a factor, that together give what was found."""

    parts: tuple[tuple[Mistake, str], ...]
    factor: str = ""
    negative: bool = False


@dataclass(frozen=True)
class _Step:
    """One mistake as it was made on one problem: the `choice`-th of the arrays that its variant may give."""

    mistake: Mistake
    variant: str
    choice: int


def explain(evidences: Sequence[Evidence], argument: str) -> list[Explanation]:
    """The simplest explanations of an argument that is wrong; several if they cannot be told apart, none if unknown."""
    wrong = sorted((e for e in evidences if e.wrong(argument)), key=lambda e: e.case.cells)
    usable = [m for m in in_order() if argument in m.arguments and (not m.replays or _replayable(evidences))]
    pivots = _pivots(wrong)
    if found := list(_single(evidences, argument, usable, pivots, factored=False)):
        return _preferred(found, len({e.problem.case.describe() for e in wrong}))
    if factor := scale.of([(e, e.right[argument]) for e in evidences], argument):
        return [Explanation((), *factor)]
    if found := list(_single(evidences, argument, usable, pivots, factored=True)):
        return _preferred(found, len({e.problem.case.describe() for e in wrong}))
    named = [m for m in usable if m.slug != UNNAMED]
    return next((found for pivot in pivots if (found := _pairs(evidences, argument, named, pivot))), [])


def _preferred(found: list[Explanation], cases: int) -> list[Explanation]:
    """Those with a name, each once; the others where there is none, or where a name would rest on one case."""
    named: dict[str, Explanation] = {}
    unnamed = []
    for explanation in found:
        slug = explanation.parts[0][0].slug
        if slug == UNNAMED:
            unnamed.append(explanation)
        else:
            named.setdefault(slug, explanation)
    return unnamed[:1] if unnamed and (cases < 2 or not named) else list(named.values())


def _pivots(wrong: Sequence[Evidence]) -> list[Evidence]:
    """The smallest of the wrong problems, one with fractions, and for each setting one in which it is no default."""
    chosen = [wrong[0]] if wrong[0].problem.unit < 1 else [wrong[0], *[e for e in wrong if e.problem.unit < 1][:1]]
    for setting in wrong[0].definition.settings:
        default = wrong[0].definition.default(setting)
        used = (e for e in wrong if not _is(e.problem.case.settings.get(setting, default), default))
        chosen += [e for e in [next(used, None)] if e is not None and not any(e is c for c in chosen)]
    return chosen


def _is(given: Any, default: Any) -> bool:
    """Whether a setting is what it would be without being given, on all axes."""
    return all(value == default for value in given) if isinstance(given, tuple) else bool(given == default)


def _replayable(evidences: Sequence[Evidence]) -> bool:
    return all(e.window is not None for e in evidences)


def _single(
    evidences: Sequence[Evidence], argument: str, usable: list[Mistake], pivots: Sequence[Evidence], *, factored: bool
) -> Iterator[Explanation]:
    """At most one of each mistake."""
    for mistake in usable:
        verified = (
            explanation
            for pivot in pivots
            for step, array in _steps(mistake, pivot, argument)
            if _fits(pivot, array, argument, factored=factored) and _changes(array, pivot, argument)
            if (explanation := _verified((step,), evidences, argument, factored=factored))
        )
        if (explanation := next(verified, None)) is not None:
            yield explanation


def _pairs(evidences: Sequence[Evidence], argument: str, usable: list[Mistake], pivot: Evidence) -> list[Explanation]:
    """A mistake whose result another one turns round, or one that is made on the arrays of another."""
    for first in usable:
        for step, array in _steps(first, pivot, argument):
            if not _changes(array, pivot, argument):
                continue
            turned = _after(step, pivot, argument, array)
            for second in usable:
                if second is first or not (second.turns or _on_premise(step)):
                    continue
                for other, result in _steps(second, turned, argument):
                    for factored in (False, True):
                        if not _fits(pivot, result, argument, factored=factored):
                            continue
                        explanation = _verified((step, other), evidences, argument, factored=factored)
                        if explanation is not None and _changes(result, turned, argument):
                            return [explanation]
    return []


def _fits(pivot: Evidence, array: Array, argument: str, *, factored: bool) -> bool:
    """Whether this is what was found on the pivot, but for some factor if one is allowed."""
    return scale.parallel(pivot, array, argument) if factored else same(pivot.found[argument], array)


def _changes(array: Array, evidence: Evidence, argument: str) -> bool:
    """Whether a mistake that gives this shows on a problem."""
    return not same(array, evidence.right[argument])


def _verified(
    steps: tuple[_Step, ...], evidences: Sequence[Evidence], argument: str, *, factored: bool
) -> Explanation | None:
    """The steps as an explanation, if they give what was found on all problems."""
    pairs = []
    for evidence in evidences:
        made = _made(steps, evidence, argument)
        if made is None or not (factored or same(evidence.found[argument], made)):
            return None
        pairs.append((evidence, made))
    parts = tuple((step.mistake, step.variant) for step in steps)
    if not factored:
        return Explanation(parts)
    factor = scale.of(pairs, argument)
    return Explanation(parts, *factor) if factor else None


def _steps(mistake: Mistake, evidence: Evidence, argument: str) -> Iterator[tuple[_Step, Array]]:
    """All ways to make a mistake on one problem; some may change nothing there."""
    for variant, arrays in _table(mistake, evidence, argument).items():
        for choice, array in enumerate(arrays):
            if variant != ANY:
                yield _Step(mistake, variant, choice), array


def _made(steps: tuple[_Step, ...], evidence: Evidence, argument: str) -> Array | None:
    """What the steps, one after the other, give on another problem; None if they are impossible there."""
    for step in steps:
        table = _table(step.mistake, evidence, argument)
        arrays = table.get(step.variant) or table.get(ANY)
        if not arrays:
            return None
        evidence = _after(step, evidence, argument, arrays[min(step.choice, len(arrays) - 1)])
    return evidence.right[argument]


def _after(step: _Step, evidence: Evidence, argument: str, array: Array) -> Evidence:
    """What the next mistake takes for right."""
    if _on_premise(step) and step.mistake.premise:
        evidence = step.mistake.premise(evidence)
    return replace(evidence, right={**evidence.right, argument: array})


def _on_premise(step: _Step) -> bool:
    """Whether the mistake is nothing but wrong arrays to compute from; a variant of it may be more."""
    return step.mistake.premise is not None and step.variant == ""


def _table(mistake: Mistake, evidence: Evidence, argument: str) -> dict[str, list[Array]]:
    table: dict[str, list[Array]] = {}
    try:
        for array, variant in mistake.candidates(evidence, argument):
            table.setdefault(variant, []).append(array)
    except (ValueError, IndexError):
        return {}  # what the user returned has a shape that this mistake cannot have
    return table
