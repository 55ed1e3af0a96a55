"""The three contractions are exact on integers, for every setting, memory order and algorithm."""

import re
import threading
from collections import Counter

import numpy as np
import pytest

from rot180.kernels.reference import conv
from rot180.kernels.reference.convolution import columns, dense, depthwise, index_table, pointwise, tap_walk
from rot180.window import Window
from tests import oracle
from tests.kernels.engines import on_numpy
from tests.kernels.layouts import LAYOUTS
from tests.kernels.regimes import REGIMES, limits, poison, workspaces
from tests.kernels.settings import SETTINGS

DTYPES = [np.float32, np.float64]


def is_slow(number, setting):
    """True for settings that `make test` leaves out: two thirds of the random ones and half of the grid."""
    if setting.name.startswith("drawn"):
        return number % 3 > 0
    return re.match(r"n\d g\d s\d", setting.name) is not None and number % 2 > 0


NUMBERED = [
    pytest.param(i, s, id=s.name.replace(" ", "_"), marks=[pytest.mark.slow] if is_slow(i, s) else [])
    for i, s in enumerate(SETTINGS)
]


def exactly(found, expected, dtype, inputs, case):
    """Assert that the result is exact, has the right dtype and shares no memory."""
    assert isinstance(found, np.ndarray) and found.dtype == dtype, case
    assert found.shape == expected.shape, case
    assert np.array_equal(found, expected), (case, found, expected)
    assert found.flags.writeable, case
    for other in (*inputs, *workspaces()):
        assert not np.may_share_memory(found, other), case


def run(kernel, expected, dtype, turn, case, *arrays):
    """Run a kernel on poisoned memory with each input in another layout, and assert that the inputs are unchanged."""
    given = [LAYOUTS[(turn + i) % len(LAYOUTS)](a.astype(dtype)) for i, a in enumerate(arrays[:-1])]
    with poison():
        found = kernel(*given, arrays[-1])
    exactly(found, expected, dtype, given, case)
    for was, now in zip(arrays, given, strict=False):
        assert np.array_equal(was, now), case


def test_there_are_over_three_hundred_different_settings():
    assert len({setting[1:] for setting in SETTINGS}) >= 300
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
    windows = [setting.window for setting in SETTINGS]
    assert {window.ndim for window in windows} == {0, 1, 2, 3}
    assert any(max(window.padding, default=0) > max(window.kernel, default=0) for window in windows)
    assert any(span > x + pad for w in windows for span, x, pad in zip(w.spans, w.x_size, w.padding, strict=True))


@pytest.mark.parametrize(("number", "setting"), NUMBERED)
def test_contractions_are_exact(number, setting):
    x, w, y = setting.integers(number)
    window = setting.window
    expected_y = oracle.conv(x, w, *setting.loops(), window.y_size)
    expected_x = oracle.conv_transpose(y, w, *setting.loops(), window.x_size)
    value = int(np.sum(expected_y * y))  # T(y, x, w), which every contraction must agree on
    assert value == int(np.sum(expected_x * x))
    for turn, regime in enumerate(REGIMES, number):
        for dtype in DTYPES:
            case = (setting, regime.name, dtype)
            with limits(regime, setting, np.dtype(dtype).itemsize):
                run(on_numpy.conv_y, expected_y, dtype, turn, case, x, w, window)
                run(on_numpy.conv_x, expected_x, dtype, turn + 1, case, y, w, window)
                found = on_numpy.conv_w(x.astype(dtype), y.astype(dtype), window)
                assert int(np.sum(found * w)) == value, case


@pytest.mark.parametrize(("number", "setting"), NUMBERED)
def test_conv_w_is_exact_by_the_definition_of_a_gradient(number, setting):
    x, w, y = setting.integers(number)
    window = setting.window
    stride, padding, dilation, groups = setting.loops()
    seen, part = (x, w, y), slice(None)
    if w.size * y.size > 2000:  # the definition runs the loops once per weight: the first output channel will do
        seen, part, groups = (x[:, : w.shape[1]], w[:1], y[:, :1]), slice(0, 1), 1
    expected = oracle.gradient(
        lambda unit: oracle.conv(seen[0], unit, stride, padding, dilation, groups, window.y_size), seen[1], seen[2]
    )
    for turn, regime in enumerate(REGIMES, number):
        for dtype in DTYPES:
            case = (setting, regime.name, dtype)
            given = [LAYOUTS[(turn + i) % len(LAYOUTS)](a.astype(dtype)) for i, a in enumerate((x, y))]
            with limits(regime, setting, np.dtype(dtype).itemsize), poison():
                found = on_numpy.conv_w(*given, window)
            exactly(found[part], expected, dtype, given, case)
            assert found.shape == w.shape
            assert np.array_equal(given[0], x) and np.array_equal(given[1], y), case


def test_the_settings_reach_every_algorithm_and_both_orders_in_blocks(monkeypatch):
    """Otherwise the exact tests could pass on a single algorithm."""
    seen = Counter()

    def spy(place, kernel, name):
        real = getattr(place, kernel)

        def inside(*args):
            seen[name, kernel] += 1
            return real(*args)

        monkeypatch.setattr(place, kernel, inside)

    for kernel in ("conv_y", "conv_x", "conv_w"):
        for module in (columns, dense, depthwise, pointwise):
            spy(module, kernel, module.__name__.rpartition(".")[2])
        spy(index_table.IndexTable, kernel, "index_table")
    real_blocks, real_images, real_channels = tap_walk.TapWalk.blocks, conv.image_blocks, depthwise._channel_blocks

    def blocks(self, *args):
        found = list(real_blocks(self, *args))
        seen["batch last" if self.batch_last else "batch second", len(found) > 1] += 1
        return found

    def image_blocks(*args):
        found = real_images(*args)
        seen["images", "one" if len(found) == 1 else "singly" if found[0] == slice(0, 1) else "eights"] += 1
        return found

    def channel_blocks(*args):
        found = list(real_channels(*args))
        seen["channels", len(found) > 1] += 1
        return found

    monkeypatch.setattr(tap_walk.TapWalk, "blocks", blocks)
    monkeypatch.setattr(conv, "image_blocks", image_blocks)
    monkeypatch.setattr(depthwise, "_channel_blocks", channel_blocks)
    for setting in SETTINGS:
        x, w, y = (a.astype(np.float32) for a in setting.integers())
        for regime in REGIMES:
            with limits(regime, setting, 4):
                on_numpy.conv_y(x, w, setting.window)
                on_numpy.conv_x(y, w, setting.window)
                on_numpy.conv_w(x, y, setting.window)
    for kernel in ("conv_y", "conv_x", "conv_w"):
        for name in ("columns", "dense", "depthwise", "pointwise", "index_table"):
            assert seen[name, kernel] >= 5, (name, kernel, seen)
    for walked in ("batch last", "batch second"):
        assert seen[walked, False] and seen[walked, True], seen
    assert all(seen["images", how] for how in ("one", "singly", "eights")), seen
    assert seen["channels", False] and seen["channels", True], seen


def test_a_case_worked_by_hand():
    """x has three cells after one zero of padding, w has two taps, the stride is two: two positions."""
    window = Window((3,), (2,), (2,), (2,), (1,), (1,))
    x, w, y = (np.array([[cells]], np.float64) for cells in ([2, 3, 5], [7, 11], [13, 17]))
    # position 0 reads cells -1, 0 = (0, 2); position 1 reads cells 1, 2 = (3, 5)
    assert on_numpy.conv_y(x, w, window).tolist() == [[[0 * 7 + 2 * 11, 3 * 7 + 5 * 11]]] == [[[22, 76]]]
    # cell 0 met tap 1 of position 0, cell 1 tap 0 of position 1, cell 2 tap 1 of position 1
    assert on_numpy.conv_x(y, w, window).tolist() == [[[13 * 11, 17 * 7, 17 * 11]]] == [[[143, 119, 187]]]
    # tap 0 met 0 and 3, tap 1 met 2 and 5, weighted by y
    assert on_numpy.conv_w(x, y, window).tolist() == [[[13 * 0 + 17 * 3, 13 * 2 + 17 * 5]]] == [[[51, 111]]]
    # and T(y, x, w) is one number: 22 * 13 + 76 * 17
    assert 143 * 2 + 119 * 3 + 187 * 5 == 51 * 7 + 111 * 11 == 22 * 13 + 76 * 17 == 1578


def test_a_two_dimensional_case_worked_by_hand():
    """Two channels, no padding, and an asymmetric 2x2 kernel, so that a rotation by 180 degrees would show."""
    window = Window((2, 3), (1, 2), (2, 2), (1, 1), (1, 1), (0, 0))
    x = np.array([[[[1, 2, 3], [4, 5, 6]], [[0, 1, 0], [2, 0, 1]]]], np.float32)
    w = np.array([[[[1, 0], [0, -1]], [[2, 3], [0, 1]]]], np.float32)
    # position 0: 1 - 5 + 3 + 0 = -1; position 1: 2 - 6 + 2 + 1 = -1
    assert on_numpy.conv_y(x, w, window).tolist() == [[[[-1, -1]]]]
    y = np.array([[[[10, 1]]]], np.float32)
    assert on_numpy.conv_x(y, w, window).tolist() == [[[[10, 1, 0], [0, -10, -1]], [[20, 32, 3], [0, 10, 1]]]]
    assert on_numpy.conv_w(x, y, window).tolist() == [[[[12, 23], [45, 56]], [[1, 10], [20, 1]]]]


@pytest.mark.parametrize("regime", REGIMES, ids=lambda regime: regime.name)
def test_bias_is_added_once_to_every_position(regime):
    for number, setting in enumerate(SETTINGS[::7]):
        x, w, _ = (a.astype(np.float64) for a in setting.integers(number))
        bias = np.arange(1.0, w.shape[0] + 1)
        with limits(regime, setting, 8):
            plain, biased = on_numpy.conv_y(x, w, setting.window), on_numpy.conv_y(x, w, setting.window, bias)
        assert np.array_equal(biased, plain + bias.reshape(-1, *(1,) * setting.window.ndim)), setting
        assert bias.tolist() == list(range(1, w.shape[0] + 1))


def test_both_forwards_end_in_a_bias_and_a_relu():
    for number, setting in enumerate(SETTINGS[::11]):
        x, w, y = (a.astype(np.float64) for a in setting.integers(number))
        for kernel, a in ((on_numpy.conv_y, x), (on_numpy.conv_x, y)):
            plain = kernel(a, w, setting.window)
            for bias in (None, np.arange(1.0, plain.shape[1] + 1) - 3):
                biased = plain if bias is None else plain + bias.reshape(-1, *(1,) * setting.window.ndim)
                assert np.array_equal(kernel(a, w, setting.window, bias), biased), setting
                assert np.array_equal(kernel(a, w, setting.window, bias, True), np.maximum(biased, 0)), setting


def test_an_empty_batch_gives_empty_results_and_a_zero_weight_gradient():
    for setting in SETTINGS[::2]:
        empty = setting._replace(images=0)
        x, w, y = (a.astype(np.float32) for a in empty.integers())
        assert on_numpy.conv_y(x, w, setting.window).shape == empty.shapes[2]
        assert on_numpy.conv_x(y, w, setting.window).shape == empty.shapes[0]
        assert np.array_equal(on_numpy.conv_w(x, y, setting.window), np.zeros(empty.shapes[1])), setting


@pytest.mark.parametrize("regime", REGIMES, ids=lambda regime: regime.name)
def test_broadcast_inputs_equal_full_arrays(regime):
    """The gradient of a sum has strides of zero."""
    for setting in SETTINGS[::3]:
        window = setting.window
        x, w, y = (np.broadcast_to(np.float32(n), shape) for n, shape in zip((2, 3, -1), setting.shapes, strict=True))
        full_x, full_w, full_y = (np.array(a) for a in (x, w, y))
        with limits(regime, setting, 4):
            assert np.array_equal(on_numpy.conv_y(x, w, window), on_numpy.conv_y(full_x, full_w, window)), setting
            assert np.array_equal(on_numpy.conv_x(y, w, window), on_numpy.conv_x(full_y, full_w, window)), setting
            assert np.array_equal(on_numpy.conv_w(x, y, window), on_numpy.conv_w(full_x, full_y, window)), setting


@pytest.mark.parametrize("regime", REGIMES, ids=lambda regime: regime.name)
def test_a_second_call_does_not_change_the_first_result(regime):
    for number, setting in enumerate(SETTINGS[::4]):
        x, w, y = (a.astype(np.float32) for a in setting.integers(number))
        with limits(regime, setting, 4):
            calls = [
                lambda x=x, w=w, v=setting.window: on_numpy.conv_y(x, w, v),
                lambda y=y, w=w, v=setting.window: on_numpy.conv_x(y, w, v),
                lambda x=x, y=y, v=setting.window: on_numpy.conv_w(x, y, v),
            ]
            first = [call() for call in calls]
            copies = [a.copy() for a in first]
            on_numpy.conv_y(x + 1, w, setting.window), on_numpy.conv_x(y + 1, w, setting.window)
            on_numpy.conv_w(x + 1, y, setting.window)
        assert all(map(np.array_equal, first, copies)), setting


def test_threads_do_not_share_their_workspace():
    """Two threads run the kernels on different numbers, with barriers so that they overlap."""
    setting = next(s for s in SETTINGS if s.name == "nine images")
    window, regime, rounds = setting.window, REGIMES[1], 60
    inputs = [tuple(a.astype(np.float64) for a in setting.integers(seed)) for seed in (1, 2)]
    expected = [
        (on_numpy.conv_y(x, w, window), on_numpy.conv_x(y, w, window), on_numpy.conv_w(x, y, window))
        for x, w, y in inputs
    ]
    barrier, wrong = threading.Barrier(2), []

    def work(which):
        x, w, y = inputs[which]
        for _ in range(rounds):
            barrier.wait()
            found = on_numpy.conv_y(x, w, window), on_numpy.conv_x(y, w, window), on_numpy.conv_w(x, y, window)
            wrong.extend(
                i for i, pair in enumerate(zip(found, expected[which], strict=True)) if not np.array_equal(*pair)
            )

    with limits(regime, setting, 8):
        threads = [threading.Thread(target=work, args=(which,)) for which in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_infinity_and_nan_reach_only_the_windows_that_read_them():
    """Multiplication by zero padding must not produce NaN elsewhere."""
    window = Window((5, 5), (5, 5), (3, 3), (1, 1), (1, 1), (1, 1))
    x, w = np.ones((2, 1, 5, 5), np.float32), np.ones((2, 1, 3, 3), np.float32)
    x[0, 0, 0, 0] = np.inf
    y = on_numpy.conv_y(x, w, window)
    assert np.isinf(y[0, :, :2, :2]).all() and np.isfinite(y[1]).all()
    assert np.isfinite(y[0, :, 2:]).all() and np.isfinite(y[0, :, :, 2:]).all()
    x[0, 0, 0, 0] = np.nan
    assert np.isnan(on_numpy.conv_y(x, w, window)).sum() == 2 * 4
