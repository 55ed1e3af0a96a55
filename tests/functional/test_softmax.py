"""Softmax: error messages, and edge cases that the battery does not cover."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180.errors import DtypeError, ShapeError

BOTH = pytest.mark.parametrize("function", [F.softmax, F.log_softmax])


@BOTH
@pytest.mark.parametrize(
    ("dim", "message"),
    [
        (2, "dim 2 is out of range for 2 axes"),
        (-3, "dim -3 is out of range for 2 axes"),
        (None, "dim must be an int; got None"),
        (1.5, "dim must be an int; got 1.5"),
    ],
)
def test_wrong_axes_raise(function: Any, dim: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^{function.__name__}: {message}"):
        function(np.ones((2, 3), np.float32), dim)


@BOTH
def test_integer_arrays_raise_and_lists_become_float32(function: Any) -> None:
    with pytest.raises(DtypeError, match=f"^{function.__name__}: takes float32 or float64, got int64"):
        function(np.arange(3), 0)
    assert function([1.0, 2.0], 0).dtype == np.float32


@BOTH
@pytest.mark.parametrize("shape", [(2, 0), (0, 2)])
def test_empty_inputs_give_empty_outputs(function: Any, shape: tuple[int, int]) -> None:
    assert function(np.ones(shape, np.float32), 1).shape == shape


def test_extreme_inputs_do_not_overflow() -> None:
    x = np.array([-1e30, -100.0, 0.0, 100.0, 1e30], np.float32)
    assert np.isfinite(F.log_softmax(x, 0)).all()
    np.testing.assert_array_equal(F.softmax(x, 0), [0, 0, 0, 0, 1])


@BOTH
def test_a_nan_reaches_only_its_row(function: Any) -> None:
    y = function(np.array([[np.nan, 1.0], [0.0, 1.0]]), 1)
    assert np.isnan(y).tolist() == [[True, True], [False, False]]
