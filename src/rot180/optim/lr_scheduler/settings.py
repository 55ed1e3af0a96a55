"""Checks of a schedule's settings. They return Python numbers, so that state dicts hold plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any


def whole_number(owner: str, name: str, value: Any, least: int) -> int:
    """Return a whole number of at least `least` as an int (20.0 is accepted). Raises ValueError for anything else."""
    real = isinstance(value, Real) and not isinstance(value, bool)
    if not real or not value >= least or value % 1 != 0:
        raise ValueError(f"{owner}: {name} must be a whole number of at least {least}; got {value!r}")
    return int(value)


def number(
    owner: str, name: str, value: Any, most: float = math.inf, above: bool = False, below: bool = False
) -> float:
    """Return a finite number in [0, most] as a float. Raises ValueError for anything else.

    `above` excludes 0, `below` excludes `most`.
    """
    real = isinstance(value, Real)
    if not real or not 0 <= value <= most or math.isinf(value) or (above and not value) or (below and value == most):
        limits = "above 0" if above else "of at least 0"
        if most < math.inf:
            limits += f" and {'below' if below else 'at most'} {most:g}"
        raise ValueError(f"{owner}: {name} must be a number {limits}; got {value!r}")
    return float(value)


def choice(owner: str, name: str, value: Any, choices: Sequence[str]) -> str:
    """Return one of the strings in `choices`. Raises ValueError for any other value."""
    if value not in choices:
        raise ValueError(f"{owner}: {name} must be {' or '.join(map(repr, choices))}; got {value!r}")
    return str(value)


def per_group(owner: str, name: str, value: Any, groups: int) -> list[Any]:
    """Return one value per parameter group, from a list with one per group or from a single value."""
    if not isinstance(value, list | tuple):
        return [value] * groups
    if len(value) != groups:
        raise ValueError(f"{owner}: {name} has {len(value)} values but the optimizer has {groups} parameter groups")
    return list(value)
