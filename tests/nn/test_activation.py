"""The activation layers call their functions, which have their own tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import nn
from rot180.errors import ShapeError

X = np.random.default_rng(0).standard_normal((3, 4))


@pytest.mark.parametrize(
    ("layer", "expected", "shown"),
    [
        (nn.ReLU(inplace=True), lambda: F.relu(X), "ReLU(inplace=True)"),
        (nn.LeakyReLU(0.2), lambda: F.leaky_relu(X, 0.2), "LeakyReLU(negative_slope=0.2)"),
        (nn.ReLU6(True), lambda: F.relu6(X), "ReLU6(inplace=True)"),
        (nn.ELU(0.5, True), lambda: F.elu(X, 0.5), "ELU(alpha=0.5, inplace=True)"),
        (nn.SELU(), lambda: F.selu(X), "SELU()"),
        (nn.Hardtanh(-0.5, 2), lambda: F.hardtanh(X, -0.5, 2), "Hardtanh(min_val=-0.5, max_val=2)"),
        (nn.Hardsigmoid(True), lambda: F.hardsigmoid(X), "Hardsigmoid()"),
        (nn.Hardswish(True), lambda: F.hardswish(X), "Hardswish()"),
        (nn.Tanh(), lambda: F.tanh(X), "Tanh()"),
        (nn.Arctan(), lambda: F.arctan(X), "Arctan()"),
        (nn.Sigmoid(), lambda: F.sigmoid(X), "Sigmoid()"),
        (nn.LogSigmoid(), lambda: F.logsigmoid(X), "LogSigmoid()"),
        (nn.Softplus(2, 1.5), lambda: F.softplus(X, 2, 1.5), "Softplus(beta=2, threshold=1.5)"),
        (nn.SiLU(True), lambda: F.silu(X), "SiLU(inplace=True)"),
        (nn.Mish(), lambda: F.mish(X), "Mish()"),
        (nn.GELU(), lambda: F.gelu(X), "GELU(approximate='none')"),
        (nn.GELU("tanh"), lambda: F.gelu(X, approximate="tanh"), "GELU(approximate='tanh')"),
        (nn.Softmax(dim=0), lambda: F.softmax(X, 0), "Softmax(dim=0)"),
        (nn.LogSoftmax(dim=-1), lambda: F.log_softmax(X, 1), "LogSoftmax(dim=-1)"),
    ],
)
def test_forward_calls_the_function_and_does_not_change_the_input(
    layer: nn.Module, expected: Callable[[], Any], shown: str
) -> None:
    x = X.copy()
    assert np.array_equal(layer(x).data, expected())
    assert np.array_equal(x, X)
    assert repr(layer) == shown


def test_the_constructor_checks_the_settings() -> None:
    with pytest.raises(ValueError, match=r"^GELU: approximate must be 'none' or 'tanh'; got 'erf'"):
        nn.GELU("erf")
    with pytest.raises(ValueError, match=r"^Hardtanh: max_val must be greater than min_val; got 1 and 1"):
        nn.Hardtanh(1, 1)
    with pytest.raises(ValueError, match=r"^Softplus: beta must not be 0"):
        nn.Softplus(0)


# ---- PReLU, which has parameters ----


def test_slopes_are_parameters() -> None:
    layer = nn.PReLU(4, 0.1, dtype=np.float64)
    assert list(layer.state_dict()) == ["weight"] and layer.weight.tolist() == [0.1] * 4
    assert repr(layer) == "PReLU(num_parameters=4)"
    y = layer(X)
    np.testing.assert_array_equal(y.data, np.where(X > 0, X, 0.1 * X))
    y.sum().backward()
    assert layer.weight.grad is not None
    np.testing.assert_allclose(layer.weight.grad.data, np.minimum(X, 0).sum(0))


def test_one_slope_by_default() -> None:
    layer = nn.PReLU()
    assert layer.weight.shape == (1,) and layer.weight.dtype == np.float32 and layer.weight.item() == 0.25
    layer.weight.data[:] = 0.5
    other = nn.PReLU()
    other.load_state_dict(layer.state_dict())
    assert other.weight.item() == 0.5
    other.reset_parameters()
    assert other.weight.item() == 0.25


def test_the_number_of_slopes_is_positive() -> None:
    with pytest.raises(ValueError, match=r"^PReLU: num_parameters must be"):
        nn.PReLU(0)
    with pytest.raises(ShapeError, match=r"^prelu: weight has shape \(3,\)"):
        nn.PReLU(3, dtype=np.float64)(X)
