"""Cosine schedules: the formula over long runs, fractional epochs, and errors."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from rot180 import optim
from rot180.optim import lr_scheduler
from tests.optim.lr_scheduler.cases import two_groups
from tests.optim.lr_scheduler.test_base import optimizer, parameter


def walk(schedule: Any, steps: int) -> np.ndarray:
    schedule.optimizer.step()
    recorded = [schedule.get_last_lr()[0]]
    for _ in range(steps):
        schedule.step()
        recorded += schedule.get_last_lr()
    return np.array(recorded)


@pytest.mark.parametrize("eta_min", [0.0, 1e-3])
def test_a_long_run_follows_the_formula(eta_min: float) -> None:
    steps = 20_000
    rates = walk(lr_scheduler.CosineAnnealingLR(optimizer(0.1), steps, eta_min), steps)
    formula = eta_min + (0.1 - eta_min) * (1 + np.cos(np.pi * np.arange(steps + 1) / steps)) / 2
    np.testing.assert_allclose(rates, formula, rtol=1e-11, atol=1e-16)
    assert rates[-1] == eta_min


def test_many_periods_follow_the_formula() -> None:
    rates = walk(lr_scheduler.CosineAnnealingLR(optimizer(0.1), 1000), 20_000)
    np.testing.assert_allclose(rates, 0.1 * (1 + np.cos(np.pi * np.arange(20_001) / 1000)) / 2, rtol=1e-9, atol=1e-15)


def test_fractional_epochs_lie_on_the_same_curve() -> None:
    schedule = lr_scheduler.CosineAnnealingWarmRestarts(two_groups(optim, parameter), T_0=2, T_mult=3, eta_min=0.01)
    for epoch, part in [
        (0.0, 0.0),
        (0.5, 0.25),
        (2, 0.0),
        (3.5, 0.25),
        (7.75, 5.75 / 6),
        (8, 0.0),
        (17, 0.5),
        (1, 0.5),
    ]:
        schedule.step(epoch)
        share = (1 + math.cos(math.pi * part)) / 2
        assert schedule.get_last_lr() == pytest.approx([0.01 + (rate - 0.01) * share for rate in (0.5, 0.02)])
        assert schedule.last_epoch == math.floor(epoch)
    schedule.step()
    assert (schedule.last_epoch, schedule.T_cur, schedule.T_i) == (2, 0, 6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda s, o: s.CosineAnnealingLR(o, 0),
            "CosineAnnealingLR: T_max must be a whole number of at least 1; got 0",
        ),
        (lambda s, o: s.CosineAnnealingLR(o, 9, -1), "CosineAnnealingLR: eta_min must be a number of at least 0; got"),
        (lambda s, o: s.CosineAnnealingWarmRestarts(o, 0), "T_0 must be a whole number of at least 1; got 0"),
        (lambda s, o: s.CosineAnnealingWarmRestarts(o, 5, 0.5), "T_mult must be a whole number of at least 1; got 0.5"),
        (lambda s, o: s.CosineAnnealingWarmRestarts(o, 5, eta_min=None), "eta_min must be a number of at least 0; got"),
        (lambda s, o: s.CosineAnnealingWarmRestarts(o, 5).step(-1), "epoch must be a number of at least 0; got -1"),
    ],
)
def test_invalid_settings_raise_an_error(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        make(lr_scheduler, optimizer())
