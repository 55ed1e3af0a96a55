"""Convolutions that end in a relu: the values and gradients of the two ops, bit for bit, of every kind and engine."""

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
    """Of each kind: the joined op, the two ops, and input, weight and bias."""
    rng = np.random.default_rng(0)

    def made(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(dtype)

    for size in ((9,), (9, 8), (5, 6, 7)):
        n = len(size)
        plain, transposed = (getattr(F, f"{kind}{n}d") for kind in ("conv", "conv_transpose"))
        for images in ((), (3,)):
            yield (
                lambda x, w, b, n=n: conv_relu(n, x, w, b, 2, 1, 1, 2),
                lambda x, w, b, f=plain: F.relu(f(x, w, b, 2, 1, 1, 2)),
                (made(*images, 4, *size), made(6, 2, *(3,) * n), made(6)),
            )
            yield (
                lambda x, w, b, n=n: conv_transpose_relu(n, x, w, b, 2, 1, 1, 2, 1),
                lambda x, w, b, f=transposed: F.relu(f(x, w, b, 2, 1, 1, 2, 1)),
                (made(*images, 4, *size), made(4, 3, *(3,) * n), made(6)),
            )
    for shape in ((5,), (7, 5), (2, 3, 5)):
        yield linear_relu, lambda x, w, b: F.relu(F.linear(x, w, b)), (made(*shape), made(4, 5), made(4))


def found(function: Any, arrays: Any, biased: bool) -> list[np.ndarray]:
    """The output, and the gradients for a random cotangent."""
    tensors = [rot180.tensor(a, requires_grad=True) for a in arrays]
    x, w, b = tensors
    y = function(x, w, b if biased else None)
    y.backward(np.random.default_rng(1).standard_normal(y.shape).astype(y.dtype))
    return [y.data, *(t.grad.data for t in tensors if t.grad is not None)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_bits_of_both_ops(engine: str, dtype: type) -> None:
    with rot180.engine(engine):
        for joined, apart, arrays in pairs(dtype):
            for biased in (True, False):
                results = [found(f, arrays, biased) for f in (joined, apart)]
                assert len(results[0]) == 3 + biased
                for a, b in zip(*results, strict=True):
                    assert a.dtype == dtype and np.array_equal(a, b)
            assert np.array_equal(joined(*arrays), apart(*arrays)) and type(joined(*arrays)) is np.ndarray


def test_gradients_of_both_orders() -> None:
    """On the native engine where there is one; away from 0, where relu has none."""
    rng = np.random.default_rng(2)
    x, w, b = rng.standard_normal((2, 2, 5, 5)), rng.standard_normal((3, 2, 3, 3)), rng.standard_normal(3)
    for order in (1, 2):
        assert_gradients(lambda x, w, b: conv_relu(2, x, w, b, 1, 1, 1, 1), x, w, b, order=order)
        assert_gradients(
            lambda x, w, b: conv_transpose_relu(2, x, w, b, 2, 1, 0, 1, 1), x, w.swapaxes(0, 1), b, order=order
        )


def test_a_nan_stays_and_messages_name_the_layer() -> None:
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
    """In `.backward()` the sweep owns the cotangents that an op above made; in `rot180.grad` it never does."""
    with rot180.engine(engine):
        for fused, apart, arrays in pairs(np.float64):
            leaves = [rot180.tensor(a, requires_grad=True) for a in arrays]
            y = apart(*leaves)
            weight = np.random.default_rng(1).standard_normal(y.shape)
            expected = rot180.grad(y, leaves, weight)
            weighted_sum(fused(*leaves), weight).backward()
            for leaf, gradient in zip(leaves, expected, strict=True):
                assert np.array_equal(leaf.grad.data, gradient.data)
