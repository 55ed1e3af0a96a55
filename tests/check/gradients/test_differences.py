"""Slopes along directions: `slopes` gives the same results as `slope` for each direction, and kinks are found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180.check.gradients.differences import STEP, Base, rounding_of, slope, slopes

A = np.array([0.5, -2.0, 3.0, 1e-9])


def smooth(a: Any) -> list[Any]:
    return [np.sin(a), a**2 * 3]


def base_of(f: Any, a: Any = A) -> Base:
    values = f(a)
    rng = np.random.default_rng(0)
    rounding = rounding_of(lambda arrays: f(arrays[0]), [a], values, rng)
    return Base(values, rounding, [np.full(y.shape, 0.5) for y in values], 1.0)


def stacked(f: Any) -> Any:
    return lambda points: [np.stack(parts) for parts in zip(*map(f, points), strict=True)]


@pytest.mark.parametrize("f", [smooth, lambda a: [np.abs(a - 0.5)], lambda a: [np.log(np.abs(a))]])
def test_several_directions_at_once_are_those_of_one_after_the_other(f: Any) -> None:
    base, directions = base_of(f), np.eye(4) * np.maximum(1, np.abs(A))
    together = slopes(stacked(f), base, A, directions, np.zeros(4), STEP)
    for d, found in zip(directions, together, strict=True):
        assert found == slope(f, base, A, d, np.zeros(4), STEP)


def test_a_slope_is_within_its_bound() -> None:
    directions = np.random.default_rng(1).uniform(-1, 1, (5, 4))
    gradient = 0.5 * np.cos(A) + 3 * A
    for d, found in zip(
        directions, slopes(stacked(smooth), base_of(smooth), A, directions, gradient, STEP), strict=True
    ):
        assert found.smooth and not found.kinked
        assert abs(found.value - gradient @ d) <= found.bound < 1e-5


def test_two_kinks_that_cancel_in_the_sum_are_found() -> None:
    def f(a: Any) -> list[Any]:
        return [np.array([abs(a[0]), -abs(a[0])])]

    a = np.zeros(1)
    base = Base(f(a), [np.zeros(2)], [np.ones(2)], 1.0)
    (found,) = slopes(stacked(f), base, a, np.ones((1, 1)), np.zeros(1), STEP)
    assert found.smooth and found.value == 0 and found.kinked


def test_a_kink_beside_the_point_is_told_although_smaller_steps_are_smooth() -> None:
    def f(a: Any) -> list[Any]:
        return [np.abs(a - STEP / 4)]

    (found,) = slopes(stacked(f), base_of(f, np.zeros(1)), np.zeros(1), np.ones((1, 1)), np.zeros(1), STEP)
    assert found.smooth and found.shrunk and found.kinked


def test_no_direction_has_no_slope() -> None:
    assert slopes(stacked(smooth), base_of(smooth), A, np.zeros((0, 4)), np.zeros(4), STEP) == []
