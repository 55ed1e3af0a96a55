"""Combined schedules: nesting and errors; their numbers are compared in test_base.py."""

from __future__ import annotations

import re
from typing import Any

import pytest

from rot180.errors import FormatError
from rot180.optim import lr_scheduler as s
from tests.optim.lr_scheduler.cases import advance
from tests.optim.lr_scheduler.test_base import optimizer
from tests.optim.lr_scheduler.test_decay import rates


def test_each_schedule_starts_from_the_initial_rates() -> None:
    o = optimizer(8.0)
    schedule = s.SequentialLR(o, [s.LinearLR(o, 0.25, total_iters=3), s.ExponentialLR(o, 0.5)], [3])
    assert rates(schedule, 5) == pytest.approx([2, 4, 6, 8, 4, 2])


def test_rates_multiply() -> None:
    o = optimizer(8.0)
    schedule = s.ChainedScheduler([s.ConstantLR(o, 0.25, 2), s.ExponentialLR(o, 0.5)])
    assert rates(schedule, 3) == [2, 1, 2, 1]


def nested(o: Any) -> Any:
    inner = s.SequentialLR(o, [s.ConstantLR(o, 0.5, 9), s.StepLR(o, 1, 0.5)], [2])
    chained = s.ChainedScheduler([s.ConstantLR(o, 0.25, 1), s.ExponentialLR(o, 0.5)])
    return s.SequentialLR(o, [s.StepLR(o, 9), inner, chained], [2, 6])


def test_combined_schedules_can_be_nested() -> None:
    expected = [8, 8, 4, 4, 8, 4, 2, 4, 2]
    assert rates(nested(optimizer(8.0)), 8) == expected
    first, second = nested(optimizer(8.0)), nested(optimizer(8.0))
    for step in range(5):
        advance(first, step)
    second.optimizer.load_state_dict(first.optimizer.state_dict())
    second.load_state_dict(first.state_dict())
    assert rates(second, 3) == expected[5:]


def elsewhere(o: Any) -> Any:
    return s.StepLR(optimizer(), 2)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda o: s.SequentialLR(o, [], []), ValueError, "SequentialLR: got no schedules; pass at least one"),
        (lambda o: s.ChainedScheduler([]), ValueError, "ChainedScheduler: got no schedules; pass at least one"),
        (lambda o: s.SequentialLR(o, [o], []), TypeError, "schedule 0 is a SGD; an LRScheduler is needed"),
        (lambda o: s.ChainedScheduler([o]), TypeError, "schedule 0 is a SGD; an LRScheduler is needed"),
        (
            lambda o: s.ChainedScheduler([s.StepLR(o, 2), s.ReduceLROnPlateau(o)]),
            ValueError,
            "schedule 1 is a ReduceLROnPlateau, whose step() needs a metric",
        ),
        (
            lambda o: s.SequentialLR(o, [s.StepLR(o, 2), elsewhere(o)], [1]),
            ValueError,
            "SequentialLR: schedule 1 (StepLR) belongs to another optimizer",
        ),
        (lambda o: s.SequentialLR(o, [s.StepLR(o, 2)], [1]), ValueError, "1 schedules need 0 milestones; got 1"),
        (
            lambda o: s.SequentialLR(o, [s.StepLR(o, 2)] * 3, [4, 4]),
            ValueError,
            "SequentialLR: milestones must increase; got [4, 4]",
        ),
        (
            lambda o: s.SequentialLR(o, [s.StepLR(o, 2)] * 2, [0]),
            ValueError,
            "SequentialLR: a milestone must be a whole number of at least 1; got 0",
        ),
        (
            lambda o: s.SequentialLR(o, [s.StepLR(o, 2)], [], last_epoch=3),
            ValueError,
            "SequentialLR: last_epoch must be -1; got 3; resume with load_state_dict",
        ),
    ],
)
def test_invalid_combinations_raise_an_error(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        make(optimizer())


def test_a_state_with_another_number_of_schedules_raises_an_error() -> None:
    o = optimizer()
    schedule = s.ChainedScheduler([s.StepLR(o, 2), s.StepLR(o, 3)])
    with pytest.raises(FormatError, match=re.escape("load_state_dict: got 1 schedules; 2 are needed")):
        schedule.load_state_dict(s.ChainedScheduler([s.StepLR(optimizer(), 2)]).state_dict())
