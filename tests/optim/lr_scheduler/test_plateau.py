"""ReduceLROnPlateau: by hand, cooldown, Tensors and NaN, groups added later, and errors."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from rot180 import Tensor, optim
from rot180.errors import DtypeError
from rot180.optim import lr_scheduler
from tests.optim.lr_scheduler.cases import two_groups
from tests.optim.lr_scheduler.test_base import optimizer, parameter


def rates_after(schedule: Any, measures: list[Any]) -> list[float]:
    recorded = []
    for measure in measures:
        schedule.step(measure)
        recorded += schedule.get_last_lr()
    return recorded


def test_patience_and_cooldown_by_hand() -> None:
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer(8.0), factor=0.5, patience=1, cooldown=2)
    assert rates_after(schedule, [1.0, 1.0, 1.0]) == [8, 8, 4]
    assert schedule.in_cooldown
    assert rates_after(schedule, [1.0, 1.0, 1.0, 1.0]) == [4, 4, 4, 2]
    assert (schedule.best, schedule.last_epoch) == (1.0, 7)


def test_only_changes_beyond_the_threshold_are_improvements() -> None:
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer(8.0), "max", 0.5, 0, threshold=0.1)
    assert rates_after(schedule, [1.0, 1.2, 1.3, 1.4]) == [8, 8, 4, 4]
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer(8.0), "min", 0.5, 0, 0.1, "abs")
    assert rates_after(schedule, [1.0, 0.85, 0.8, 0.7]) == [8, 8, 4, 4]


def test_a_rate_stops_at_min_lr() -> None:
    schedule = lr_scheduler.ReduceLROnPlateau(two_groups(optim, parameter), patience=0, min_lr=[0.1, 0.02])
    schedule.step(1.0)
    schedule.step(1.0)
    assert schedule.get_last_lr() == [0.1, 0.02]


def test_metrics_may_be_tensors_and_nan_is_never_an_improvement() -> None:
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer(8.0), factor=0.5, patience=0)
    measures = [Tensor(np.float32(2.0)), np.float32(1.0), float("nan"), np.array([0.5])]
    assert rates_after(schedule, measures[:3]) == [8, 8, 4]
    assert schedule.best == 1.0


def test_a_metric_must_be_a_number() -> None:
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer())
    with pytest.raises(DtypeError, match=r"^ReduceLROnPlateau: metrics must be a number; got None"):
        schedule.step(None)  # type: ignore[arg-type]
    assert schedule.last_epoch == 0


def test_groups_added_later_share_min_lr() -> None:
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer(8.0), patience=0, min_lr=2.0)
    schedule.optimizer.add_param_group({"params": parameter(), "lr": 4.0})
    assert rates_after(schedule, [1.0, 1.0])[-2:] == [2.0, 2.0]
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer(8.0), patience=0, min_lr=[2.0])
    schedule.optimizer.add_param_group({"params": parameter(), "lr": 4.0})
    schedule.step(1.0)
    with pytest.raises(ValueError, match="min_lr has 1 values but the optimizer now has 2 parameter groups; append"):
        schedule.step(1.0)


def test_the_state_before_the_first_metric_holds_no_infinity() -> None:
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer(), mode="max")
    assert schedule.best == -np.inf
    assert schedule.state_dict()["best"] is None
    schedule.load_state_dict(schedule.state_dict())
    assert schedule.best == -np.inf


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "least"}, "ReduceLROnPlateau: mode must be 'min' or 'max'; got 'least'"),
        ({"threshold_mode": "relative"}, "threshold_mode must be 'rel' or 'abs'; got 'relative'"),
        ({"factor": 1.0}, "factor must be a number of at least 0 and below 1; got 1.0"),
        ({"patience": -1}, "patience must be a whole number of at least 0; got -1"),
        ({"cooldown": 0.5}, "cooldown must be a whole number of at least 0; got 0.5"),
        ({"threshold": -1}, "threshold must be a number of at least 0; got -1"),
        ({"min_lr": -1}, "min_lr must be a number of at least 0; got -1"),
        ({"min_lr": [0.1, 0.2]}, "min_lr has 2 values but the optimizer has 1 parameter groups"),
        ({"eps": None}, "eps must be a number of at least 0; got None"),
    ],
)
def test_invalid_settings_raise_an_error(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        lr_scheduler.ReduceLROnPlateau(optimizer(), **options)
