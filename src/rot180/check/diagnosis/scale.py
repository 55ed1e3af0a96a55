"""The factor between a returned array and another array: a known factor, a constant, or a function of the sizes.

Internal to check/. The names of the factors are in mistakes/sums.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from ..comparison import same
from ..operations.case import Array
from .evidence import Evidence
from .mistakes import sums

Factor = tuple[str, bool]  # its name ("" for 1), and True if it is negative
Pairs = Sequence[tuple[Evidence, Array]]

_ALIKE = 1e-5  # relative tolerance of factors, which may be measured in float32
_FEWEST_PROBLEMS, _FEWEST_CELLS = 4, 8  # with fewer problems or cells, some factor or formula always fits
_MOST_VALUES = 3


def parallel(evidence: Evidence, array: Array, argument: str) -> bool:
    """True if the code returned a multiple of `array`."""
    return _factor(evidence, array, argument) is not None


def find_factor(pairs: Pairs, argument: str) -> Factor | None:
    """Return the factor that turns these arrays into the returned ones on all problems, or None."""
    if any(e.actual[argument].shape != a.shape for e, a in pairs):
        return None
    order = _named(*pairs[0], argument)
    common = set(order)
    for evidence, array in pairs[1:]:
        common &= set(_named(evidence, array, argument))
    named = next((f for f in order if f in common), None)
    return named or _constant(pairs, argument) or _by_sizes(pairs, argument)


def _named(evidence: Evidence, array: Array, argument: str) -> list[Factor]:
    """Return the known factors, for example 1 / N, that turn an array into the returned one on one problem."""
    actual = evidence.actual[argument]
    if actual.shape != array.shape or not np.any(array):
        return []
    return [
        (name, sign < 0)
        for factor, name in sums.factors(evidence)
        for sign in (1, -1)
        if (name or sign < 0) and same(actual, sign * factor * array)
    ]


def _constant(pairs: Pairs, argument: str) -> Factor | None:
    """Return a factor without a name that is the same on all problems, for example a learning rate."""
    factor = _factor(*pairs[0], argument)
    if (
        factor
        and abs(factor - 1) > _ALIKE
        and all(same(e.actual[argument], factor * a) and np.any(a) for e, a in pairs)
    ):
        return f"{abs(factor):.6g}", factor < 0
    return None


def _factor(evidence: Evidence, array: Array, argument: str) -> float | None:
    """Return the number that turns an array into the returned one on one problem, or None."""
    actual = evidence.actual[argument]
    size = float(np.vdot(array, array))
    if actual.shape != array.shape or not size:
        return None
    factor = float(np.vdot(array, actual)) / size
    return factor if factor and same(actual, factor * array) else None


# ---- a factor that depends on the sizes and settings of the problem ----


def _by_sizes(pairs: Pairs, argument: str) -> Factor | None:
    """Return a factor that differs between problems, if the sizes and settings of the problems determine it."""
    shown = [(e, a) for e, a in pairs if np.any(a) or np.any(e.actual[argument])]
    if len(shown) < _FEWEST_PROBLEMS or sum(np.count_nonzero(a) - 1 for _, a in shown) < _FEWEST_CELLS:
        return None
    factors = [factor for e, a in shown if (factor := _factor(e, a, argument)) is not None]
    if len(factors) < len(shown) or np.allclose(factors, 1, rtol=_ALIKE, atol=0):
        return None  # 1 up to rounding is not a factor
    negative = all(factor < 0 for factor in factors)
    measured, sizes = np.array(factors) * (-1 if negative else 1), _sizes([e for e, _ in shown])
    law = next(_laws(measured, sizes), None) or next(_tables(measured, sizes), None)
    return (law, negative) if law else None


def _sizes(evidences: Sequence[Evidence]) -> dict[str, Array]:
    """Return the counts and the numeric settings that differ between the problems, with one value per problem."""
    each = []
    for evidence in evidences:
        definition, given = evidence.definition, evidence.case.settings
        settings = {name: given.get(name, definition.default(name)) for name in definition.settings}
        each.append(settings | sums.counts(evidence))
    sizes: dict[str, Array] = {}
    for name in each[0]:
        values = [of_one.get(name) for of_one in each]
        if all(isinstance(v, int | float) for v in values) and len(set(values)) > 1:
            array = np.array(values, float)
            if not any(np.array_equal(array, other) for other in sizes.values()):
                sizes[name] = array
    return sizes


def _laws(factors: Array, sizes: dict[str, Array]) -> Iterator[str]:
    """Yield formulas for the factor: a number times or divided by one or two sizes, simple formulas first."""
    actual = []
    for over, under in _fractions(list(sizes)):
        with np.errstate(divide="ignore", invalid="ignore"):  # the padding can be 0
            per = np.prod([sizes[n] for n in over], 0) / np.prod([sizes[n] for n in under], 0)
        number = factors[0] / per[0] if np.isfinite(per).all() and per[0] else 0.0
        if number and np.allclose(factors, number * per, rtol=_ALIKE, atol=0):
            names = sorted((*over, *under), key=list(sizes).index)
            text = f"{_law_text(float(number), over, under)} ({_table_text(factors, names, sizes)})"
            actual.append((len(names), abs(number - 1) > _ALIKE, text))
    yield from (text for *_, text in sorted(actual, key=lambda law: law[:2]))


def _fractions(names: list[str]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield one or two of the names, each in the numerator or the denominator."""
    for name in names:
        yield (), (name,)
        yield (name,), ()
    for two in combinations(names, 2):
        yield (), two
        yield two, ()
        yield two[:1], two[1:]
        yield two[1:], two[:1]


def _law_text(number: float, over: Sequence[str], under: Sequence[str]) -> str:
    """Write number * over / under."""
    divisor = round(1 / number)
    by = abs(divisor) > 1 and abs(1 / number - divisor) < _ALIKE * abs(divisor)
    above = [*([] if by or abs(number - 1) < _ALIKE else [f"{number:.6g}"]), *over]
    below = " * ".join([*([str(divisor)] if by else []), *under])
    return (" * ".join(above) or "1") + (f" / ({below})" if " " in below else f" / {below}" if below else "")


def _tables(factors: Array, sizes: dict[str, Array]) -> Iterator[str]:
    """Yield tables that map the values of one size to factors, if enough problems share values to support them."""
    for name, values in sizes.items():
        groups = [factors[values == value] for value in dict.fromkeys(values)]
        if len(factors) - len(groups) >= _FEWEST_PROBLEMS - 1 and all(
            np.allclose(group, group[0], rtol=_ALIKE, atol=0) for group in groups
        ):
            yield _table_text(factors, [name], sizes)


def _table_text(factors: Array, names: Sequence[str], sizes: dict[str, Array]) -> str:
    """Write a few of the factors next to the sizes."""
    law = dict.fromkeys(
        f"{factor:.6g} where {' and '.join(f'{name} = {sizes[name][at]:g}' for name in names)}"
        for at, factor in enumerate(factors)
    )
    return ", ".join([*law][:_MOST_VALUES])
