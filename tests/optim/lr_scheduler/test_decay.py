"""Step, exponential, linear and polynomial decay: by hand, and errors; their numbers are compared in test_base.py."""

from __future__ import annotations

import re
from typing import Any

import pytest

from rot180.optim import lr_scheduler
from tests.optim.lr_scheduler.cases import advance
from tests.optim.lr_scheduler.test_base import optimizer


def rates(schedule: Any, steps: int) -> list[float]:
    recorded = [schedule.get_last_lr()[0]]
    for step in range(steps):
        advance(schedule, step)
        recorded += schedule.get_last_lr()
    return recorded


def test_steps_by_hand() -> None:
    assert rates(lr_scheduler.StepLR(optimizer(8.0), 2, 0.5), 5) == [8, 8, 4, 4, 2, 2]
    assert rates(lr_scheduler.MultiStepLR(optimizer(8.0), [3, 1, 3], 0.5), 4) == [8, 4, 4, 1, 1]
    assert rates(lr_scheduler.ExponentialLR(optimizer(8.0), 0.5), 3) == [8, 4, 2, 1]


def test_lines_by_hand() -> None:
    assert rates(lr_scheduler.ConstantLR(optimizer(8.0), 0.25, 2), 3) == [2, 2, 8, 8]
    assert rates(lr_scheduler.LinearLR(optimizer(8.0), 0.25, 0.75, 2), 3) == [2, 4, 6, 6]
    assert rates(lr_scheduler.PolynomialLR(optimizer(8.0), 4, 2.0), 5) == pytest.approx([8, 4.5, 2, 0.5, 0, 0])


def test_a_rate_recovers_from_zero() -> None:
    assert rates(lr_scheduler.ConstantLR(optimizer(8.0), 0.0, 2), 3) == [0, 0, 8, 8]  # PyTorch divides by zero


def test_the_rate_stays_zero_after_a_factor_of_zero() -> None:
    assert rates(lr_scheduler.StepLR(optimizer(8.0), 1, 0.0), 3) == [8, 0, 0, 0]


def test_many_steps_accumulate_no_error() -> None:
    schedule = lr_scheduler.LinearLR(optimizer(8.0), 1e-5, total_iters=20_000)
    schedule.optimizer.step()
    for _ in range(20_000):
        schedule.step()
    assert schedule.get_last_lr() == pytest.approx([8.0], rel=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda s, o: s.StepLR(o, 0), "StepLR: step_size must be a whole number of at least 1; got 0"),
        (lambda s, o: s.StepLR(o, 2.5), "StepLR: step_size must be a whole number of at least 1; got 2.5"),
        (lambda s, o: s.StepLR(o, True), "StepLR: step_size must be a whole number of at least 1; got True"),
        (lambda s, o: s.StepLR(o, "3"), "StepLR: step_size must be a whole number of at least 1; got '3'"),
        (lambda s, o: s.StepLR(o, float("inf")), "StepLR: step_size must be a whole number of at least 1; got inf"),
        (lambda s, o: s.StepLR(o, 3, -0.1), "StepLR: gamma must be a number of at least 0; got -0.1"),
        (lambda s, o: s.StepLR(o, 3, float("nan")), "StepLR: gamma must be a number of at least 0; got nan"),
        (lambda s, o: s.StepLR(o, 3, float("inf")), "StepLR: gamma must be a number of at least 0; got inf"),
        (lambda s, o: s.MultiStepLR(o, [1, -2]), "MultiStepLR: a milestone must be a whole number of at least 0; got"),
        (lambda s, o: s.MultiStepLR(o, [1], -1), "MultiStepLR: gamma must be a number of at least 0; got -1"),
        (lambda s, o: s.ExponentialLR(o, "0.9"), "ExponentialLR: gamma must be a number of at least 0; got '0.9'"),
        (lambda s, o: s.ConstantLR(o, 1.5), "ConstantLR: factor must be a number of at least 0 and at most 1; got 1.5"),
        (lambda s, o: s.ConstantLR(o, 1, 0), "ConstantLR: total_iters must be a whole number of at least 1; got 0"),
        (lambda s, o: s.LinearLR(o, 0), "LinearLR: start_factor must be a number above 0 and at most 1; got 0"),
        (lambda s, o: s.LinearLR(o, 0.1, 2), "LinearLR: end_factor must be a number of at least 0 and at most 1; got"),
        (lambda s, o: s.LinearLR(o, total_iters=0), "LinearLR: total_iters must be a whole number of at least 1"),
        (lambda s, o: s.PolynomialLR(o, -1), "PolynomialLR: total_iters must be a whole number of at least 1; got -1"),
        (lambda s, o: s.PolynomialLR(o, 5, -1), "PolynomialLR: power must be a number of at least 0; got -1"),
    ],
)
def test_invalid_settings_raise_an_error(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        make(lr_scheduler, optimizer())


def test_milestones_must_be_a_list() -> None:
    with pytest.raises(TypeError, match=r"^MultiStepLR: milestones must be a list of whole numbers; got 3"):
        lr_scheduler.MultiStepLR(optimizer(), 3)  # type: ignore[arg-type]
