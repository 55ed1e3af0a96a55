"""Dropout: error messages, the fraction of zeros, and the gradient."""

from __future__ import annotations

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180 import Tensor
from rot180.errors import DtypeError


def test_integer_arrays_raise() -> None:
    with pytest.raises(DtypeError, match=r"^dropout: takes float32 or float64, got int64"):
        F.dropout(np.arange(3))


def test_the_probability_must_be_a_number() -> None:
    with pytest.raises(DtypeError, match=r"^dropout: p must be a number; got None"):
        F.dropout(np.ones(2), None)  # type: ignore[arg-type]


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_the_probability_must_be_between_0_and_1(p: float) -> None:
    with pytest.raises(ValueError, match=f"^dropout: p must lie between 0 and 1; got {p}"):
        F.dropout(np.ones(3, np.float32), p)


def test_the_fraction_of_zeros_is_p() -> None:
    rot180.manual_seed(1)
    y = F.dropout(np.ones(20000, np.float32), 0.3)
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.7)}
    assert abs((y == 0).mean() - 0.3) < 0.015


def test_the_gradient_has_the_same_mask_as_the_output() -> None:
    rot180.manual_seed(2)
    x = Tensor(np.full(50, 3.0), requires_grad=True)
    y = F.dropout(x, 0.5)
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, y.data / 3.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gradient_of_a_0d_input_keeps_its_dtype(dtype: type) -> None:
    x = Tensor(dtype(0.5), requires_grad=True)
    F.dropout(x).backward()
    assert x.grad is not None and x.grad.dtype == dtype and x.grad.shape == ()
