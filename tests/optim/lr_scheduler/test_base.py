"""Tests of all schedules: PyTorch's recorded numbers, state dicts, resuming, groups, errors."""

from __future__ import annotations

import copy
import json
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rot180 import Tensor, optim
from rot180.errors import FormatError
from rot180.optim import lr_scheduler
from rot180.optim.lr_scheduler.base import LRScheduler
from tests.optim.lr_scheduler.cases import CASES, RATES, STEPS, advance, course, settings, two_groups

RECORDED = json.loads(Path(__file__).with_name("recorded_rates.json").read_text(encoding="utf-8"))["rates"]
ONE_GROUP = sorted(set(CASES) - {"one cycle linear", "one cycle three phases", "plateau max"})  # lists for two groups


def parameter() -> Tensor:
    return Tensor(np.zeros(1), requires_grad=True)


def optimizer(lr: float = 0.5, **options: Any) -> optim.Optimizer:
    return optim.SGD([parameter()], lr, **options)


def same(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


# ---- the numbers ----


def test_every_schedule_has_a_case() -> None:
    names = {type(case(lr_scheduler, two_groups(optim, parameter))).__name__ for case in CASES.values()}
    assert names == set(lr_scheduler.__all__) - {"LRScheduler"}


@pytest.mark.parametrize("case", CASES)
def test_rates_equal_pytorchs(case: str) -> None:
    schedule = CASES[case](lr_scheduler, two_groups(optim, parameter))
    same(course(schedule), RECORDED[case])
    assert schedule.get_last_lr() == [group["lr"] for group in schedule.optimizer.param_groups]
    assert schedule.last_epoch == STEPS


@pytest.mark.parametrize("case", ONE_GROUP)
def test_a_single_group_has_the_same_rates(case: str) -> None:
    schedule = CASES[case](lr_scheduler, optimizer(RATES[0], momentum=0.6))
    same(course(schedule), [row[::2] for row in RECORDED[case]])


# ---- state dicts ----


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("at", [0, 1, 10, 23])
def test_training_continues_from_state_dicts_saved_as_json(case: str, at: int) -> None:
    first = CASES[case](lr_scheduler, two_groups(optim, parameter))
    for step in range(at):
        advance(first, step)
    text = json.dumps([first.state_dict(), first.optimizer.state_dict()], allow_nan=False)
    second = CASES[case](lr_scheduler, two_groups(optim, parameter))
    state, state_of_optimizer = json.loads(text)
    second.optimizer.load_state_dict(state_of_optimizer)
    second.load_state_dict(state)
    assert second.get_last_lr() == first.get_last_lr()
    for step in range(at, STEPS):
        advance(second, step)
        same(settings(second.optimizer), RECORDED[case][step + 1])


@pytest.mark.parametrize("case", CASES)
def test_a_state_dict_is_a_copy_in_both_directions(case: str) -> None:
    schedule = CASES[case](lr_scheduler, two_groups(optim, parameter))
    saved = schedule.state_dict()
    before = copy.deepcopy(saved)
    for step in range(20):
        advance(schedule, step)
    assert saved == before
    schedule.load_state_dict(saved)
    for step in range(20):
        advance(schedule, step)
    assert saved == before


def test_the_state_dict_contains_the_settings() -> None:
    schedule = lr_scheduler.StepLR(optimizer(), 3, gamma=0.5)
    schedule.load_state_dict(lr_scheduler.StepLR(optimizer(), 7, gamma=0.25).state_dict())
    assert (schedule.step_size, schedule.gamma) == (7, 0.25)


def test_the_state_of_another_schedule_raises_an_error() -> None:
    schedule = lr_scheduler.ExponentialLR(optimizer(), 0.5)
    before = schedule.state_dict()
    message = (
        "ExponentialLR.load_state_dict: missing [], unexpected ['step_size']; is it the state of another schedule?"
    )
    with pytest.raises(FormatError, match=re.escape(message)):
        schedule.load_state_dict(lr_scheduler.StepLR(optimizer(), 3).state_dict())
    with pytest.raises(FormatError, match=re.escape("missing ['_last_lr', 'base_lrs', 'gamma', 'last_epoch']")):
        schedule.load_state_dict({})
    with pytest.raises(FormatError, match="got 2 groups; the optimizer has 1"):
        schedule.load_state_dict(lr_scheduler.ExponentialLR(two_groups(optim, parameter), 0.5).state_dict())
    with pytest.raises(ValueError, match="ExponentialLR: gamma must be a number of at least 0; got -1"):
        schedule.load_state_dict({**before, "gamma": -1, "last_epoch": 7})
    assert schedule.state_dict() == before


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda schedule: pickle.loads(pickle.dumps(schedule))])
def test_a_copy_has_its_own_optimizer(copied: Any) -> None:
    schedule = lr_scheduler.ExponentialLR(optimizer(), 0.5)
    twin = copied(schedule)
    advance(twin, 0)
    assert (twin.optimizer.param_groups[0]["lr"], schedule.optimizer.param_groups[0]["lr"]) == (0.25, 0.5)


# ---- beginning and resuming ----


def test_the_initial_rates_are_stored_in_the_groups() -> None:
    sgd = optimizer()
    lr_scheduler.ConstantLR(sgd, 0.5)
    schedule = lr_scheduler.ExponentialLR(sgd, 0.5)  # a second schedule keeps the values stored by the first
    assert (sgd.param_groups[0]["initial_lr"], sgd.param_groups[0]["lr"], schedule.base_lrs) == (0.5, 0.25, [0.5])


def resumable(case: str) -> bool:
    """True if the schedule accepts last_epoch and derives its rates from it."""
    schedule = CASES[case](lr_scheduler, two_groups(optim, parameter))
    kinds = (lr_scheduler.ReduceLROnPlateau, lr_scheduler.SequentialLR, lr_scheduler.ChainedScheduler)
    return not isinstance(schedule, kinds)


class Resumed:
    """The module lr_scheduler, with schedules that are created with `last_epoch`."""

    def __init__(self, last_epoch: int) -> None:
        self.last_epoch = last_epoch

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **named: getattr(lr_scheduler, name)(*args, **named, last_epoch=self.last_epoch)


@pytest.mark.parametrize("case", [case for case in CASES if resumable(case)])
@pytest.mark.parametrize("at", [1, 7, 10])
def test_training_resumes_after_last_epoch(case: str, at: int) -> None:
    first = CASES[case](lr_scheduler, two_groups(optim, parameter))
    for step in range(at):
        advance(first, step)
    second = CASES[case](Resumed(at - 1), first.optimizer)
    assert second.last_epoch == at
    same(course(second, STEPS - at), RECORDED[case][at:])


def test_resuming_requires_the_initial_rates() -> None:
    with pytest.raises(ValueError, match="StepLR: group 0 has no initial_lr, which last_epoch=4 needs; load the"):
        lr_scheduler.StepLR(optimizer(), 3, last_epoch=4)
    sgd = optimizer(momentum=0.5)
    sgd.param_groups[0]["initial_lr"] = 0.5
    with pytest.raises(ValueError, match="group 0 has no base_momentum and max_lr and max_momentum and min_lr, which"):
        lr_scheduler.OneCycleLR(sgd, 0.1, total_steps=10, last_epoch=4)


def test_a_rate_changed_by_hand_is_kept() -> None:
    schedule = lr_scheduler.ExponentialLR(optimizer(), 0.5)
    advance(schedule, 0)
    schedule.optimizer.param_groups[0]["lr"] = 8.0
    advance(schedule, 1)
    assert schedule.get_last_lr() == [4.0]


def test_groups_may_be_added_to_a_schedule_that_multiplies_rates() -> None:
    schedule = lr_scheduler.StepLR(optimizer(), 2, gamma=0.5)
    advance(schedule, 0)
    schedule.optimizer.add_param_group({"params": parameter(), "lr": 8.0})
    advance(schedule, 1)
    assert schedule.get_last_lr() == [0.25, 4.0]


@pytest.mark.parametrize(
    "make",
    [
        lambda o: lr_scheduler.LambdaLR(o, lambda t: 1.0),
        lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=9),
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 3),
        lambda o: lr_scheduler.ConstantLR(o, 0.0, 1),
    ],
)
def test_groups_added_to_a_schedule_that_sets_rates_raise_an_error(make: Any) -> None:
    schedule = make(optimizer(momentum=0.5))
    schedule.optimizer.add_param_group({"params": parameter(), "lr": 8.0})
    schedule.optimizer.step()
    with pytest.raises(
        ValueError, match="the optimizer now has 2 parameter groups but the schedule has 1; create a new"
    ):
        schedule.step()


# ---- custom schedules, and calls in the wrong order ----


def test_a_custom_schedule_must_define_get_lr() -> None:
    class InverseRoot(LRScheduler):
        def get_lr(self) -> list[float]:
            return [base / np.sqrt(1 + self.last_epoch) for base in self.base_lrs]

    schedule = InverseRoot(two_groups(optim, parameter))
    for step in range(3):
        advance(schedule, step)
    assert schedule.get_last_lr() == [0.25, 0.01]
    assert all(type(rate) is float for rate in schedule.get_last_lr())
    with pytest.raises(NotImplementedError, match="LRScheduler has no get_lr; define one"):
        LRScheduler(optimizer())


def test_the_optimizer_must_be_an_optimizer() -> None:
    with pytest.raises(TypeError, match="StepLR: optimizer must be an Optimizer; got list"):
        lr_scheduler.StepLR([parameter()], 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="OneCycleLR: optimizer must be an Optimizer; got list"):
        lr_scheduler.OneCycleLR([], 1.0, 3)  # type: ignore[arg-type]


def test_a_step_before_the_optimizers_step_gives_one_warning() -> None:
    schedule = lr_scheduler.StepLR(optimizer(), 3)
    with pytest.warns(UserWarning, match=re.escape("StepLR: step() was called before optimizer.step()")):
        schedule.step()
    schedule.step()
    fresh = lr_scheduler.StepLR(optimizer(), 3)
    fresh.optimizer.step()
    fresh.step()


def test_numpy_numbers_become_python_numbers() -> None:
    sgd = optimizer(np.float32(0.5))  # type: ignore[arg-type]
    schedule = lr_scheduler.CosineAnnealingLR(sgd, np.int64(4), np.float32(0.25))  # type: ignore[arg-type]
    advance(schedule, 0)
    assert json.loads(json.dumps(schedule.state_dict())) == schedule.state_dict()
    assert lr_scheduler.StepLR(sgd, 20.0).step_size == 20  # type: ignore[arg-type]
