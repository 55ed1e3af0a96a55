"""Calls of the forward near one problem: the results for changed arrays, and the number of calls.

Internal to check/. numerical.py measures gradients from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..adapter.code import Code, Refused
from ..operations.case import Array, Problem

MOST_TOGETHER = 32  # arrays in one call of `Code.values`, because each message to another process has a time limit


@dataclass(frozen=True)
class Point:
    """A problem, the result of the code, and guesses of its gradients. A guess that fits along random lines is used.

    Attributes:
        problem: its dy has the shape of y.
        y: the result.
        guesses: by argument, the gradients that the backward returned, or the gradients of the operation.
        names: the arguments whose gradients are measured.
    """

    problem: Problem
    y: Array
    guesses: Mapping[str, Array]
    names: tuple[str, ...]

    @property
    def by_size(self) -> list[str]:
        """The names of the arguments, sorted by the sizes of their arrays."""
        return sorted(self.names, key=lambda name: self.problem.arrays[name].size)

    def guess(self, name: str) -> Array | None:
        """The guess of one gradient; None if its shape is wrong or a number is not finite."""
        guess = self.guesses.get(name)
        fits = guess is not None and guess.shape == self.problem.arrays[name].shape and np.isfinite(guess).all()
        return np.asarray(guess, float) if fits else None


class Forwards:
    """Calls the forward near a point, and counts the calls.

    Attributes:
        most: the largest number of calls.
    """

    def __init__(self, code: Code, point: Point, most: float) -> None:
        self.code, self.point, self.most, self.count = code, point, most, 0

    def can_measure(self, name: str, for_each_cell: int) -> bool:
        """True if enough calls are left to make this number of calls for each cell of an argument."""
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
        """The results for stacks of arrays. Raises Refused if a result does not have the shape of y."""
        found = self.code.values(self.point.problem, changed, count)
        self.count += count
        for result in found:
            if result.shape != self.point.y.shape:
                raise Refused(
                    f"the result has shape {result.shape}, and {self.point.y.shape} for other inputs of the same shape"
                )
        return found
