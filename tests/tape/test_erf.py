"""The error function against the standard library's, over the whole range, and at its corners."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from rot180.tape import erf as module
from rot180.tape.erf import erf

FLOATS = [np.float32, np.float64]


def everywhere(dtype: Any) -> np.ndarray:
    """Both pieces and their seam at 1, the end, magnitudes down to the subnormal ones, both signs."""
    rng = np.random.default_rng(0)
    tiny = np.log10(float(np.finfo(dtype).smallest_subnormal))
    x = np.concatenate(
        [
            rng.uniform(0, 1.1, 20000),
            rng.uniform(1, 7, 20000),
            rng.normal(1, 1e-6, 2000),
            10 ** rng.uniform(tiny, 2, 5000),
        ]
    )
    return np.concatenate([x, -x]).astype(dtype)


@pytest.mark.parametrize(("dtype", "ulps"), [(np.float32, 1.5), (np.float64, 2.0)])
def test_erf_is_accurate_to_one_or_two_units_in_the_last_place(dtype: Any, ulps: float) -> None:
    x = everywhere(dtype)
    y = erf(x)
    expected = np.array([math.erf(v) for v in x.tolist()])
    spacing = np.spacing(np.abs(expected).astype(dtype)).astype(np.float64)
    assert y.dtype == dtype
    assert np.max(np.abs(y - expected) / spacing) <= ulps
    assert np.max(np.abs(y)) <= 1


@pytest.mark.parametrize("dtype", FLOATS)
def test_special_values(dtype: Any) -> None:
    largest, smallest = np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal
    x = np.array([0.0, -0.0, np.inf, -np.inf, largest, -largest, 6.0, smallest, -smallest], dtype)
    y = erf(x)
    np.testing.assert_array_equal(y, np.array([0, 0, 1, -1, 1, -1, 1, smallest, -smallest], dtype))
    np.testing.assert_array_equal(np.signbit(y[:2]), [False, True])
    assert np.isnan(erf(np.array([np.nan, 2.0], dtype))).tolist() == [True, False]


@pytest.mark.parametrize("dtype", FLOATS)
def test_erf_is_odd_and_monotonic(dtype: Any) -> None:
    x = np.linspace(0, 7, 100001, dtype=dtype)
    np.testing.assert_array_equal(erf(-x), -erf(x))
    assert np.diff(erf(x)).min() >= -np.finfo(dtype).eps


def test_the_result_does_not_depend_on_the_block_size(monkeypatch: pytest.MonkeyPatch) -> None:
    x = everywhere(np.float64)[:1001]
    whole = erf(x)
    monkeypatch.setattr(module, "BLOCK", 10)
    np.testing.assert_array_equal(erf(x), whole)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (4, 5)])
def test_any_shape_and_layout(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(1).standard_normal(shape)
    x = np.asarray(x)
    assert erf(x).shape == shape
    wide = np.repeat(x[..., None], 2, -1)[..., 0]
    assert np.array_equal(erf(wide), erf(x)) and np.array_equal(erf(x.T), erf(x).T)
