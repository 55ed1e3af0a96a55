"""The settings of a schedule: checked, and turned into Python's own numbers, so that a state dict is plain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any


def whole(owner: str, name: str, value: Any, least: int) -> int:
    """A whole number (20.0 is one, too); ValueError for anything else, or below `least`."""
    real = isinstance(value, Real) and not isinstance(value, bool)
    if not real or not value >= least or value % 1 != 0:
        raise ValueError(f"{owner}: {name} must be a whole number of at least {least}; got {value!r}")
    return int(value)


def number(
    owner: str, name: str, value: Any, most: float = math.inf, above: bool = False, below: bool = False
) -> float:
    """A finite number from 0 (`above`: not 0 itself) to `most` (`below`: not that); ValueError for anything else."""
    real = isinstance(value, Real)
    if not real or not 0 <= value <= most or math.isinf(value) or (above and not value) or (below and value == most):
        limits = "above 0" if above else "of at least 0"
        if most < math.inf:
            limits += f" and {'below' if below else 'at most'} {most:g}"
        raise ValueError(f"{owner}: {name} must be a number {limits}; got {value!r}")
    return float(value)


def choice(owner: str, name: str, value: Any, choices: Sequence[str]) -> str:
    """One of a few words; ValueError for any other."""
    if value not in choices:
        raise ValueError(f"{owner}: {name} must be {' or '.join(map(repr, choices))}; got {value!r}")
    return str(value)


def per_group(owner: str, name: str, value: Any, groups: int) -> list[Any]:
    """One value for each parameter group: a list of as many, or one that all of them share."""
    if not isinstance(value, list | tuple):
        return [value] * groups
    if len(value) != groups:
        raise ValueError(f"{owner}: {name} has {len(value)} values but the optimizer has {groups} parameter groups")
    return list(value)
