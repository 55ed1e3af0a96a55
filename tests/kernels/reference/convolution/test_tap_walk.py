"""Every tap reads the cells that the Window defines, in both memory orders; `unpad` is the adjoint of `pad`."""

from itertools import product

import numpy as np
import pytest

from rot180.kernels.reference.convolution import memory_order, tap_walk, workspace
from rot180.window import Window
from tests.kernels.regimes import poison
from tests.kernels.settings import SETTINGS

SPATIAL = [setting for setting in SETTINGS if setting.window.ndim]


@pytest.mark.parametrize("last", [True, False])
def test_a_tap_reads_the_cells_of_the_definition(last):
    for setting in SPATIAL[::3]:
        window, (x_shape, _, _) = setting.window, setting.shapes
        x = np.arange(1.0, np.prod(x_shape) + 1).reshape(x_shape)
        steps = tap_walk.TapWalk(window, last)
        with poison():
            wide = steps.pad(x)
        first_axis = window.y_size[0] if last else x_shape[0]
        for offset in window.offsets():
            cells = steps.images(steps.tap(wide, offset, slice(0, first_axis)))
            assert cells.shape == (*x_shape[:2], *window.y_size)
            for p in product(*map(range, window.y_size)):
                i = [
                    s * a + d * k - q
                    for s, a, d, k, q in zip(window.stride, p, window.dilation, offset, window.padding, strict=True)
                ]
                inside = all(0 <= a < size for a, size in zip(i, window.x_size, strict=True))
                expected = x[(..., *i)] if inside else np.zeros(x_shape[:2])
                assert np.array_equal(cells[(..., *p)], expected), (setting, offset, p)


@pytest.mark.parametrize("last", [True, False])
def test_unpad_is_the_adjoint_of_pad(last):
    rng = np.random.default_rng(5)
    for setting in SPATIAL[::2]:
        steps, x_shape = tap_walk.TapWalk(setting.window, last), setting.shapes[0]
        x = rng.integers(-4, 5, x_shape).astype(np.float64)
        wide = rng.integers(-4, 5, steps.padded_shape(x_shape[1], x_shape[0])).astype(np.float64)
        with poison():
            spread, collected = steps.pad(x), steps.unpad(wide)
        reached = np.where(np.isnan(spread), 0, spread)  # columns that round the last axis up are never read
        assert np.sum(reached * np.where(np.isnan(spread), 0, wide)) == np.sum(x * collected), setting
        assert not np.isnan(collected).any()


def test_pad_returns_a_view_if_no_cell_moves():
    window = Window((4, 5), (2, 3), (3, 3), (1, 1), (1, 1), (0, 0))
    x = np.ones((1, 2, 4, 5), np.float32)
    assert np.shares_memory(tap_walk.TapWalk(window, True).pad(x), x)
    padded = Window((4, 5), (4, 5), (3, 3), (1, 1), (1, 1), (1, 1))
    assert not np.shares_memory(tap_walk.TapWalk(padded, True).pad(x), x)


def test_the_order_depends_on_the_batch_and_the_rows():
    large = Window((56, 56), (56, 56), (3, 3), (1, 1), (1, 1), (1, 1))
    small = Window((8, 8), (8, 8), (3, 3), (1, 1), (1, 1), (1, 1))
    x, y = np.ones((8, 3, 56, 56), np.float32), np.ones((8, 16, 56, 56), np.float32)
    assert tap_walk.TapWalk.fastest(large, 3, x).batch_last  # nine taps pay for one reordering of x
    assert not tap_walk.TapWalk.fastest(large, 3, y).batch_last  # but y is too large for it
    assert tap_walk.TapWalk.fastest(small, 3, np.ones((8, 16, 8, 8), np.float32)).batch_last  # unless rows are short
    assert tap_walk.TapWalk.fastest(large, 3, y[:1]).batch_last  # one image lies both ways
    assert tap_walk.TapWalk.fastest(large, 3, memory_order.batch_first(memory_order.batch_last(y))).batch_last


def test_memory_orders_are_views_of_each_other():
    a = np.arange(2.0 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    last = memory_order.batch_last(a)
    assert last.shape == (3, 4, 5, 2) and last.flags.c_contiguous
    assert np.array_equal(memory_order.batch_first(last), a) and np.shares_memory(memory_order.batch_first(last), last)
    assert memory_order.batch_last(memory_order.batch_first(last)) is not a and np.shares_memory(
        memory_order.batch_last(memory_order.batch_first(last)), last
    )
    assert memory_order.is_batch_last(memory_order.batch_first(last)) and not memory_order.is_batch_last(a)
    assert not memory_order.is_batch_last(np.broadcast_to(np.float32(1), (3, 2, 4)))


@pytest.mark.parametrize(
    ("images", "room", "sizes"),
    [(20, 100, [20]), (20, 9, [9, 9, 2]), (20, 8, [8, 8, 4]), (3, 2, [1, 1, 1]), (2, 0, [1, 1])],
)
def test_blocks_are_the_batch_or_eight_images_or_single_images(monkeypatch, images, room, sizes):
    window = Window((4, 4), (4, 4), (3, 3), (1, 1), (1, 1), (1, 1))
    one = (2 * 6 * 6 + 3 * 4 * 4) * 4  # two channels of the padded image, three of y
    monkeypatch.setattr(tap_walk, "WORKSPACE", one * room)
    blocks = tap_walk.image_blocks(images, 2, 3, 4, window)
    assert [block.stop - block.start for block in blocks] == sizes
    assert blocks[0].start == 0 and blocks[-1].stop == images


def test_the_workspace_is_reused_by_slot_and_not_kept_when_large(monkeypatch):
    a = workspace.workspace((10, 10), np.dtype(np.float32), "wide")
    b = workspace.workspace((5, 5), np.dtype(np.float64), "wide")
    c = workspace.workspace((5, 5), np.dtype(np.float64), "columns")
    assert np.shares_memory(a, b) and not np.shares_memory(a, c)
    monkeypatch.setattr(workspace, "WORKSPACE", 16)
    large = workspace.workspace((5, 5), np.dtype(np.float64), "wide")
    assert large.shape == (5, 5) and not np.shares_memory(large, a)
