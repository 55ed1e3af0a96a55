"""Compiled max pooling equals the numpy engine exactly, with ties, NaN and infinities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180.kernels import extension
from rot180.window import Window
from tests.kernels.conftest import THREADS
from tests.kernels.engines import OnEngine, on_native, on_native_or_numpy, on_numpy
from tests.kernels.layouts import LAYOUTS, transposed
from tests.kernels.reference.test_pool import WINDOWS, whole_numbers

pytestmark = pytest.mark.skipif(extension.unavailable() is not None, reason=f"no extension: {extension.unavailable()}")

DTYPES = [np.float32, np.float64]


def plain(size: tuple[int, ...], k: int, s: int, p: int = 0, d: int = 1, ceil_mode: bool = False) -> Window:
    many = [(n,) * len(size) for n in (k, s, p, d)]
    return Window.plain("pool", size, *many, ceil_mode=ceil_mode)


def same(
    x: np.ndarray,
    gy: np.ndarray,
    window: Window,
    stale: Any,
    layout: Any = np.ascontiguousarray,
    native: OnEngine = on_native,
) -> None:
    """Assert that the three kernels give the results of the numpy engine."""
    a, g = layout(x), layout(gy)
    y = on_numpy.max_y(x, window)
    taps = on_numpy.max_taps(x, y, window)
    stale((gy.shape, x.dtype.type), (x.shape, x.dtype.type))
    found = native.max_y(a, window)
    assert found.dtype == x.dtype and np.array_equal(found, y, equal_nan=True), window
    found = native.max_taps(a, found, window)
    assert found.dtype == taps.dtype and np.array_equal(found, taps), window
    found = native.max_x(g, found if layout is np.ascontiguousarray else transposed(found), window)
    assert found.dtype == x.dtype and np.array_equal(found, on_numpy.max_x(gy, taps, window)), window
    assert np.array_equal(a, x, equal_nan=True) and np.array_equal(g, gy)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_window_is_exact(isa: str, dtype: type, stale: Any) -> None:
    for number, window in enumerate(WINDOWS):
        x, y = (a.astype(dtype) for a in whole_numbers(window, number))
        same(x, y, window, stale, LAYOUTS[number % len(LAYOUTS)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "settings", [(2, 2), (3, 2, 1), (3, 1, 1), (2, 2, 1), (3, 3), (2, 3), (1, 2), (2, 1, 0, 3), (5, 4, 2)], ids=str
)
def test_tails_around_the_width_of_a_vector(isa: str, dtype: type, settings: Any, stale: Any) -> None:
    rng = np.random.default_rng(0)
    for side in range(5, 72):
        for ceil_mode in (False, True):
            window = plain((6, side), *settings, ceil_mode=ceil_mode)
            x = rng.integers(-3, 4, (2, 3, 6, side)).astype(dtype)
            same(x, rng.integers(-4, 5, (2, 3, *window.y_size)).astype(dtype), window, stale)


@pytest.mark.parametrize("size", [(5000,), (3, 2100), (2, 3, 1500), (130, 130)])
@pytest.mark.parametrize("settings", [(2, 2), (3, 1, 1), (3, 2, 1), (3, 3)], ids=str)
def test_rows_longer_than_the_buffer(isa: str, size: Any, settings: Any, stale: Any) -> None:
    if len(size) == 3 and settings != (2, 2):
        settings = (2, 1)
    rng, window = np.random.default_rng(1), plain(size, *settings)
    x = rng.integers(-9, 10, (1, 2, *size)).astype(np.float32)
    same(x, rng.integers(-4, 5, (1, 2, *window.y_size)).astype(np.float32), window, stale)


@pytest.mark.parametrize("kernel", [17, 40])
def test_kernels_of_more_than_255_cells(isa: str, kernel: int, stale: Any) -> None:
    rng, window = np.random.default_rng(2), plain((70, 70), kernel, 3)
    x = rng.integers(-1000, 1000, (2, 2, 70, 70)).astype(np.float64)
    same(x, rng.integers(-4, 5, (2, 2, *window.y_size)).astype(np.float64), window, stale)


def test_windows_that_are_too_wide_run_on_numpy(stale: Any) -> None:
    for window in (plain((3000,), 2000, 500), plain((3000,), 3, 2, 0, 600)):
        x = np.random.default_rng(3).integers(-9, 10, (1, 2, 3000)).astype(np.float32)
        same(x, np.ones((1, 2, *window.y_size), np.float32), window, stale, native=on_native_or_numpy)
        with pytest.raises(ValueError, match="too wide"):
            extension.compiled.max_y(x, extension.compiled_window(window))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("settings", [(2, 2), (3, 2, 1), (3, 1, 1), (3, 3)], ids=str)
def test_nan_and_infinities(isa: str, dtype: type, settings: Any, stale: Any) -> None:
    """The first NaN of a window is its maximum; a window that contains only -inf still selects a cell of x."""
    rng, window = np.random.default_rng(4), plain((9, 37), *settings)
    gy = rng.integers(-4, 5, (2, 3, *window.y_size)).astype(dtype)
    for values in ([np.nan, 0, 1], [-np.inf, -np.inf, 0], [np.inf, np.nan, -np.inf], [-np.inf], [np.nan], [0.0, -0.0]):
        same(rng.choice(values, (2, 3, 9, 37)).astype(dtype), gy, window, stale)


@pytest.mark.parametrize("dtype", DTYPES)
def test_results_do_not_depend_on_the_number_of_threads(isa: str, dtype: type, threads: Any) -> None:
    rng = np.random.default_rng(5)
    for settings in [(2, 2), (3, 2, 1), (3, 1, 1)]:
        window = plain((50, 70), *settings)
        x, gy = rng.standard_normal((4, 9, 50, 70)).astype(dtype), rng.standard_normal((4, 9, *window.y_size))
        found = set()
        for n in THREADS:
            threads(n)
            y = on_native.max_y(x, window)
            taps = on_native.max_taps(x, y, window)
            found.add(b"".join(a.tobytes() for a in (y, taps, on_native.max_x(gy.astype(dtype), taps, window))))
        assert len(found) == 1


def test_an_empty_batch() -> None:
    window = plain((4, 4), 2, 2)
    x, y = np.zeros((0, 3, 4, 4), np.float32), np.zeros((0, 3, 2, 2), np.float32)
    taps = on_native_or_numpy.max_taps(x, y, window)
    assert on_native_or_numpy.max_y(x, window).shape == taps.shape == y.shape
    assert on_native_or_numpy.max_x(y, taps, window).shape == x.shape


def test_the_extension_rejects_sizes_that_do_not_fit() -> None:
    compiled, shape = extension.compiled, extension.compiled_window(plain((4, 4), 2, 2))
    x, y, taps = np.zeros((1, 3, 4, 4)), np.zeros((1, 3, 2, 2)), np.zeros((1, 3, 2, 2), np.uint8)
    with pytest.raises(ValueError, match="shape of an array does not match its window"):
        compiled.max_y(x[..., :3].copy(), shape)
    with pytest.raises(ValueError, match="shape of an array does not match its window"):
        compiled.max_x(y[..., :1].copy(), taps, shape)
    with pytest.raises(ValueError, match="shape of an array does not match its window"):
        compiled.max_x(y, taps[..., :1].copy(), shape)
    with pytest.raises(ValueError, match="taps must be uint8"):
        compiled.max_x(y, taps.astype(np.int32), shape)
