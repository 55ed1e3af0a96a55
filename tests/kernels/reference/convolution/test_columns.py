"""im2col in blocks: the columns of the whole x are never in memory."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from rot180.kernels.reference.convolution import columns, tap_walk, workspace
from rot180.window import Window
from tests.kernels.engines import on_numpy
from tests.kernels.regimes import algorithm

WINDOW = Window((56, 56), (56, 56), (5, 5), (1, 1), (1, 1), (2, 2))


def peak(call):
    """Return the largest number of bytes allocated during a call, including its result, and the result."""
    workspace._thread.__dict__.clear()
    tracemalloc.start()
    try:
        result = call()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_memory_is_bounded_where_the_columns_of_the_whole_x_are_not():
    images, channels = 12, 64
    x = np.ones((images, channels, 56, 56), np.float32)
    w, y = np.ones((8, channels, 5, 5), np.float32), np.ones((images, 8, 56, 56), np.float32)
    assert algorithm(WINDOW, x.shape, 8) is columns
    whole = x.nbytes * 25
    assert whole > 200 << 20
    for call in (
        lambda: on_numpy.conv_y(x, w, WINDOW),
        lambda: on_numpy.conv_x(y, w, WINDOW),
        lambda: on_numpy.conv_w(x, y, WINDOW),
    ):
        most, result = peak(call)
        assert most < result.nbytes + workspace.WORKSPACE + (8 << 20), (most, result.nbytes)


def test_memory_is_bounded_where_y_is_the_large_side():
    window = Window((28, 28), (28, 28), (3, 3), (1, 1), (1, 1), (1, 1))
    x, w = np.ones((48, 4, 28, 28), np.float32), np.ones((512, 4, 3, 3), np.float32)
    y = np.ones((48, 512, 28, 28), np.float32)
    assert y.nbytes > 70 << 20
    for call in (lambda: on_numpy.conv_x(y, w, window), lambda: on_numpy.conv_w(x, y, window)):
        most, result = peak(call)
        assert most < result.nbytes + workspace.WORKSPACE + (8 << 20), (most, result.nbytes)


def test_one_block_is_at_most_the_limit_or_one_row():
    for last in (True, False):
        steps = tap_walk.TapWalk(WINDOW, last)
        each = 64 * 25 * 4
        blocks = list(steps.blocks(12, each))
        assert blocks[0].start == 0 and blocks[-1].stop == (56 if last else 12)
        assert all(a.stop == b.start for a, b in pairwise(blocks))
        per_row = each * (56 * 12 if last else 56 * 56)
        assert all((block.stop - block.start) * per_row <= max(tap_walk.BLOCK, per_row) for block in blocks)
        assert len(blocks) > 1


def test_a_convolution_of_many_blocks_equals_the_sum_over_taps():
    """The default limits: 3x3 on 40 channels, against nine shifted matrix products."""
    rng = np.random.default_rng(0)
    window = Window((30, 31), (30, 31), (3, 3), (1, 1), (1, 1), (1, 1))
    x, w = (rng.integers(-4, 5, shape).astype(np.float32) for shape in ((9, 40, 30, 31), (6, 40, 3, 3)))
    assert len(list(tap_walk.TapWalk.fastest(window, 40, x).blocks(9, 360 * 4))) > 1
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    expected = sum(
        np.einsum("nchw,oc->nohw", padded[:, :, r : r + 30, s : s + 31], w[:, :, r, s])
        for r in range(3)
        for s in range(3)
    )
    assert np.array_equal(on_numpy.conv_y(x, w, window), expected)
