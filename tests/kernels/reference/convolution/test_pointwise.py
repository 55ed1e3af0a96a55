"""A kernel of one cell is a matrix product per position, in every memory order of the batch."""

import numpy as np
import pytest

from rot180.kernels.reference.convolution import memory_order, pointwise
from rot180.window import Window
from tests.kernels.engines import on_numpy
from tests.kernels.layouts import batch_last
from tests.kernels.regimes import algorithm


@pytest.mark.parametrize("images", [1, 3, 65])
@pytest.mark.parametrize(("stride", "size", "y_size"), [(1, 6, 6), (2, 6, 3), (2, 7, 4), (3, 7, 2)])
@pytest.mark.parametrize("groups", [1, 2])
def test_pointwise_convolutions_equal_einsum(images, stride, size, y_size, groups):
    rng = np.random.default_rng(images)
    window = Window((size, size), (y_size, y_size), (1, 1), (stride, stride), (1, 1), (0, 0), groups)
    x = rng.integers(-4, 5, (images, 4, size, size)).astype(np.float64)
    w = rng.integers(-4, 5, (6, 4 // groups, 1, 1)).astype(np.float64)
    y = rng.integers(-4, 5, (images, 6, y_size, y_size)).astype(np.float64)
    assert algorithm(window, x.shape, 6, 8) is pointwise
    visited = slice(0, stride * (y_size - 1) + 1, stride)
    seen = x[:, :, visited, visited].reshape(images, groups, -1, y_size, y_size)
    matrix, narrow = w.reshape(groups, 6 // groups, -1), y.reshape(images, groups, -1, y_size, y_size)
    expected_x = np.zeros_like(x)
    expected_x[:, :, visited, visited] = np.einsum("ngopq,goc->ngcpq", narrow, matrix).reshape(
        images, 4, y_size, y_size
    )
    for order in (np.ascontiguousarray, batch_last):
        assert np.array_equal(
            on_numpy.conv_y(order(x), w, window), np.einsum("ngcpq,goc->ngopq", seen, matrix).reshape(y.shape)
        )
        assert np.array_equal(on_numpy.conv_x(order(y), w, window), expected_x)
        for other in (np.ascontiguousarray, batch_last):
            found = on_numpy.conv_w(order(x), other(y), window)
            assert np.array_equal(found, np.einsum("ngopq,ngcpq->goc", narrow, seen).reshape(w.shape))


def test_the_result_keeps_the_batch_last():
    """The next layer need not reorder it."""
    window = Window((6, 6), (6, 6), (1, 1), (1, 1), (1, 1), (0, 0))
    x, w = batch_last(np.ones((3, 4, 6, 6))), np.ones((5, 4, 1, 1))
    assert memory_order.is_batch_last(on_numpy.conv_y(x, w, window))
    assert not memory_order.is_batch_last(on_numpy.conv_y(np.ascontiguousarray(x), w, window))
