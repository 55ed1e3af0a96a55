"""Pools: error messages, and NaN and ties, which finite differences in the battery cannot test."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180 import Tensor, kernels
from rot180.errors import DtypeError, ShapeError

X = np.ones((2, 3, 5, 5), np.float32)
POOLS = [F.max_pool2d, F.avg_pool2d]


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize(
    ("input", "settings", "error", "message"),
    [
        (X, {"kernel_size": 6}, ShapeError, "the kernel is 6 on spatial axis 0, but the input has only 5 there"),
        (X, {"kernel_size": 0}, ShapeError, "kernel size must be at least 1 on every axis"),
        (X, {"kernel_size": 2, "stride": 0}, ShapeError, "stride must be at least 1 on every axis"),
        (
            X,
            {"kernel_size": 2, "padding": 2},
            ShapeError,
            r"padding 2 is more than half of the kernel \(2 with dilation 1\)",
        ),
        (X, {"kernel_size": 2, "padding": -1}, ShapeError, "padding must not be negative"),
        (X, {"kernel_size": (2, 2, 2)}, ShapeError, "kernel_size must be an int or 2 ints, one per spatial axis"),
        (X, {"kernel_size": 2.0}, ShapeError, "kernel_size must be an int or 2 ints, one per spatial axis; got 2.0"),
        (X, {"kernel_size": 2, "stride": True}, ShapeError, "stride must be an int or 2 ints"),
        (X[0, 0], {"kernel_size": 2}, ShapeError, r"input has shape \(5, 5\); 4 dimensions .* or 3 \(no batch\) are"),
        (X.astype(int), {"kernel_size": 2}, DtypeError, r"takes float32 or float64, got int64; convert with \.astype"),
        ("text", {"kernel_size": 2}, DtypeError, "takes Tensors and arrays; got str"),
    ],
)
def test_wrong_arguments_raise(
    pool: Any, input: Any, settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{pool.__name__}: {message}"):
        pool(input, **settings)


@pytest.mark.parametrize("odd", [(1.0, 1.0), (1, True), 1.0, True, (np.float32(1), 1)])
@pytest.mark.parametrize(
    ("pool", "name"),
    [(pool, name) for pool in POOLS for name in ("kernel_size", "stride", "padding")] + [(F.max_pool2d, "dilation")],
)
def test_a_value_that_equals_one_is_not_an_int(pool: Any, name: str, odd: Any) -> None:
    """Even if the settings that it equals are in the cache."""
    ones = {"kernel_size": (2, 2), name: (1, 1)}
    pool(X, **ones)
    pool(X, **ones | {name: 1})
    with pytest.raises(ShapeError, match=f"^{pool.__name__}: {name} must be an int or 2 ints"):
        pool(X, **ones | {name: odd})


def test_a_divisor_of_0_raises() -> None:
    with pytest.raises(ValueError, match=r"^avg_pool2d: divisor_override must not be 0"):
        F.avg_pool2d(X, 2, divisor_override=0)


def test_settings_may_be_lists() -> None:
    assert F.max_pool2d(X, [2, 3], [1, 2]).shape == (2, 3, 4, 2)


def test_the_first_maximum_gets_the_gradient() -> None:
    x = Tensor(np.array([[[1.0, 5.0, 5.0, 2.0]]]), requires_grad=True)
    F.max_pool1d(x, 4).sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, [[[0, 1, 0, 0]]])


def test_a_nan_in_a_window_makes_it_nan_and_padding_never_wins() -> None:
    x = np.array([[[-3.0, np.nan, -2.0, -1.0]]])
    np.testing.assert_array_equal(F.max_pool1d(x, 2, 2), [[[np.nan, -1]]])
    np.testing.assert_array_equal(F.max_pool1d(np.full((1, 1, 4), -np.inf), 3, 2, 1), [[[-np.inf, -np.inf]]])


def test_a_negative_kernel_is_named_before_its_padding() -> None:
    with pytest.raises(ShapeError, match=r"max_pool2d: kernel size must be at least 1 on every axis; got \(-1, -1\)"):
        F.max_pool2d(np.ones((1, 1, 4, 4), np.float32), -1)


def test_ceil_mode_takes_an_input_smaller_than_the_kernel() -> None:
    x = Tensor(np.array([[[1.0, 5.0]]]), requires_grad=True)
    np.testing.assert_array_equal(F.max_pool1d(x, 3, 2, ceil_mode=True).data, [[[5]]])
    np.testing.assert_array_equal(F.avg_pool1d(x, 3, 2, ceil_mode=True).data, [[[3]]])
    F.max_pool1d(x, 3, 2, ceil_mode=True).sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, [[[0, 1]]])
    with pytest.raises(ShapeError, match="max_pool1d: the kernel is 4 on spatial axis 0, but the input has only 2"):
        F.max_pool1d(x, 4, 2, ceil_mode=True)


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("kind", ["max_pool", "avg_pool", "adaptive_max_pool", "adaptive_avg_pool"])
def test_messages_name_the_function_that_was_called(kind, ndim):
    name = f"{kind}{ndim}d"
    x = rot180.tensor(np.ones((1, 1, *(5,) * ndim)), requires_grad=True)
    y = getattr(F, name)(x, 2)
    assert f"made_by={name})" in repr(y)
    y.backward(np.ones(y.shape))
    with pytest.raises(rot180.GradientError, match=rf"freed by an earlier backward \(at op {name}\)"):
        y.backward(np.ones(y.shape))


def test_the_taps_of_max_pooling_are_found_once_and_only_for_a_gradient(monkeypatch):
    calls, find = [], kernels.max_taps
    monkeypatch.setattr(kernels, "max_taps", lambda *args: calls.append(1) or find(*args))
    x = rot180.tensor(np.arange(16.0).reshape(1, 1, 4, 4), requires_grad=True)
    F.max_pool2d(x.data, 2), F.max_pool2d(x.detach(), 2)
    assert calls == []
    y = F.max_pool2d(x, 2).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert calls == [1] and x.grad.data[0, 0].tolist() == [[0, 0, 0, 0], [0, 2, 0, 2]] * 2
