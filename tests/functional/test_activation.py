"""Activations: error messages, and edge cases that the battery does not cover."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import Tensor
from rot180.errors import DtypeError, ShapeError

PIECES = ["relu", "leaky_relu", "elu", "selu", "hardtanh", "relu6", "hardsigmoid", "hardswish"]
NAMES = [*PIECES, "tanh", "arctan", "sigmoid", "logsigmoid", "softplus", "silu", "mish", "gelu"]
EVERY = {name: getattr(F, name) for name in NAMES} | {"prelu": lambda x: F.prelu(x, np.float32([0.25]))}


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
def test_wrong_inputs_raise(name: str, input: Any, message: str) -> None:
    with pytest.raises(DtypeError, match=f"^{name}: {message}"):
        EVERY[name](input)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("leaky_relu", "negative_slope"), ("elu", "alpha"), ("hardtanh", "min_val"), ("hardtanh", "max_val"),
        ("softplus", "beta"), ("softplus", "threshold"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", ["1", None, [1.0, 2.0]])
def test_settings_must_be_numbers(name: str, setting: str, value: Any) -> None:
    with pytest.raises(DtypeError, match=re.escape(f"{name}: {setting} must be a number; got {value!r}")):
        EVERY[name](np.ones(2), **{setting: value})


@pytest.mark.parametrize("name", list(EVERY))
def test_lists_become_float32(name: str) -> None:
    y = EVERY[name]([1.0, 2.0])
    assert y.dtype == np.float32 and y.shape == (2,)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_extreme_inputs_do_not_overflow(name: str, dtype: Any) -> None:
    """There is no warning (pytest would raise it), and large inputs give the limits of the function."""
    largest = np.finfo(dtype).max
    x = Tensor(np.array([-largest, -1e4, -0.0, 0.0, 1e4, largest], dtype), requires_grad=True)
    if name == "selu":  # its value at the largest float overflows
        x = Tensor(x.data[1:-1], requires_grad=True)
    y = EVERY[name](x)
    y.backward(np.ones_like(y.data))
    assert x.grad is not None
    assert np.isfinite(y.data).all() and np.isfinite(x.grad.data).all()
    left, right = {
        "relu": (0, 1e4), "leaky_relu": (-1e2, 1e4), "elu": (-1, 1e4), "hardtanh": (-1, 1), "relu6": (0, 6),
        "hardsigmoid": (0, 1), "hardswish": (0, 1e4), "tanh": (-1, 1), "arctan": (-np.pi / 2 + 1e-4, np.pi / 2 - 1e-4),
        "sigmoid": (0, 1), "logsigmoid": (-1e4, 0), "softplus": (0, 1e4), "silu": (0, 1e4), "mish": (0, 1e4),
        "gelu": (0, 1e4), "selu": (-1.7580993, 1.0507010e4),
    }[name]  # fmt: skip
    ends = dict(zip(x.data.tolist(), y.data.tolist(), strict=True))
    assert ends[-1e4] == pytest.approx(left, abs=1e-6) and ends[1e4] == pytest.approx(right, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["silu", "mish", "gelu", "softplus"])
def test_slopes_of_large_inputs_are_0_and_1(name: str, dtype: Any) -> None:
    """Even where the product of x and the cotangent overflows."""
    largest = np.finfo(dtype).max
    x = Tensor(np.array([-largest, -largest / 8, -1e10, -800, 800, 1e10, largest], dtype), requires_grad=True)
    for g in (1.0, -3.0):
        x.grad = None
        EVERY[name](x).backward(np.full(7, g, dtype))
        assert x.grad is not None
        np.testing.assert_allclose(x.grad.data, np.array([0, 0, 0, 0, g, g, g]), rtol=1e-15, atol=1e-35)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softplus_with_a_steep_beta_does_not_overflow(dtype: Any) -> None:
    largest = np.finfo(dtype).max
    x = Tensor(np.array([-largest, -1e4, 1e4, largest], dtype), requires_grad=True)
    y = F.softplus(x, beta=4.0)
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(y.data, np.array([0, 0, 1e4, largest], dtype))
    np.testing.assert_allclose(x.grad.data, [0, 0, 1, 1], atol=1e-35)


def test_the_positive_cells_of_prelu_do_not_overflow() -> None:
    largest = np.finfo(np.float64).max
    x, w = np.array([largest, np.inf, -1.0]), Tensor(np.array([0.5]), requires_grad=True)
    F.prelu(x, w).backward(np.array([2.0, 0.0, 3.0]))
    assert w.grad is not None and w.grad.tolist() == [-3.0]


@pytest.mark.parametrize("name", list(EVERY))
def test_nan_inputs_give_nan(name: str) -> None:
    y = EVERY[name](np.array([np.nan, 1.0], np.float32))
    assert np.isnan(y).tolist() == [True, False]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_slope_of_arctan_at_large_inputs_is_0(dtype: Any) -> None:
    x = Tensor(np.array([-np.finfo(dtype).max, np.finfo(dtype).max, np.inf], dtype), requires_grad=True)
    F.arctan(x).sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, [0, 0, 0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_of_a_0d_input_keeps_its_dtype(name: str, dtype: Any) -> None:
    x = Tensor(dtype(0.5), requires_grad=True)
    EVERY[name](x).backward()
    assert x.grad is not None and x.grad.dtype == dtype and x.grad.shape == ()


def slope(function: Any, *cells: float) -> list[float]:
    x = Tensor(np.array(cells, np.float64), requires_grad=True)
    function(x).sum().backward()
    assert x.grad is not None
    return x.grad.tolist()


def test_slopes_where_the_pieces_meet() -> None:
    """As in PyTorch: 0 at both bounds of hardtanh; at 0, the slope of the left piece for the others."""
    assert slope(F.relu, -1, 0, 1) == [0, 0, 1]
    assert slope(F.leaky_relu, -1, 0, 1) == [0.01, 0.01, 1]
    assert slope(lambda x: F.elu(x, 2.0), 0, 1) == [2, 1]
    assert slope(F.hardtanh, -1, 0, 1) == [0, 1, 0]
    assert slope(F.relu6, 0, 3, 6) == [0, 1, 0]
    assert slope(F.hardsigmoid, -3, 0, 3) == [0, 1 / 6, 0]
    assert slope(F.hardswish, -4, -3, 0, 3, 4) == [0, 0, 0.5, 1, 1]
    assert slope(lambda x: F.prelu(x, np.array([0.5])), -1, 0, 1) == [0.5, 0.5, 1]


@pytest.mark.parametrize("negative_slope", [0.0, -0.5, 0.3, 1.0, 2.0])
def test_any_slope_of_leaky_relu_and_prelu(negative_slope: float) -> None:
    x = np.array([-2.0, -0.5, 0.0, 0.5, np.inf])
    expected = np.where(x > 0, x, np.minimum(x, 0) * negative_slope)
    np.testing.assert_array_equal(F.leaky_relu(x, negative_slope), expected)
    np.testing.assert_array_equal(F.prelu(x, np.array([negative_slope])), expected)
    if negative_slope:
        assert F.leaky_relu(np.array([-np.inf]), negative_slope)[0] == -np.inf * negative_slope


def test_hardtanh_checks_the_order_of_its_bounds() -> None:
    with pytest.raises(ValueError, match=r"^hardtanh: min_val must not be greater than max_val; got 2 and 1"):
        F.hardtanh(np.ones(3), 2, 1)
    assert F.hardtanh(np.array([0.0, 3.0]), 2, 2).tolist() == [2, 2]


def test_softplus_with_beta_0_raises() -> None:
    with pytest.raises(ValueError, match=r"^softplus: beta must not be 0"):
        F.softplus(np.ones(3), beta=0)


def test_softplus_returns_its_input_above_the_threshold() -> None:
    x = np.array([1.0, 2.0, 2.5])
    y = F.softplus(x, beta=2, threshold=4)
    np.testing.assert_allclose(y, [np.log1p(np.exp(2)) / 2, np.log1p(np.exp(4)) / 2, 2.5])
    assert slope(lambda t: F.softplus(t, 2, 4), 2.5) == [1]


@pytest.mark.parametrize(
    ("input", "weight", "message"),
    [
        ((2, 3), (2,), r"weight has shape \(2,\); \(1,\) or, for input of shape \(2, 3\), \(3,\) is needed"),
        ((2, 3), (3, 1), r"weight has shape \(3, 1\); \(1,\) or"),
        ((2, 3), (0,), r"weight has shape \(0,\)"),
        ((3,), (3,), r"weight has shape \(3,\); \(1,\) or, for input of shape \(3,\), \(1,\) is needed"),
        ((), (2,), r"weight has shape \(2,\)"),
    ],
)
def test_prelu_needs_one_slope_or_one_per_channel(input: Any, weight: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^prelu: {message}"):
        F.prelu(np.ones(input), np.ones(weight))


def test_prelu_with_different_dtypes_raises() -> None:
    with pytest.raises(DtypeError, match=r"^prelu: input is float32 but weight is float64; convert one with \.astype"):
        F.prelu(np.ones(3, np.float32), np.ones(1))


def test_the_slopes_of_prelu_get_the_gradient_of_the_negative_cells() -> None:
    x = np.array([[-1.0, -2.0, 3.0], [4.0, -5.0, np.inf]])
    w = Tensor(np.array([0.1, 0.2, 0.3]), requires_grad=True)
    F.prelu(x, w).backward(np.array([[1.0, 10.0, 1.0], [1.0, 1.0, 1.0]]))
    assert w.grad is not None and w.grad.tolist() == [-1, -25, 0]
