"""Pooling is exact against plain loops, and the gradients are the adjoints."""

from itertools import product

import numpy as np
import pytest

from rot180.window import Window
from tests import oracle
from tests.kernels.engines import on_numpy
from tests.kernels.layouts import LAYOUTS
from tests.kernels.regimes import poison


def windows():
    """Return pools of 1 to 3 axes: overlapping, disjoint, padded, dilated, with and without ceil_mode."""
    rng = np.random.default_rng(12)
    found = []
    while len(found) < 80:
        ndim = int(rng.integers(1, 4))
        k, s, d = (tuple(rng.integers(1, 4, ndim).tolist()) for _ in range(3))
        pads = tuple(int(rng.integers(0, (b * (a - 1) + 1) // 2 + 1)) for a, b in zip(k, d, strict=True))
        x = tuple(rng.integers(1, (12, 8, 5)[ndim - 1], ndim).tolist())
        if all(b * (a - 1) + 1 <= n + 2 * p for a, b, n, p in zip(k, d, x, pads, strict=True)):
            found.append(Window.plain("pool", x, k, s, pads, d, ceil_mode=bool(len(found) % 2)))
    return found


WINDOWS = windows()


def loops(window):
    return window.kernel, window.stride, window.padding, window.dilation, window.y_size


def whole_numbers(window, seed, *, channels=3, images=2):
    """Return x and y of integers; x has many ties."""
    rng = np.random.default_rng(seed)
    shapes = (images, channels, *window.x_size), (images, channels, *window.y_size)
    return tuple(rng.integers(-4, 5, shape).astype(np.float64) for shape in shapes)


def tap_by_loops(x, window, n, c, p):
    """Return the first kernel cell with the maximum of the window at p, or None if the window is in the padding."""
    best = None
    for number, k in enumerate(product(*map(range, window.kernel))):
        axes = zip(window.stride, p, window.dilation, k, window.padding, strict=True)
        i = tuple(s * a + d * b - q for s, a, d, b, q in axes)
        if all(0 <= a < size for a, size in zip(i, window.x_size, strict=True)):
            if best is None or x[(n, c, *i)] > best[0]:
                best = x[(n, c, *i)], number, i
    return best


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_forwards_are_exact_in_every_layout(dtype):
    for number, window in enumerate(WINDOWS):
        x, _ = whole_numbers(window, number)
        one = np.ones((), dtype)
        met = oracle.sum_pool(np.ones_like(x), *loops(window)) > 0
        expected = np.where(met, oracle.max_pool(x, *loops(window)), -np.inf), oracle.sum_pool(x, *loops(window))
        for layout in LAYOUTS:
            given = layout(x.astype(dtype))
            with poison():
                found = on_numpy.max_y(given, window), on_numpy.average_y(given, one, window)
            for a, b in zip(found, expected, strict=True):
                assert a.dtype == dtype and np.array_equal(a, b), (window, layout)
                assert not np.may_share_memory(a, given) and a.flags.writeable
            assert np.array_equal(given, x)


def test_the_first_maximum_of_a_window_takes_the_gradient():
    for number, window in enumerate(WINDOWS):
        x, y = whole_numbers(window, number)
        with poison():
            taps = on_numpy.max_taps(x, on_numpy.max_y(x, window), window)
            spread, chosen = on_numpy.max_x(y, taps, window), on_numpy.max_at(x, taps, window)
        expected = np.zeros_like(x)
        for cell in np.ndindex(y.shape):
            n, c, *p = cell
            best = tap_by_loops(x, window, n, c, p)
            if best is None:
                assert taps[cell] == window.taps and chosen[cell] == 0
                continue
            assert taps[cell] == best[1], (window, cell)
            assert chosen[cell] == best[0]
            expected[(n, c, *best[2])] += y[cell]
        assert np.array_equal(spread, expected), window


def test_average_gradients_follow_the_definition():
    for number, window in enumerate(WINDOWS[::3]):
        x, y = whole_numbers(window, number, channels=1, images=1)
        divisor = 2.0 ** np.arange(np.prod(window.y_size)).reshape(window.y_size) / 4  # powers of two: exact
        expected = oracle.gradient(lambda unit, v=window: oracle.sum_pool(unit, *loops(v)), x, y / divisor)
        with poison():
            assert np.array_equal(on_numpy.average_x(y, divisor, window), expected), window


def test_adjoint_identities():
    for number, window in enumerate(WINDOWS):
        x, y = whole_numbers(window, number)
        z, _ = whole_numbers(window, number + 1)
        one = np.ones(window.y_size)
        assert np.sum(on_numpy.average_y(x, one, window) * y) == np.sum(x * on_numpy.average_x(y, one, window))
        taps = on_numpy.max_taps(x, on_numpy.max_y(x, window), window)
        assert np.sum(on_numpy.max_at(z, taps, window) * y) == np.sum(z * on_numpy.max_x(y, taps, window))


def test_a_constant_input_gives_the_gradient_to_the_first_cell_of_each_window():
    window = Window((4, 4), (2, 2), (2, 2), (2, 2), (1, 1), (0, 0))
    x = np.zeros((1, 1, 4, 4))
    taps = on_numpy.max_taps(x, on_numpy.max_y(x, window), window)
    assert taps.dtype == np.uint8 and not taps.any()
    assert on_numpy.max_x(np.ones((1, 1, 2, 2)), taps, window)[0, 0].tolist() == [
        [1, 0, 1, 0],
        [0, 0, 0, 0],
        [1, 0, 1, 0],
        [0, 0, 0, 0],
    ]


def test_nan_is_the_maximum_and_gets_the_gradient():
    window = Window((5,), (3,), (3,), (1,), (1,), (0,))
    x = np.array([[[1, np.nan, 5, 2, 9]]])
    y = on_numpy.max_y(x, window)
    assert np.isnan(y[0, 0, :2]).all() and y[0, 0, 2] == 9
    assert on_numpy.max_taps(x, y, window).tolist() == [[[1, 0, 2]]]
    padded = Window((5,), (5,), (3,), (1,), (1,), (1,))
    assert np.isnan(on_numpy.max_y(x, padded)).tolist() == [[[True, True, True, False, False]]]


def test_windows_of_minus_infinity_select_a_cell_inside_x():
    """Padding is ignored rather than minus infinity: it must not get the gradient."""
    window = Window((3,), (3,), (2,), (1,), (1,), (1,))
    x = np.full((1, 1, 3), -np.inf)
    y = on_numpy.max_y(x, window)
    taps = on_numpy.max_taps(x, y, window)
    assert np.isneginf(y).all() and taps.tolist() == [[[1, 0, 0]]]
    assert on_numpy.max_x(np.array([[[1.0, 2, 4]]]), taps, window).tolist() == [[[3, 4, 0]]]


def test_kernels_of_more_than_255_cells():
    window = Window((17, 17), (1, 1), (17, 17), (1, 1), (1, 1), (0, 0))
    x = np.arange(17.0 * 17).reshape(1, 1, 17, 17)
    taps = on_numpy.max_taps(x, on_numpy.max_y(x, window), window)
    assert taps.item() == 288 and taps.dtype == np.int32
    assert on_numpy.max_at(x, taps, window).item() == 288


def test_results_have_the_memory_order_of_their_input():
    window = Window((4, 4), (2, 2), (2, 2), (2, 2), (1, 1), (0, 0))
    x = np.moveaxis(np.zeros((3, 4, 4, 5)), -1, 0)
    for y in (on_numpy.max_y(x, window), on_numpy.average_y(x, np.float64(4), window)):
        assert y.shape == (5, 3, 2, 2) and y.strides[0] == y.itemsize


def test_an_empty_batch():
    window = WINDOWS[0]
    x, y = whole_numbers(window, 0, images=0)
    taps = on_numpy.max_taps(x, y, window)
    assert on_numpy.max_y(x, window).shape == taps.shape == y.shape
    assert on_numpy.max_x(y, taps, window).shape == x.shape == on_numpy.average_x(y, np.float64(2), window).shape
