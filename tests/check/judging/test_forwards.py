"""The forward near a problem: several arrays in one call where the code can, and the number of calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180.check import operations
from rot180.check.judging.forwards import MOST_TOGETHER, Forwards, Point
from rot180.check.operations.case import Problem

CASE = next(iter(operations.find("tanh").cases({}, (), "correlation")))
PROBLEM = operations.find("tanh").problem(CASE, 0, 1.0)


class One:
    """Code that takes one array at a time."""

    def value(self, problem: Problem, arrays: Any) -> Any:
        return np.tanh(arrays["x"])


class Several(One):
    """Code that takes several; it keeps their numbers."""

    def __init__(self) -> None:
        self.counts: list[int] = []

    def values(self, problem: Problem, changed: Any, count: int) -> Any:
        self.counts.append(count)
        return [np.tanh({**problem.arrays, **{n: a[row] for n, a in changed.items()}}["x"]) for row in range(count)]


def forwards(code: Any, most: int = 1000) -> Forwards:
    return Forwards(code, Point(PROBLEM, np.tanh(PROBLEM.arrays["x"]), {}, ("x",)), most)


def test_several_arrays_are_passed_together_where_the_code_takes_them() -> None:
    points = np.random.default_rng(0).normal(size=(2 * MOST_TOGETHER + 5, *PROBLEM.arrays["x"].shape))
    one, several = forwards(One()), forwards(code := Several())
    assert np.array_equal(one.at("x", points), several.at("x", points))
    assert code.counts == [MOST_TOGETHER, MOST_TOGETHER, 5]
    assert one.count == several.count == len(points)


@pytest.mark.parametrize("code", [One(), Several()])
def test_no_array_has_no_result(code: Any) -> None:
    shape = PROBLEM.arrays["x"].shape
    assert forwards(code).at("x", np.zeros((0, *shape))).shape == (0, *shape)


@pytest.mark.parametrize("code", [One(), Several()])
def test_a_steady_forward(code: Any) -> None:
    assert forwards(code).are_steady()


def test_calls_that_are_left() -> None:
    size = PROBLEM.arrays["x"].size
    assert forwards(One(), 4 * size).can_measure("x", 4)
    assert not forwards(One(), 4 * size - 1).can_measure("x", 4)
