"""Activations: what they refuse, and the corners that the battery's rows do not reach."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180 import Tensor
from rot180.errors import DtypeError, ShapeError

EVERY = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "tanh": F.tanh,
    "arctan": F.arctan,
    "sigmoid": F.sigmoid,
    "dropout": F.dropout,
    "softmax": lambda x: F.softmax(x, 0),
    "log_softmax": lambda x: F.log_softmax(x, 0),
}


@pytest.mark.parametrize("name", list(EVERY))
@pytest.mark.parametrize(
    ("input", "message"),
    [
        (np.arange(3), r"takes float32 or float64, got int64; convert with \.astype\(np\.float32\)"),
        (np.ones(3, np.float16), "takes float32 or float64, got float16"),
        ("text", "takes Tensors and arrays; got str"),
        (None, "takes Tensors and arrays; got NoneType"),
    ],
)
def test_other_inputs_are_refused(name: str, input: Any, message: str) -> None:
    with pytest.raises(DtypeError, match=f"^{name}: {message}"):
        EVERY[name](input)


@pytest.mark.parametrize("name", list(EVERY))
def test_lists_become_float32(name: str) -> None:
    y = EVERY[name]([1.0, 2.0])
    assert y.dtype == np.float32 and y.shape == (2,)


@pytest.mark.parametrize("function", [F.softmax, F.log_softmax])
@pytest.mark.parametrize(
    ("dim", "message"),
    [
        (2, "dim 2 is out of range for 2 axes"),
        (-3, "dim -3 is out of range for 2 axes"),
        (None, "dim must be an int; got None"),
        (1.5, "dim must be an int; got 1.5"),
    ],
)
def test_softmax_refuses_other_axes(function: Any, dim: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^{function.__name__}: {message}"):
        function(np.ones((2, 3), np.float32), dim)


@pytest.mark.parametrize("function", [F.softmax, F.log_softmax])
@pytest.mark.parametrize("shape", [(2, 0), (0, 2)])
def test_softmax_of_nothing_is_nothing(function: Any, shape: tuple[int, int]) -> None:
    assert function(np.ones(shape, np.float32), 1).shape == shape


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


def test_extremes_do_not_overflow() -> None:
    x = np.array([-1e30, -100.0, 0.0, 100.0, 1e30], np.float32)
    np.testing.assert_allclose(F.sigmoid(x), [0, 0, 0.5, 1, 1], atol=1e-30)
    assert np.isfinite(F.log_softmax(x, 0)).all()
    np.testing.assert_array_equal(F.softmax(x, 0), [0, 0, 0, 0, 1])


@pytest.mark.parametrize("function", [F.relu, F.leaky_relu, F.tanh, F.arctan, F.sigmoid, lambda x: F.softmax(x, 0)])
def test_a_nan_stays_one(function: Any) -> None:
    assert np.isnan(function(np.array([np.nan, 1.0]))[0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_slope_of_arctan_far_out_is_0(dtype: Any) -> None:
    x = Tensor(np.array([-np.finfo(dtype).max, np.finfo(dtype).max, np.inf], dtype), requires_grad=True)
    F.arctan(x).sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, [0, 0, 0])


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "tanh", "arctan", "sigmoid", "dropout"])
def test_the_gradient_of_a_single_number_keeps_its_dtype(name: str) -> None:
    x = Tensor(np.float32(0.5), requires_grad=True)
    EVERY[name](x).backward()
    assert x.grad is not None and x.grad.dtype == np.float32 and x.grad.shape == ()
