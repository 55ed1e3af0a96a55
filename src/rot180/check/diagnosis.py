"""Which mistakes explain what was found: a search over the table of mistakes, simple explanations first.

A mistake explains an argument if it gives what was found on every problem, those where it does not show included, in
the same variant throughout. What one mistake does not explain is tried with a known factor or sign, and then as two
mistakes, the second of which turns what the first one gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .case import Array
from .evidence import Evidence, same
from .mistakes import ALL, Mistake, sums


@dataclass(frozen=True)
class Explanation:
    """One or two mistakes, each with its variant, and a factor, that together give what was found."""

    parts: tuple[tuple[Mistake, str], ...]
    factor: str = ""
    negative: bool = False


def explain(evidences: Sequence[Evidence], argument: str) -> list[Explanation]:
    """The simplest explanations of an argument that is wrong; several if they cannot be told apart, none if unknown."""
    usable = [m for m in ALL.values() if argument in m.arguments and (not m.replays or _replayable(evidences))]
    for factored in (False, True):
        found = list(_single(evidences, argument, usable, factored))
        if found:
            return found
    if factor := _factor_of([(e, e.right[argument]) for e in evidences], argument):
        return [Explanation((), *factor)]
    return _pairs(evidences, argument, usable)


def _replayable(evidences: Sequence[Evidence]) -> bool:
    return all(e.window is not None for e in evidences)


def _single(
    evidences: Sequence[Evidence], argument: str, usable: list[Mistake], factored: bool
) -> Iterator[Explanation]:
    if factored and (factor := _factor_of([(e, e.right[argument]) for e in evidences], argument)):
        yield Explanation((), *factor)
        return
    for mistake in usable:
        for variant, arrays in _variants(mistake, evidences, argument):
            if not factored:
                if all(same(e.found[argument], a) for e, a in zip(evidences, arrays, strict=True)):
                    yield Explanation(((mistake, variant),))
                    break
            elif factor := _factor_of(list(zip(evidences, arrays, strict=True)), argument):
                yield Explanation(((mistake, variant),), *factor)
                break


def _pairs(evidences: Sequence[Evidence], argument: str, usable: list[Mistake]) -> list[Explanation]:
    """A mistake whose result another one turns round."""
    turning = [m for m in usable if m.turns]
    for first in usable:
        for variant, arrays in _variants(first, evidences, argument):
            turned = [replace(e, right={**e.right, argument: a}) for e, a in zip(evidences, arrays, strict=True)]
            for second in turning:
                if second is first:
                    continue
                for other, results in _variants(second, turned, argument):
                    parts = ((first, variant), (second, other))
                    pairs = list(zip(evidences, results, strict=True))
                    if all(same(e.found[argument], a) for e, a in pairs):
                        return [Explanation(parts)]
                    if factor := _factor_of(pairs, argument):
                        return [Explanation(parts, *factor)]
    return []


def _variants(mistake: Mistake, evidences: Sequence[Evidence], argument: str) -> Iterator[tuple[str, list[Array]]]:
    """The mistake's variants that exist on every problem, with what each gives there."""
    try:
        tables = [_table(mistake, e, argument) for e in evidences]
    except (ValueError, IndexError):
        return  # what the user returned has a shape that this mistake cannot have
    for variant in tables[0]:
        if all(variant in table for table in tables):
            for choice in range(max(len(table[variant]) for table in tables)):
                arrays = [table[variant][min(choice, len(table[variant]) - 1)] for table in tables]
                if any(not same(a, e.right[argument]) for a, e in zip(arrays, evidences, strict=True)):
                    yield variant, arrays


def _table(mistake: Mistake, evidence: Evidence, argument: str) -> dict[str, list[Array]]:
    table: dict[str, list[Array]] = {}
    for array, variant in mistake.candidates(evidence, argument):
        table.setdefault(variant, []).append(array)
    return table


def _factor_of(pairs: Sequence[tuple[Evidence, Array]], argument: str) -> tuple[str, bool] | None:
    """The known factor by which what was found differs from these arrays, and whether it is negative; None if none."""
    common: set[tuple[str, bool]] | None = None
    order: list[tuple[str, bool]] = []
    for evidence, array in pairs:
        found = evidence.found[argument]
        if found.shape != array.shape or not np.any(array):
            return None
        fitting = []
        for factor, name in sums.factors(evidence):
            for sign in (1, -1):
                if (name or sign < 0) and same(found, sign * factor * array):
                    fitting.append((name, sign < 0))
        order = order or fitting
        common = set(fitting) if common is None else common & set(fitting)
        if not common:
            return None
    return next((f for f in order if common and f in common), None)
