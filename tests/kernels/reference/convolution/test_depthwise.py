"""One channel per group: which layers use this algorithm, and that it equals one convolution per channel."""

import numpy as np
import pytest

from rot180.kernels.reference.convolution import columns, depthwise
from rot180.window import Window
from tests.kernels.engines import on_numpy
from tests.kernels.regimes import algorithm


def window(groups, size=20, stride=1):
    y = (size + 2 - 3) // stride + 1
    return Window((size, size), (y, y), (3, 3), (stride, stride), (1, 1), (1, 1), groups)


@pytest.mark.parametrize(
    ("groups", "multiplier", "expected"), [(16, 1, depthwise), (16, 2, depthwise), (16, 3, columns), (1, 1, columns)]
)
def test_depthwise_runs_multipliers_one_and_two(groups, multiplier, expected):
    assert algorithm(window(groups), (8, groups, 20, 20), groups * multiplier) is expected


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("multiplier", [1, 2])
def test_each_channel_equals_a_separate_convolution(multiplier, stride):
    rng = np.random.default_rng(3)
    groups, images = 40, 6  # several blocks of channels under the shipped limit
    whole, single = window(groups, stride=stride), window(1, stride=stride)
    x = rng.integers(-4, 5, (images, groups, 20, 20)).astype(np.float32)
    w = rng.integers(-4, 5, (groups * multiplier, 1, 3, 3)).astype(np.float32)
    y = rng.integers(-4, 5, (images, groups * multiplier, *whole.y_size)).astype(np.float32)
    assert len(list(depthwise._channel_blocks(groups, images, 4, whole))) > 1
    assert algorithm(whole, x.shape, w.shape[0]) is depthwise
    found = on_numpy.conv_y(x, w, whole), on_numpy.conv_x(y, w, whole), on_numpy.conv_w(x, y, whole)
    for g in range(groups):
        out = slice(g * multiplier, (g + 1) * multiplier)
        xs, ws, ys = x[:, g : g + 1], w[out], y[:, out]
        assert np.array_equal(found[0][:, out], columns.conv_y(xs, ws, single, None))
        assert np.array_equal(found[1][:, g : g + 1], columns.conv_x(ys, ws, single))
        assert np.array_equal(found[2][out], columns.conv_w(xs, ys, single))
