"""Regression losses: values and slopes by hand, error messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import Tensor
from rot180.errors import DtypeError

D = np.array([-3.0, -1.0, -0.25, 0.0, 0.25, 1.0, 3.0])
ZERO = np.zeros_like(D)


def slopes(loss: Any, **settings: Any) -> list[float]:
    """The gradient of the input; the gradient of the target must be its negative."""
    x, t = Tensor(D, requires_grad=True), Tensor(ZERO, requires_grad=True)
    loss(x, t, reduction="sum", **settings).backward()
    assert x.grad is not None and t.grad is not None
    np.testing.assert_array_equal(t.grad.data, -x.grad.data)
    return x.grad.tolist()


def test_values_by_hand() -> None:
    every = {"reduction": "none"}
    assert F.mse_loss(D, ZERO, **every).tolist() == [9, 1, 0.0625, 0, 0.0625, 1, 9]
    assert F.l1_loss(D, ZERO, **every).tolist() == [3, 1, 0.25, 0, 0.25, 1, 3]
    assert F.huber_loss(D, ZERO, **every).tolist() == [2.5, 0.5, 0.03125, 0, 0.03125, 0.5, 2.5]
    assert F.huber_loss(D, ZERO, delta=2, **every).tolist() == [4, 0.5, 0.03125, 0, 0.03125, 0.5, 4]
    assert F.smooth_l1_loss(D, ZERO, **every).tolist() == F.huber_loss(D, ZERO, **every).tolist()
    assert F.smooth_l1_loss(D, ZERO, beta=2, **every).tolist() == [2, 0.25, 0.015625, 0, 0.015625, 0.25, 2]


def test_slopes_by_hand() -> None:
    assert slopes(F.mse_loss) == (2 * D).tolist()
    assert slopes(F.l1_loss) == [-1, -1, -1, 0, 1, 1, 1]
    assert slopes(F.huber_loss) == [-1, -1, -0.25, 0, 0.25, 1, 1]
    assert slopes(F.huber_loss, delta=2) == [-2, -1, -0.25, 0, 0.25, 1, 2]
    assert slopes(F.smooth_l1_loss, beta=2) == [-1, -0.5, -0.125, 0, 0.125, 0.5, 1]
    assert slopes(F.smooth_l1_loss, beta=0) == slopes(F.l1_loss)


def test_smooth_l1_with_beta_0_is_l1() -> None:
    for reduction in ("mean", "sum", "none"):
        np.testing.assert_array_equal(F.smooth_l1_loss(D, ZERO, reduction, 0), F.l1_loss(D, ZERO, reduction))


@pytest.mark.parametrize("delta", [0, -1.0, float("nan")])
def test_delta_must_be_positive(delta: float) -> None:
    with pytest.raises(ValueError, match=f"^huber_loss: delta must be positive; got {delta}"):
        F.huber_loss(D, ZERO, delta=delta)


@pytest.mark.parametrize(("loss", "name"), [(F.huber_loss, "delta"), (F.smooth_l1_loss, "beta")])
def test_settings_must_be_numbers(loss: Any, name: str) -> None:
    with pytest.raises(DtypeError, match=f"^{loss.__name__}: {name} must be a number; got '1'"):
        loss(D, ZERO, **{name: "1"})


@pytest.mark.parametrize("beta", [-1.0, float("nan")])
def test_beta_must_not_be_negative(beta: float) -> None:
    with pytest.raises(ValueError, match=f"^smooth_l1_loss: beta must not be negative; got {beta}"):
        F.smooth_l1_loss(D, ZERO, beta=beta)


@pytest.mark.parametrize("loss", [F.l1_loss, F.smooth_l1_loss, F.huber_loss])
def test_an_outlier_has_a_bounded_slope(loss: Any) -> None:
    x = Tensor(np.array([1e30, np.inf], np.float32), requires_grad=True)
    loss(x, np.zeros(2, np.float32), reduction="sum").backward()
    assert x.grad is not None and x.grad.tolist() == [1, 1]


@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss])
def test_nan_inputs_give_nan(loss: Any) -> None:
    losses = loss(np.array([np.nan, 1.0]), np.zeros(2), reduction="none")
    assert np.isnan(losses).tolist() == [True, False]
