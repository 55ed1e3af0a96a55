"""The pooling layers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import nn
from rot180.errors import ShapeError


def data(ndim: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((2, 3, *(9, 8, 7)[:ndim])).astype(np.float32)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_forward_calls_the_function_with_the_settings(ndim: int) -> None:
    x = data(ndim)
    layer = getattr(nn, f"MaxPool{ndim}d")(3, 2, 1, 2, ceil_mode=True)
    expected = getattr(F, f"max_pool{ndim}d")(x, 3, 2, 1, 2, True)
    assert np.array_equal(layer(x).data, expected)
    layer = getattr(nn, f"AvgPool{ndim}d")(3, 2, 1, True, False)
    expected = getattr(F, f"avg_pool{ndim}d")(x, 3, 2, 1, True, False)
    assert np.array_equal(layer(x).data, expected)
    assert layer(x[0]).shape == expected.shape[1:]


def test_the_default_stride_and_the_divisor() -> None:
    assert nn.MaxPool2d((2, 3)).stride == (2, 3)
    x = np.ones((1, 1, 4), np.float32)
    assert nn.AvgPool1d(2)(x).tolist() == [[[1.0, 1.0]]]
    x = np.ones((1, 1, 2, 2), np.float32)
    assert nn.AvgPool2d(2, divisor_override=8)(x).tolist() == [[[[0.5]]]]


@pytest.mark.parametrize("make", [nn.MaxPool1d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stride": 0}, "stride must be at least 1 on every axis"),
        ({"kernel_size": 0}, "kernel size must be at least 1 on every axis"),
        ({"padding": 2}, "padding 2 is more than half of the kernel (3 with dilation 1)"),
        ({"padding": -1}, "padding must not be negative"),
        ({"kernel_size": 1.5}, "kernel_size must be an int or"),
    ],
)
def test_the_constructor_rejects_bad_settings(make: Any, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ShapeError, match=re.escape(message)):
        make(**{"kernel_size": 3, **settings})


def test_unsupported_settings_raise_an_error() -> None:
    with pytest.raises(ValueError, match="MaxPool2d: return_indices=True is not supported"):
        nn.MaxPool2d(2, return_indices=True)
    with pytest.raises(ValueError, match="divisor_override must not be 0"):
        nn.AvgPool2d(2, divisor_override=0)


def test_repr_equals_pytorchs() -> None:
    assert repr(nn.MaxPool2d(3, 2)) == "MaxPool2d(kernel_size=3, stride=2, padding=0, dilation=1, ceil_mode=False)"
    assert repr(nn.AvgPool2d((3, 2))) == "AvgPool2d(kernel_size=(3, 2), stride=(3, 2), padding=0)"
