"""OneCycleLR: by hand, the end of the cycle, Adam's betas, and errors."""

from __future__ import annotations

import re
from typing import Any

import pytest

from rot180 import optim
from rot180.optim import lr_scheduler
from tests.optim.lr_scheduler.cases import course
from tests.optim.lr_scheduler.test_base import optimizer, parameter


def test_linear_phases_by_hand() -> None:
    schedule = lr_scheduler.OneCycleLR(
        optimizer(momentum=0.5), 8.0, 5, pct_start=0.6, anneal_strategy="linear", base_momentum=0.25,
        max_momentum=0.75, div_factor=4.0, final_div_factor=2.0,
    )  # fmt: skip
    expected = [[2.0, 0.75], [5.0, 0.5], [8.0, 0.25], [4.5, 0.5], [1.0, 0.75]]
    assert course(schedule, 4) == expected
    assert course(schedule, 1)[-1] == expected[-1]  # the rate does not change after the last step


def test_the_first_beta_of_adam_is_cycled() -> None:
    adam = optim.Adam([parameter()], betas=(0.9, 0.99))
    schedule = lr_scheduler.OneCycleLR(adam, 1.0, 10, base_momentum=0.6, max_momentum=0.8)
    assert adam.param_groups[0]["betas"] == (0.8, 0.99)
    assert [row[1] for row in course(schedule, 3)][2] == pytest.approx(0.6)
    assert adam.param_groups[0]["betas"][1] == 0.99
    assert adam.param_groups[0]["initial_lr"] == 1 / 25


def test_a_cycle_ends() -> None:
    schedule = lr_scheduler.OneCycleLR(optimizer(momentum=0.5), 1.0, total_steps=3)
    course(schedule, 3)
    with pytest.raises(ValueError, match=re.escape("OneCycleLR: step() was called 4 times; the cycle has 3 steps")):
        schedule.step()
    assert schedule.last_epoch == 3


@pytest.mark.parametrize(("pct_start", "total_steps"), [(0, 1), (0, 10), (0.1, 10), (0.2, 5), (0.5, 2), (1, 3)])
def test_a_phase_may_have_no_length(pct_start: float, total_steps: int) -> None:
    schedule = lr_scheduler.OneCycleLR(optimizer(), 1.0, total_steps, pct_start=pct_start, cycle_momentum=False)
    rates = [row[0] for row in course(schedule, total_steps)]  # PyTorch divides by zero at 0.1 of 10
    assert rates[-1] == pytest.approx(1 / 25 / 1e4)
    if pct_start * total_steps == 1:  # the rise has one step and starts at the highest rate
        assert rates[0] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "OneCycleLR: pass total_steps, or epochs and steps_per_epoch"),
        ({"epochs": 3}, "OneCycleLR: pass total_steps, or epochs and steps_per_epoch"),
        ({"total_steps": 0}, "total_steps must be a whole number of at least 1; got 0"),
        ({"epochs": 3, "steps_per_epoch": -1}, "steps_per_epoch must be a whole number of at least 1; got -1"),
        ({"epochs": 1.5, "steps_per_epoch": 2}, "epochs must be a whole number of at least 1; got 1.5"),
        ({"total_steps": 9, "pct_start": 1.5}, "pct_start must be a number of at least 0 and at most 1; got 1.5"),
        (
            {"total_steps": 9, "pct_start": 0.6, "three_phase": True},
            "pct_start must be a number of at least 0 and at mos",
        ),
        ({"total_steps": 9, "anneal_strategy": "cosine"}, "anneal_strategy must be 'cos' or 'linear'; got 'cosine'"),
        ({"total_steps": 9, "max_lr": [1.0, 2.0]}, "max_lr has 2 values but the optimizer has 1 parameter groups"),
        ({"total_steps": 9, "max_lr": -1.0}, "max_lr must be a number of at least 0; got -1.0"),
        ({"total_steps": 9, "div_factor": 0}, "div_factor must be a number above 0; got 0"),
        ({"total_steps": 9, "final_div_factor": -2}, "final_div_factor must be a number above 0; got -2"),
        ({"total_steps": 9, "max_momentum": 1.0}, "max_momentum must be a number of at least 0 and below 1; got 1.0"),
        (
            {"total_steps": 9, "base_momentum": [0.1] * 3},
            "base_momentum has 3 values but the optimizer has 1 parameter",
        ),
    ],
)
def test_invalid_settings_raise_an_error(options: dict[str, Any], message: str) -> None:
    sgd = optimizer(momentum=0.5)
    with pytest.raises(ValueError, match=re.escape(message)):
        lr_scheduler.OneCycleLR(sgd, **{"max_lr": 1.0, **options})
    assert sgd.param_groups[0].keys() == optimizer().param_groups[0].keys()  # the groups are unchanged


def test_an_optimizer_without_momentum_raises_an_error() -> None:
    class Plain(optim.Optimizer):
        pass

    with pytest.raises(ValueError, match="Plain has neither momentum nor betas; pass cycle_momentum=False"):
        lr_scheduler.OneCycleLR(Plain([parameter()], {"lr": 0.1}), 1.0, 10)
