"""The forward of a code near one problem: its results for other arrays, several at once, and the number of its calls.

Internal to check/. numerical.py measures gradients from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..adapter.code import Code, Refused
from ..operations.case import Array, Problem

MOST_TOGETHER = 32  # points of one call of `Code.values`: a code in another process has a time limit for each call


@dataclass(frozen=True)
class Point:
    """A problem, the result of the code, and what its gradients may be: if they fit along random lines, they are used.

    Attributes:
        problem: with a dy of the shape of y.
        y: the result.
        guesses: gradients by argument; those of the backward, or of the definition.
        names: the arguments whose gradients are measured.
    """

    problem: Problem
    y: Array
    guesses: Mapping[str, Array]
    names: tuple[str, ...]

    @property
    def by_size(self) -> list[str]:
        """The names, those of small arrays first."""
        return sorted(self.names, key=lambda name: self.problem.arrays[name].size)

    def guess(self, name: str) -> Array | None:
        """The guess of one gradient, if it has the shape of its array and only finite numbers."""
        guess = self.guesses.get(name)
        fits = guess is not None and guess.shape == self.problem.arrays[name].shape and np.isfinite(guess).all()
        return np.asarray(guess, float) if fits else None


class Forwards:
    """The forward of a code near a point, and the number of its calls, which are limited where there are many."""

    def __init__(self, code: Code, point: Point, most: float) -> None:
        self.code, self.point, self.most, self.count = code, point, most, 0

    def can_measure(self, name: str, for_each_cell: int) -> bool:
        """True if so many calls for each cell of an argument are left."""
        return self.count + for_each_cell * self.point.problem.arrays[name].size <= self.most

    def are_steady(self) -> bool:
        """True if a second call gives the same result."""
        return bool(np.array_equal(self._values({}, 1)[0], self.point.y, equal_nan=True))

    def at(self, name: str, points: Array) -> Array:
        """The results for several arrays of one argument, stacked."""
        parts = [points[first : first + MOST_TOGETHER] for first in range(0, len(points), MOST_TOGETHER)]
        found = [y for part in parts for y in self._values({name: part}, len(part))]
        return np.stack(found) if found else np.zeros((0, *self.point.y.shape))

    def together(self, arrays: Mapping[str, Array]) -> Array:
        """The result for other arrays of several arguments."""
        return self._values({name: array[None] for name, array in arrays.items()}, 1)[0]

    def _values(self, changed: Mapping[str, Array], count: int) -> Sequence[Array]:
        """Results for stacks of arrays. Raises Refused if a shape is not that of y: there are no differences then."""
        found = values_of(self.code, self.point.problem, changed, count)
        self.count += count
        for result in found:
            if result.shape != self.point.y.shape:
                raise Refused(
                    f"the result has shape {result.shape}, and {self.point.y.shape} for other numbers of the same shape"
                )
        return found


def values_of(code: Code, problem: Problem, changed: Mapping[str, Array], count: int) -> Sequence[Array]:
    """The results of the forward for stacks of arrays that replace those of a problem."""
    together = getattr(code, "values", None)
    if together is not None:
        found: Sequence[Array] = together(problem, changed, count)
        return found
    rows = ({name: stack[row] for name, stack in changed.items()} for row in range(count))
    return [code.value(problem, {**problem.arrays, **row}) for row in rows]
