"""LambdaLR: functions, objects, and errors."""

from __future__ import annotations

import math

import pytest

from rot180 import Tensor, optim
from rot180.errors import FormatError
from rot180.optim import lr_scheduler
from tests.optim.lr_scheduler.cases import two_groups
from tests.optim.lr_scheduler.test_base import optimizer, parameter
from tests.optim.lr_scheduler.test_decay import rates


class Falling:
    """A callable object with its rate of decay as an attribute."""

    def __init__(self, by: float) -> None:
        self.by = by

    def __call__(self, step: int) -> float:
        return self.by**step


def test_each_group_may_have_its_own_function() -> None:
    schedule = lr_scheduler.LambdaLR(two_groups(optim, parameter), [lambda t: 1 / (1 + t), lambda t: 1 + t])
    schedule.optimizer.step()
    schedule.step()
    assert schedule.get_last_lr() == [0.25, 0.04]


def test_shares_may_be_tensors() -> None:
    schedule = lr_scheduler.LambdaLR(optimizer(8.0), lambda t: Tensor([0.5]).sum())  # type: ignore[arg-type, return-value]
    assert schedule.get_last_lr() == [4.0]


def test_the_state_holds_attributes_of_objects_and_no_functions() -> None:
    schedule = lr_scheduler.LambdaLR(two_groups(optim, parameter), [Falling(0.5), lambda t: 1.0])
    state = schedule.state_dict()
    assert state["lr_lambdas"] == [{"by": 0.5}, None]
    assert lr_scheduler.LambdaLR(optimizer(), math.exp).state_dict()["lr_lambdas"] == [{}]
    other = lr_scheduler.LambdaLR(two_groups(optim, parameter), [Falling(0.1), lambda t: 1.0])
    other.load_state_dict(state)
    assert rates(other, 1)[-2:] == [0.25, 0.02]


def test_invalid_functions_raise_an_error() -> None:
    with pytest.raises(TypeError, match="LambdaLR: lr_lambda must be a function; got float"):
        lr_scheduler.LambdaLR(optimizer(), 0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="LambdaLR: lr_lambda has 1 values but the optimizer has 2 parameter groups"):
        lr_scheduler.LambdaLR(two_groups(optim, parameter), [lambda t: 1.0])
    schedule = lr_scheduler.LambdaLR(optimizer(), lambda t: 1.0)
    with pytest.raises(FormatError, match="lr_lambdas has 0 entries; 1 are needed"):
        schedule.load_state_dict({})
