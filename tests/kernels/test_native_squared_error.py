"""The compiled squared error equals the numpy engine exactly on integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180.kernels import extension
from tests.kernels.conftest import THREADS
from tests.kernels.engines import on_native, on_numpy
from tests.kernels.layouts import LAYOUTS

pytestmark = pytest.mark.skipif(extension.unavailable() is not None, reason=f"no extension: {extension.unavailable()}")

DTYPES = [np.float32, np.float64]


@pytest.mark.parametrize("dtype", DTYPES)
def test_integers_are_exact(isa: str, dtype: type, stale: Any) -> None:
    rng = np.random.default_rng(0)
    for size in (*range(70), (1 << 15) - 1, 1 << 15, (1 << 15) + 1, 100_003):
        x, t = rng.integers(-4, 5, (2, size)).astype(dtype)
        stale(((size,), dtype))
        assert on_native.squared_error_y(x, t) == on_numpy.squared_error_y(x, t), size
        found = on_native.squared_error_x(x, t, 0.5)
        assert found.dtype == dtype and np.array_equal(found, on_numpy.squared_error_x(x, t, 0.5)), size


def test_every_layout_is_exact() -> None:
    x, t = np.random.default_rng(1).integers(-4, 5, (2, 3, 4, 5, 6)).astype(np.float32)
    for layout in LAYOUTS:
        a, b = layout(x), layout(t)
        assert on_native.squared_error_y(a, b) == ((x - t) ** 2).sum()
        assert np.array_equal(on_native.squared_error_x(a, b, 2.0), (x - t) * 2)


def test_the_sum_is_computed_in_float64(isa: str) -> None:
    x, t = np.random.default_rng(2).standard_normal((2, 1_000_000)).astype(np.float32)
    exact = np.sum((x.astype(np.float64) - t) ** 2)
    assert on_native.squared_error_y(x, t) == pytest.approx(exact, rel=1e-13)


def test_nan_and_infinity_reach_the_sum(isa: str) -> None:
    x = np.ones(100, np.float32)
    for value in (np.nan, np.inf):
        t = x.copy()
        t[77] = value
        np.testing.assert_equal(on_native.squared_error_y(x, t), abs(value))


def test_results_do_not_depend_on_the_number_of_threads(isa: str, threads: Any) -> None:
    x, t = np.random.default_rng(3).standard_normal((2, 300_000)).astype(np.float32)
    found = set()
    for n in THREADS:
        threads(n)
        found.add((on_native.squared_error_y(x, t), on_native.squared_error_x(x, t, 0.1).tobytes()))
    assert len(found) == 1


def test_the_extension_rejects_sizes_that_do_not_fit() -> None:
    x = np.zeros(4)
    for call in (extension.compiled.squared_error_y, lambda x, t: extension.compiled.squared_error_x(x, t, 1.0)):
        with pytest.raises(ValueError, match="the same size"):
            call(x, x[:3])
