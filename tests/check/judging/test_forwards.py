"""The forward near a problem: several arrays in one call, and the number of calls."""

from __future__ import annotations

from typing import Any

import numpy as np

from rot180.check import operations
from rot180.check.judging.forwards import MOST_TOGETHER, Forwards, Point
from rot180.check.operations.case import Problem

CASE = next(iter(operations.find("tanh").cases({}, (), "correlation")))
PROBLEM = operations.find("tanh").problem(CASE, 0, 1.0)


class Several:
    """Code that keeps the numbers of arrays that it gets together."""

    def __init__(self) -> None:
        self.counts: list[int] = []

    def values(self, problem: Problem, changed: Any, count: int) -> Any:
        self.counts.append(count)
        return [np.tanh({**problem.arrays, **{n: a[row] for n, a in changed.items()}}["x"]) for row in range(count)]


def forwards(code: Any, most: int = 1000) -> Forwards:
    return Forwards(code, Point(PROBLEM, np.tanh(PROBLEM.arrays["x"]), {}, ("x",)), most)


def test_several_arrays_are_passed_together() -> None:
    points = np.random.default_rng(0).normal(size=(2 * MOST_TOGETHER + 5, *PROBLEM.arrays["x"].shape))
    several = forwards(code := Several())
    assert np.array_equal(several.at("x", points), np.tanh(points))
    assert code.counts == [MOST_TOGETHER, MOST_TOGETHER, 5]
    assert several.count == len(points)


def test_no_array_has_no_result() -> None:
    shape = PROBLEM.arrays["x"].shape
    assert forwards(Several()).at("x", np.zeros((0, *shape))).shape == (0, *shape)


def test_a_steady_forward() -> None:
    assert forwards(Several()).are_steady()


def test_calls_that_are_left() -> None:
    size = PROBLEM.arrays["x"].size
    assert forwards(Several(), 4 * size).can_measure("x", 4)
    assert not forwards(Several(), 4 * size - 1).can_measure("x", 4)
