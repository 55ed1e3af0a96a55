"""Convolutions fused with a relu: values and gradients equal those of the two ops, bit for bit, on every engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180.check import assert_gradients
from rot180.errors import ShapeError
from rot180.functional.fused import conv_relu, conv_transpose_relu, linear_relu
from rot180.kernels import extension
from tests.battery.case import weighted_sum

ENGINES = ["numpy"] if extension.unavailable() else ["numpy", "native"]


def pairs(dtype: type) -> Any:
    """For each kind of layer: the fused op, the two ops, and (input, weight, bias)."""
    rng = np.random.default_rng(0)

    def normal_array(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(dtype)

    for size in ((9,), (9, 8), (5, 6, 7)):
        n = len(size)
        plain, transposed = (getattr(F, f"{kind}{n}d") for kind in ("conv", "conv_transpose"))
        for images in ((), (3,)):
            yield (
                lambda x, w, b, n=n: conv_relu(n, x, w, b, 2, 1, 1, 2),
                lambda x, w, b, f=plain: F.relu(f(x, w, b, 2, 1, 1, 2)),
                (normal_array(*images, 4, *size), normal_array(6, 2, *(3,) * n), normal_array(6)),
            )
            yield (
                lambda x, w, b, n=n: conv_transpose_relu(n, x, w, b, 2, 1, 1, 2, 1),
                lambda x, w, b, f=transposed: F.relu(f(x, w, b, 2, 1, 1, 2, 1)),
                (normal_array(*images, 4, *size), normal_array(4, 3, *(3,) * n), normal_array(6)),
            )
    for shape in ((5,), (7, 5), (2, 3, 5)):
        yield (
            linear_relu,
            lambda x, w, b: F.relu(F.linear(x, w, b)),
            (normal_array(*shape), normal_array(4, 5), normal_array(4)),
        )


def output_and_gradients(function: Any, arrays: Any, biased: bool) -> list[np.ndarray]:
    """The output, and the gradients for a random cotangent."""
    tensors = [rot180.tensor(a, requires_grad=True) for a in arrays]
    x, w, b = tensors
    y = function(x, w, b if biased else None)
    y.backward(np.random.default_rng(1).standard_normal(y.shape).astype(y.dtype))
    return [y.data, *(t.grad.data for t in tensors if t.grad is not None)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_fused_op_equals_the_two_ops(engine: str, dtype: type) -> None:
    with rot180.engine(engine):
        for fused_op, two_ops, arrays in pairs(dtype):
            for biased in (True, False):
                results = [output_and_gradients(f, arrays, biased) for f in (fused_op, two_ops)]
                assert len(results[0]) == 3 + biased
                for a, b in zip(*results, strict=True):
                    assert a.dtype == dtype and np.array_equal(a, b)
            assert np.array_equal(fused_op(*arrays), two_ops(*arrays)) and type(fused_op(*arrays)) is np.ndarray


def test_gradients_of_both_orders() -> None:
    """On the native engine if it is available, and away from 0, where relu has no derivative."""
    rng = np.random.default_rng(2)
    x, w, b = rng.standard_normal((2, 2, 5, 5)), rng.standard_normal((3, 2, 3, 3)), rng.standard_normal(3)
    for order in (1, 2):
        assert_gradients(lambda x, w, b: conv_relu(2, x, w, b, 1, 1, 1, 1), x, w, b, order=order)
        assert_gradients(
            lambda x, w, b: conv_transpose_relu(2, x, w, b, 2, 1, 0, 1, 1), x, w.swapaxes(0, 1), b, order=order
        )


def test_nan_inputs_give_nan_and_messages_name_the_layer() -> None:
    x = np.full((1, 1, 3, 3), np.nan, np.float32)
    assert np.isnan(conv_relu(2, x, np.ones((1, 1, 2, 2), np.float32), None, 1, 0, 1, 1)).all()
    with pytest.raises(ShapeError, match=r"^conv2d: input has 1 channels"):
        conv_relu(2, x, np.ones((1, 2, 2, 2), np.float32), None, 1, 0, 1, 1)
    with pytest.raises(ShapeError, match=r"^conv_transpose2d: input has 1 channels"):
        conv_transpose_relu(2, x, np.ones((2, 1, 2, 2), np.float32), None, 1, 0, 0, 1, 1)
    with pytest.raises(ShapeError, match=r"^linear: input of shape"):
        linear_relu(x, np.ones((2, 4), np.float32), None)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_cotangent_that_may_be_overwritten_gives_the_same_gradients(engine: str) -> None:
    """In `.backward()` the sweep owns the cotangents made by other ops; in `rot180.grad` it never does."""
    with rot180.engine(engine):
        for fused_op, two_ops, arrays in pairs(np.float64):
            leaves = [rot180.tensor(a, requires_grad=True) for a in arrays]
            y = two_ops(*leaves)
            weight = np.random.default_rng(1).standard_normal(y.shape)
            expected = rot180.grad(y, leaves, weight)
            weighted_sum(fused_op(*leaves), weight).backward()
            for leaf, gradient in zip(leaves, expected, strict=True):
                assert np.array_equal(leaf.grad.data, gradient.data)
