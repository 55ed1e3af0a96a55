"""The compiled sum of two arrays has the bits of NumPy's, in place or not, in every memory order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180.kernels import extension
from rot180.kernels.reference import addition
from tests.kernels.engines import on_native, on_native_or_numpy
from tests.kernels.layouts import LAYOUTS

pytestmark = pytest.mark.skipif(extension.unavailable() is not None, reason=f"no extension: {extension.unavailable()}")


def add(*arguments: Any) -> np.ndarray:
    return on_native_or_numpy.add(*arguments)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_size_is_exact(isa: str, dtype: type, stale: Any) -> None:
    rng = np.random.default_rng(0)
    for size in [*range(40), (1 << 15) - 1, 1 << 15, addition.LARGE + 17]:
        a, b = rng.standard_normal((2, size)).astype(dtype)
        stale(((size,), dtype))
        expected, found = a + b, on_native.add(a, b)
        assert found.dtype == dtype and np.array_equal(found, expected)
        assert on_native.add(a, b, True) is a and np.array_equal(a, expected)


def test_nan_and_infinity(isa: str) -> None:
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1, -1], np.float32)
    a, b = (m.ravel() for m in np.meshgrid(np.tile(special, 9), special))
    with np.errstate(invalid="ignore"):
        expected = a + b
    found = on_native.add(a, b)
    np.testing.assert_array_equal(found, expected)
    assert np.array_equal(np.signbit(found[expected == 0]), np.signbit(expected[expected == 0]))


@pytest.mark.parametrize("overwrite", [False, True])
def test_every_layout_is_exact(overwrite: bool) -> None:
    g, x = np.random.default_rng(1).standard_normal((2, 3, 4, 5, 6)).astype(np.float32)
    for first in LAYOUTS:
        for second in LAYOUTS:
            a, b = first(g).copy(order="K"), second(x)
            found = add(a, b, overwrite)
            assert np.array_equal(found, g + x) and np.array_equal(b, x), (first.__name__, second.__name__)
            assert (found is a) if overwrite else np.array_equal(a, g)


def test_arrays_that_differ_in_dtype_or_shape_are_added_by_numpy() -> None:
    a, b = np.ones((2, 3), np.float32), np.ones((2, 3))
    assert add(a, b).dtype == np.float64
    assert add(a, b[0]).shape == (2, 3)
    frozen = np.ones(3, np.float32)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        add(frozen, a[0], True)
    with pytest.raises(TypeError, match="incompatible function arguments"):
        extension.compiled.add(a, b)
    with pytest.raises(ValueError, match="the arrays must have the same size"):
        extension.compiled.add(a, a[:1])
