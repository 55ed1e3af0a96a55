"""The search for the mistakes that explain a wrong array, simple explanations first.

A mistake explains an array if one of its variants yields the array that the user's code returned, on every problem.
This includes problems where the mistake has no effect. If no single mistake explains the array, each one is tried
with a factor or sign. Then pairs of mistakes are tried, where the second one changes the result of the first.

Most candidates fail on the first problem. So one wrong problem, the pivot, is checked first, and the other problems
only for the candidates that pass. If the code makes several mistakes, one of them may have no effect on the pivot, so
several pivots are tried in turn, one for each setting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..comparison import same
from ..operations.case import Array
from . import scale
from .conditions import condition_of
from .evidence import Evidence
from .mistakes import ANY, Mistake, in_order

_Table = dict[str, list[Array]]  # arrays by variant


@dataclass(frozen=True)
class Explanation:
    """One or two mistakes, each with its variant, and a factor, which together yield the returned array."""

    parts: tuple[tuple[Mistake, str], ...]
    factor: str = ""
    negative: bool = False


@dataclass(frozen=True)
class _Step:
    """One mistake, applied to one problem. `choice` is the index among the arrays that the variant yields."""

    mistake: Mistake
    variant: str
    choice: int


class _Tables:
    """The arrays that mistakes yield on the problems of one search, each computed once."""

    def __init__(self, evidences: Sequence[Evidence], argument: str) -> None:
        self._argument = argument
        self._of_problem: dict[int, dict[int, _Table]] = {id(evidence): {} for evidence in evidences}

    def of(self, mistake: Mistake, evidence: Evidence) -> _Table:
        """The arrays by variant. They are stored only for the original problems, not for evidence with a first
        mistake.
        """
        known = self._of_problem.get(id(evidence))
        if known is None:
            return _table(mistake, evidence, self._argument)
        if id(mistake) not in known:
            known[id(mistake)] = _table(mistake, evidence, self._argument)
        return known[id(mistake)]


def find_mistakes(evidences: Sequence[Evidence], argument: str) -> list[Explanation]:
    """Find the simplest explanations of a wrong argument.

    Returns several if they cannot be distinguished, and an empty list if no known mistake explains the array.
    """
    wrong = sorted((e for e in evidences if e.wrong(argument)), key=lambda e: e.case.cells)
    usable = [m for m in in_order() if argument in m.arguments and (not m.replays or _replayable(evidences))]
    pivots, tables = _pivots(wrong), _Tables(evidences, argument)
    if explanations := list(_single(evidences, argument, usable, pivots, tables, factored=False)):
        return _preferred(explanations, len({e.problem.case.describe() for e in wrong}))
    if factor := scale.find_factor([(e, e.expected[argument]) for e in evidences], argument):
        return [Explanation((), *factor)]
    if explanations := list(_single(evidences, argument, usable, pivots, tables, factored=True)):
        return _preferred(explanations, len({e.problem.case.describe() for e in wrong}))
    pairable = [m for m in usable if not m.alone]
    pairs = (_pairs(evidences, argument, pairable, pivot, tables) for pivot in pivots)
    return next(filter(None, pairs), None) or _by_condition(evidences, argument, usable)


def _preferred(explanations: list[Explanation], cases: int) -> list[Explanation]:
    """Keep one explanation for each slug. A mistake marked `alone` is kept only if there are no other explanations, or
    if only one case is wrong.
    """
    usual: dict[str, Explanation] = {}
    alone = []
    for explanation in explanations:
        mistake, _ = explanation.parts[0]
        if mistake.alone:
            alone.append(explanation)
        else:
            usual.setdefault(mistake.slug, explanation)
    return alone[:1] if alone and (cases < 2 or not usual) else list(usual.values())


def _pivots(wrong: Sequence[Evidence]) -> list[Evidence]:
    """Choose the smallest wrong problem, one with fractions, and for each setting one in which the setting is not the
    default.
    """
    chosen = [wrong[0]] if wrong[0].problem.unit < 1 else [wrong[0], *[e for e in wrong if e.problem.unit < 1][:1]]
    for setting in wrong[0].definition.settings:
        default = wrong[0].definition.default(setting)
        used = (e for e in wrong if not _is_default(e.problem.case.settings.get(setting, default), default))
        chosen += [e for e in [next(used, None)] if e is not None and not any(e is c for c in chosen)]
    return chosen


def _is_default(given: Any, default: Any) -> bool:
    """True if a setting equals its default on every axis."""
    return all(value == default for value in given) if isinstance(given, tuple) else bool(given == default)


def _replayable(evidences: Sequence[Evidence]) -> bool:
    return all(e.window is not None for e in evidences)


def _single(
    evidences: Sequence[Evidence], argument: str, usable: list[Mistake], pivots: Sequence[Evidence], tables: _Tables,
    *, factored: bool,
) -> Iterator[Explanation]:  # fmt: skip
    """Yield at most one explanation for each mistake."""
    for mistake in usable:
        verified = (
            explanation
            for pivot in pivots
            for step, array in _steps(mistake, pivot, tables)
            if _fits(pivot, array, argument, factored=factored) and _changes(array, pivot, argument)
            if (explanation := _verified((step,), evidences, argument, tables, factored=factored))
        )
        if (explanation := next(verified, None)) is not None:
            yield explanation


def _pairs(
    evidences: Sequence[Evidence], argument: str, usable: list[Mistake], pivot: Evidence, tables: _Tables
) -> list[Explanation]:
    """Find two mistakes of which the second changes the result of the first, or computes from its wrong inputs."""
    for first in usable:
        for step, array in _steps(first, pivot, tables):
            if not _changes(array, pivot, argument):
                continue
            turned = _after(step, pivot, argument, array)
            for second in usable:
                if second is first or not (second.turns or _on_premise(step)):
                    continue
                for other, result in _steps(second, turned, tables):
                    for factored in (False, True):
                        if not _fits(pivot, result, argument, factored=factored):
                            continue
                        explanation = _verified((step, other), evidences, argument, tables, factored=factored)
                        if explanation is not None and _changes(result, turned, argument):
                            return [explanation]
    return []


def _by_condition(evidences: Sequence[Evidence], argument: str, usable: Sequence[Mistake]) -> list[Explanation]:
    """Explain an array that is right exactly on the problems where height and width are equal."""
    condition = condition_of(evidences, argument)
    if not condition.endswith("not square"):
        return []
    variant = f"Wrong exactly where {condition}"
    return [Explanation(((m, variant),)) for m in usable if m.slug == "height-width-mixed"]


def _fits(pivot: Evidence, array: Array, argument: str, *, factored: bool) -> bool:
    """True if the code returned this array on the pivot; with `factored`, a multiple of it."""
    return scale.parallel(pivot, array, argument) if factored else same(pivot.actual[argument], array)


def _changes(array: Array, evidence: Evidence, argument: str) -> bool:
    """True if a mistake changes the result of a problem: its array differs from the correct one."""
    return not same(array, evidence.expected[argument])


def _verified(
    steps: tuple[_Step, ...], evidences: Sequence[Evidence], argument: str, tables: _Tables, *, factored: bool
) -> Explanation | None:
    """Return the steps as an explanation if they yield the returned arrays on all problems, else None."""
    pairs = []
    for evidence in evidences:
        made = _array_of(steps, evidence, argument, tables)
        if made is None or not (factored or same(evidence.actual[argument], made)):
            return None
        pairs.append((evidence, made))
    parts = tuple((step.mistake, step.variant) for step in steps)
    if not factored:
        return Explanation(parts)
    factor = scale.find_factor(pairs, argument)
    return Explanation(parts, *factor) if factor else None


def _steps(mistake: Mistake, evidence: Evidence, tables: _Tables) -> Iterator[tuple[_Step, Array]]:
    """Yield all arrays that a mistake can produce on one problem. Some may equal the correct array."""
    for variant, arrays in tables.of(mistake, evidence).items():
        for choice, array in enumerate(arrays):
            if variant != ANY:
                yield _Step(mistake, variant, choice), array


def _array_of(steps: tuple[_Step, ...], evidence: Evidence, argument: str, tables: _Tables) -> Array | None:
    """Return the array that the steps produce in turn on a problem; None if a step is impossible there."""
    for step in steps:
        table = tables.of(step.mistake, evidence)
        arrays = table.get(step.variant) or table.get(ANY)
        if not arrays:
            return None
        evidence = _after(step, evidence, argument, arrays[min(step.choice, len(arrays) - 1)])
    return evidence.expected[argument]


def _after(step: _Step, evidence: Evidence, argument: str, array: Array) -> Evidence:
    """Return the evidence for the next mistake, in which `array` counts as right."""
    if _on_premise(step) and step.mistake.premise:
        evidence = step.mistake.premise(evidence)
    return replace(evidence, expected={**evidence.expected, argument: array})


def _on_premise(step: _Step) -> bool:
    """True if the step only replaces input arrays. The named variants of a mistake change more than the inputs."""
    return step.mistake.premise is not None and step.variant == ""


def _table(mistake: Mistake, evidence: Evidence, argument: str) -> _Table:
    table: _Table = {}
    try:
        for array, variant in mistake.candidates(evidence, argument):
            table.setdefault(variant, []).append(array)
    except (ValueError, IndexError):
        return {}  # the user's array has a shape that this mistake cannot produce
    return table
