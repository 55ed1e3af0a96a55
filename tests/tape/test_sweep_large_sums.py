"""Sums of large cotangents, which an engine computes: right values, and no writes to the arrays of others."""

import numpy as np
import pytest

import rot180
from rot180.kernels.reference import addition


@pytest.mark.parametrize("shape", [(3, 5), (addition.LARGE // 512 + 3, 512)])
@pytest.mark.parametrize("engine", ["numpy", "native"])
def test_a_fork_that_joins_again(engine, shape):
    with rot180.engine(engine):
        rng = np.random.default_rng(0)
        data, weights = rng.integers(-9, 9, (2, *shape)).astype(np.float32)
        x = rot180.tensor(data, requires_grad=True)
        y = x * 2.0
        joined = (y + x) + (y + y)  # x: 2 * 3 + 1
        joined.backward(weights)
        assert np.array_equal(joined.data, 7 * data)
        assert np.array_equal(x.grad.data, 7 * weights)
        assert np.array_equal(x.data, data)


@pytest.mark.parametrize("engine", ["numpy", "native"])
def test_the_cotangent_that_was_passed_in_is_not_written_to(engine):
    with rot180.engine(engine):
        shape = (2, addition.LARGE)
        x = rot180.tensor(np.ones(shape, np.float32), requires_grad=True)
        g = np.full(shape, 3, np.float32)
        y = x + x
        (y + y).backward(g)
        assert np.all(g == 3) and np.all(x.grad.data == 12)


def test_gradients_of_gradients_of_large_sums():
    x = rot180.tensor(np.full((2, addition.LARGE), 2.0), requires_grad=True)
    y = x * x + x * 3.0
    (first,) = rot180.grad(y.sum(), [x], create_graph=True)
    assert np.all(first.data == 7)
    (second,) = rot180.grad((first * first).sum(), [x])
    assert np.all(second.data == 28)
