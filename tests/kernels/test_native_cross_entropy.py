"""The compiled cross entropy agrees with the numpy engine and with float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180.kernels import extension
from tests.kernels.conftest import THREADS
from tests.kernels.engines import on_native, on_native_or_numpy, on_numpy
from tests.kernels.layouts import LAYOUTS

pytestmark = pytest.mark.skipif(extension.unavailable() is not None, reason=f"no extension: {extension.unavailable()}")

DTYPES = [np.float32, np.float64]


def problem(rows: int, classes: int, dtype: type) -> tuple[np.ndarray, ...]:
    """Return logits, classes, and a factor for each row, some of which are 0."""
    rng = np.random.default_rng(classes)
    x = (rng.standard_normal((rows, classes)) * 5).astype(dtype)
    return x, rng.integers(0, classes, rows), np.maximum(rng.standard_normal(rows), 0).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_number_of_classes(isa: str, dtype: type, stale: Any) -> None:
    """float32 results are compared with float64, float64 results with the numpy engine."""
    close = {"rtol": 2e-6, "atol": 2e-6} if dtype is np.float32 else {"rtol": 1e-14, "atol": 1e-14}
    for classes in (*range(1, 40), 1000, 33_000):
        x, t, factors = problem(3 if classes > 999 else 7, classes, dtype)
        stale((x.shape, dtype), (t.shape, dtype))
        exact = x.astype(np.float64), t, factors.astype(np.float64)
        for some in (None, factors):
            found = on_native.cross_entropy_y(x, t, some)
            expected = on_numpy.cross_entropy_y(exact[0], t, None if some is None else exact[2])
            assert found.dtype == dtype
            np.testing.assert_allclose(found, expected, **close)
        found = on_native.cross_entropy_x(factors, x, t)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, on_numpy.cross_entropy_x(exact[2], exact[0], t), **close)


@pytest.mark.parametrize("dtype", DTYPES)
def test_huge_and_infinite_logits(isa: str, dtype: type) -> None:
    big, inf = np.finfo(dtype).max / 2, np.inf
    x = np.array([[big, 0, -big], [0, -inf, 1], [-inf, 0, 2], [inf, 0, 1], [np.nan, 1, 2], [-inf, -inf, -inf]], dtype)
    t = np.array([0, 1, 1, 1, 1, 0])
    ones = np.ones(6, dtype)
    with np.errstate(invalid="ignore"):
        expected, gradient = on_numpy.cross_entropy_y(x, t, None), on_numpy.cross_entropy_x(ones, x, t)
    np.testing.assert_allclose(on_native.cross_entropy_y(x, t, None), expected, rtol=1e-6)
    np.testing.assert_allclose(on_native.cross_entropy_x(ones, x, t), gradient, rtol=1e-6)
    assert not on_native.cross_entropy_y(x, t, 0 * ones).any() and not on_native.cross_entropy_x(0 * ones, x, t).any()


def test_every_layout(isa: str) -> None:
    x, t, factors = problem(6, 5, np.float32)
    expected, gradient = on_native.cross_entropy_y(x, t, factors), on_native.cross_entropy_x(factors, x, t)
    for layout in LAYOUTS:
        assert np.array_equal(on_native.cross_entropy_y(layout(x), t[::-1][::-1], factors), expected)
        assert np.array_equal(on_native.cross_entropy_x(factors, layout(x), t), gradient)


def test_logits_with_spatial_axes_run_on_numpy() -> None:
    x, t = np.random.default_rng(0).standard_normal((2, 3, 4)), np.array([[0, 1, 2, 0], [2, 2, 1, 0]])
    assert np.array_equal(on_native_or_numpy.cross_entropy_y(x, t, None), on_numpy.cross_entropy_y(x, t, None))
    scale = np.ones((2, 4))
    assert np.array_equal(on_native_or_numpy.cross_entropy_x(scale, x, t), on_numpy.cross_entropy_x(scale, x, t))


def test_results_do_not_depend_on_the_number_of_threads(isa: str, threads: Any) -> None:
    x, t, factors = problem(20_000, 10, np.float32)
    found = set()
    for n in THREADS:
        threads(n)
        losses, gradient = on_native.cross_entropy_y(x, t, factors), on_native.cross_entropy_x(factors, x, t)
        found.add(losses.tobytes() + gradient.tobytes())
    assert len(found) == 1


def test_the_extension_rejects_sizes_that_do_not_fit() -> None:
    x, t = np.zeros((2, 3)), np.array([0, 2])
    compiled = extension.compiled
    for wrong in (np.array([0, 3]), np.array([-1, 0])):
        with pytest.raises(ValueError, match="t must hold classes"):
            compiled.cross_entropy_y(x, wrong, None)
    with pytest.raises(ValueError, match="one class per row"):
        compiled.cross_entropy_x(np.zeros(2), x, t[:1])
    with pytest.raises(ValueError, match="factors must have one value per row"):
        compiled.cross_entropy_y(x, t, np.zeros(3))
    with pytest.raises(ValueError, match="scale must have one value per row"):
        compiled.cross_entropy_x(np.zeros(3), x, t)
