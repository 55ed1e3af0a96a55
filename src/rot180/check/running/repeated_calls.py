"""Repeated calls of one problem, which show gradients that grow from call to call or change at random.

The calls follow each other with the same shapes, because code may allocate new buffers when the shape changes.

Internal to check/. judging/state.py reports the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ..adapter.code import Code, Refused
from ..comparison import same, same_result
from ..operations.case import Array
from .trial import Run

CALLS = 4  # they give three differences; with fewer, random gradients could look like growing ones


@dataclass(frozen=True)
class RepeatedCalls:
    """The result of calling one problem several times.

    Attributes:
        added: for each gradient that grows, the amount that one call adds.
        random: the arguments whose gradients do not repeat.
    """

    added: Mapping[str, Array] = field(default_factory=dict)
    random: tuple[str, ...] = ()


def call_again(code: Code, run: Run) -> RepeatedCalls:
    """Call one problem again and compare with its first gradients."""
    problem, first = run
    try:
        calls = [code.run(problem).gradients for _ in range(CALLS)]
    except Refused:
        return RepeatedCalls()
    added, random = {}, []
    for argument, gradient in first.gradients.items():
        gradients = [call[argument] for call in calls if argument in call]
        same_shape = len({g.shape for g in (gradient, *gradients)}) == 1
        if len(gradients) < CALLS or not same_shape or _repeats(gradient, gradients):
            continue
        amount = _growth(gradients)
        if amount is None:
            random.append(argument)
        else:
            added[argument] = amount
    return RepeatedCalls(added, tuple(random))


def _repeats(first: Array, gradients: Sequence[Array]) -> bool:
    return all(same_result(g, before) for g, before in zip(gradients, (first, *gradients[:-1]), strict=True))


def _growth(gradients: Sequence[Array]) -> Array | None:
    """Return g if g[n + 1] = r * g[n] + g, where r is 1 if calls add up; None if the gradients follow no such rule."""
    with np.errstate(all="ignore"):
        steps = [np.subtract(after, before, dtype=float) for before, after in pairwise(gradients)]
        size = float(np.vdot(steps[0], steps[0]))
        if not size:
            return gradients[-1] if all(same_result(a, b) for a, b in pairwise(gradients)) else None
        rate = float(np.vdot(steps[0], steps[1])) / size
        if not all(same(after, rate * before) for before, after in pairwise(steps)):
            return None
        rate = 1.0 if abs(rate - 1) < 1e-9 else rate
        return np.asarray(gradients[1] - rate * np.asarray(gradients[0], float))
