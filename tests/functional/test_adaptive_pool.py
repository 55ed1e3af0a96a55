"""Adaptive pools: error messages, and NaN and ties, which finite differences in the battery cannot test."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import Tensor, grad, observe
from rot180.errors import DtypeError, ShapeError

X = np.random.default_rng(0).standard_normal((2, 3, 5, 7)).astype(np.float32)


@pytest.mark.parametrize("pool", [F.adaptive_avg_pool2d, F.adaptive_max_pool2d])
@pytest.mark.parametrize(
    ("input", "size", "error", "message"),
    [
        (X, -1, ShapeError, "output_size must not be negative; got -1"),
        (X, (2, -3), ShapeError, r"output_size must not be negative; got \(2, -3\)"),
        (X, (3,), ShapeError, r"output_size must be an int or 2 of them, one per spatial axis .*; got \(3,\)"),
        (X, (3, 3, 3), ShapeError, r"output_size must be an int or 2 of them"),
        (X, 2.0, ShapeError, r"output_size must be an int or 2 of them.*; got 2.0"),
        (X, (2, True), ShapeError, r"output_size must be an int or 2 of them.*; got \(2, True\)"),
        (X, None, ShapeError, r"output_size must be an int or 2 of them.*\(None keeps its size\); got None"),
        (X, "2", ShapeError, r"output_size must be an int or 2 of them"),
        (X[0, 0], 2, ShapeError, r"input has shape \(5, 7\); 4 dimensions .* or 3 \(no batch\) are needed"),
        (X[..., :0], 2, ShapeError, r"input has shape \(2, 3, 5, 0\); its spatial axes must not be empty"),
        (X.astype(int), 2, DtypeError, r"takes float32 or float64, got int64; convert with \.astype"),
    ],
)
def test_wrong_arguments_raise(pool: Any, input: Any, size: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{pool.__name__}: {message}"):
        pool(input, size)


def test_the_average_of_each_bin() -> None:
    x = np.arange(7.0)[None, None]
    np.testing.assert_allclose(F.adaptive_avg_pool1d(x, 3), [[[1, 3, 5]]], rtol=1e-15)
    np.testing.assert_allclose(F.adaptive_avg_pool1d(x[:, :, :2], 3), [[[0, 0.5, 1]]], rtol=1e-15)
    assert F.adaptive_avg_pool1d(x[0], 3).shape == (1, 3)


def test_sizes_may_be_lists_and_none_keeps_an_axis() -> None:
    assert F.adaptive_avg_pool2d(X, [None, 2]).shape == (2, 3, 5, 2)
    assert F.adaptive_max_pool2d(X, (3, None)).shape == (2, 3, 3, 7)
    assert F.adaptive_avg_pool2d(X, np.array([3, 2])).shape == (2, 3, 3, 2)
    assert F.adaptive_avg_pool2d(X, np.int64(3)).shape == (2, 3, 3, 3)
    np.testing.assert_array_equal(F.adaptive_max_pool2d(X, (None, None)), X)
    np.testing.assert_array_equal(F.adaptive_avg_pool2d(X, (5, 7)), X)


@pytest.mark.parametrize("pool", [F.adaptive_avg_pool2d, F.adaptive_max_pool2d])
def test_no_bins_give_an_empty_output_and_no_gradient(pool: Any) -> None:
    x = Tensor(X, requires_grad=True)
    y = pool(x, (0, 2))
    assert y.shape == (2, 3, 0, 2)
    y.sum().backward()
    assert x.grad is not None and x.grad.shape == X.shape and not x.grad.data.any()


@pytest.mark.parametrize("size", [1, 2, 3, (1, 3)])
def test_bins_of_equal_size_give_an_ordinary_pool(size: Any) -> None:
    x = np.random.default_rng(1).standard_normal((2, 3, 6, 12))
    rows, columns = size if isinstance(size, tuple) else (size, size)
    kernel = (6 // rows, 12 // columns)
    np.testing.assert_array_equal(F.adaptive_max_pool2d(x, size), F.max_pool2d(x, kernel))
    np.testing.assert_allclose(F.adaptive_avg_pool2d(x, size), F.avg_pool2d(x, kernel), rtol=1e-13, atol=1e-15)


def test_one_bin_is_a_mean_whose_gradient_is_a_broadcast() -> None:
    ops: list[str] = []
    x = Tensor(X, requires_grad=True)
    with observe(lambda op, inputs, settings, output: ops.append(op.name)):
        y = F.adaptive_avg_pool2d(x, 1)
        (g,) = grad(y, x, Tensor(np.ones(y.shape, np.float32)), create_graph=True)
    assert ops == ["sum", "div", "div", "reshape", "broadcast_to"]
    np.testing.assert_allclose(g.data, 1 / 35, rtol=1e-6)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_first_maximum_gets_the_gradient(size: int) -> None:
    x = Tensor(np.array([[[1.0, 5.0, 5.0, 5.0, 2.0, 2.0, 2.0]]]), requires_grad=True)
    F.adaptive_max_pool1d(x, size).sum().backward()
    expected = {1: [0, 1, 0, 0, 0, 0, 0], 2: [0, 1, 0, 1, 0, 0, 0], 3: [0, 1, 1, 0, 1, 0, 0]}[size]
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, [[expected]])


def test_a_cell_in_two_bins_gets_both_gradients() -> None:
    x = Tensor(np.array([[[0.0, 1.0, 9.0, 1.0, 0.0]]]), requires_grad=True)  # bins 0..2 and 2..4
    F.adaptive_max_pool1d(x, 2).sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, [[[0, 0, 2, 0, 0]]])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_reach_only_their_bins(value: float) -> None:
    x = np.arange(14.0).reshape(1, 1, 2, 7)
    x[0, 0, 0, 3] = value
    for pool in (F.adaptive_avg_pool2d, F.adaptive_max_pool2d):
        np.testing.assert_array_equal(np.isfinite(pool(x, (2, 3)))[0, 0], [[True, False, True], [True, True, True]])


def test_indices_select_the_maxima() -> None:
    y, index = F.adaptive_max_pool2d(X, (2, 3), return_indices=True)
    np.testing.assert_array_equal(
        np.take_along_axis(X.reshape(2, 3, 35), index.reshape(2, 3, 6), 2), y.reshape(2, 3, 6)
    )
    y, index = F.adaptive_max_pool2d(Tensor(X[0], requires_grad=True), 1, return_indices=True)
    assert y.requires_grad and y.shape == index.shape == (3, 1, 1)
    assert not index.requires_grad and index.dtype == np.intp
