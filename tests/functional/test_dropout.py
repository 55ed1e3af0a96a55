"""Dropout: what it refuses, its share and its gradient."""

from __future__ import annotations

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180 import Tensor
from rot180.errors import DtypeError


def test_other_inputs_are_refused() -> None:
    with pytest.raises(DtypeError, match=r"^dropout: takes float32 or float64, got int64"):
        F.dropout(np.arange(3))


def test_the_probability_is_a_number() -> None:
    with pytest.raises(DtypeError, match=r"^dropout: p must be a number; got None"):
        F.dropout(np.ones(2), None)  # type: ignore[arg-type]


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_dropout_refuses_other_probabilities(p: float) -> None:
    with pytest.raises(ValueError, match=f"^dropout: p must lie between 0 and 1; got {p}"):
        F.dropout(np.ones(3, np.float32), p)


def test_dropout_keeps_the_mean_and_zeroes_a_share() -> None:
    rot180.manual_seed(1)
    y = F.dropout(np.ones(20000, np.float32), 0.3)
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.7)}
    assert abs((y == 0).mean() - 0.3) < 0.015


def test_dropout_passes_the_gradient_of_what_was_kept() -> None:
    rot180.manual_seed(2)
    x = Tensor(np.full(50, 3.0), requires_grad=True)
    y = F.dropout(x, 0.5)
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, y.data / 3.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gradient_of_a_single_number_keeps_its_dtype(dtype: type) -> None:
    x = Tensor(dtype(0.5), requires_grad=True)
    F.dropout(x).backward()
    assert x.grad is not None and x.grad.dtype == dtype and x.grad.shape == ()
