"""Compiled normalisation agrees with the numpy engine in every layout, instruction set and thread count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180.kernels import extension
from rot180.kernels.reference import norm
from tests.kernels.conftest import THREADS
from tests.kernels.engines import on_native, on_native_or_numpy, on_numpy
from tests.kernels.layouts import LAYOUTS

pytestmark = pytest.mark.skipif(extension.unavailable() is not None, reason=f"no extension: {extension.unavailable()}")

DTYPES = [np.float32, np.float64]
ALL = (True, True, True)
EPS = 1e-3
BATCHES = [(3, 5, 1, 2), (7, 3, 1, 49), (2, 130, 1, 4), (64, 2, 1, 33), (1, 1, 1, 700), (5, 2, 1, 3000)]
SAMPLES = [*BATCHES, (3, 4, 6, 5), (2, 1, 70, 9), (1, 3, 200, 2), (4, 2, 3, 1100)]
CASES = [(s, norm.BATCH) for s in BATCHES] + [(s, norm.SAMPLE) for s in SAMPLES]


def data(shape: tuple[int, ...], dtype: type = np.float64, seed: int = 0) -> list[np.ndarray]:
    """Return random x, gy, weight and bias."""
    rng = np.random.default_rng(seed)
    found = [*rng.standard_normal((2, *shape)), *rng.standard_normal((2, 1, *shape[1:3], 1))]
    return [a.astype(dtype) for a in found]


def both(shape: tuple[int, ...], axes: tuple[int, ...], dtype: type, layout: Any = np.ascontiguousarray) -> Any:
    """Return (y, mean, var, gx, gweight, gbias) of the numpy engine in float64, and of the native engine."""
    x, gy, w, b = data(shape, dtype)
    wide = [a.astype(np.float64) for a in (x, gy, w, b)]
    reference = on_numpy.norm_y(wide[0], wide[2], wide[3], axes, EPS)
    reference += on_numpy.norm_x(wide[1], wide[0], wide[2], *reference[1:], axes, EPS, ALL)
    a, g = layout(x), layout(gy)
    found = on_native.norm_y(a, w, b, axes, EPS)
    found += on_native.norm_x(g, a, w, *found[1:], axes, EPS, ALL)
    assert np.array_equal(a, x) and np.array_equal(g, gy)
    return reference, found


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "axes"), CASES, ids=str)
def test_results_agree_with_numpy_in_float64(isa: str, shape: Any, axes: Any, dtype: type, stale: Any) -> None:
    for layout in LAYOUTS:
        stale((shape, dtype))
        reference, found = both(shape, axes, dtype, layout)
        for expected, a in zip(reference, found, strict=True):
            assert a.dtype == dtype and a.shape == expected.shape
            unit = np.finfo(dtype).eps * max(1, np.abs(expected).max())
            units = np.abs(a - expected).max() / unit
            assert units <= (6 if dtype is np.float32 else 60), (layout.__name__, units)  # the reference errs too


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("axes", [norm.BATCH, norm.SAMPLE, ()], ids=str)
def test_a_gradient_may_be_computed_in_the_memory_of_its_cotangent(isa: str, axes: Any, layout: Any) -> None:
    """If the layout does not permit it, the result has the same bits in new memory."""
    for shape in [s for s, a in CASES if a == (axes or norm.BATCH)]:
        x, gy, w, b = data(shape, np.float32)
        _, mean, var = on_numpy.norm_y(x, w, b, axes or norm.BATCH, EPS)
        for needs in (ALL, (True, False, True), (False, True, True)):
            expected = on_native.norm_x(gy, x, w, mean, var, axes, EPS, needs)
            mine = gy.copy() if layout is np.ascontiguousarray else layout(gy)
            found = on_native.norm_x(mine, x, w, mean, var, axes, EPS, needs, True)
            for a, c in zip(found, expected, strict=True):
                assert (a is None) == (c is None) and (a is None or np.array_equal(a, c))
            assert (found[0] is mine) or np.array_equal(mine, gy)
            if layout is np.ascontiguousarray and needs[0] and shape[3] > 1:
                assert found[0] is mine


@pytest.mark.parametrize("axes", [norm.BATCH, norm.SAMPLE])
def test_tails_around_the_width_of_a_vector(isa: str, axes: Any) -> None:
    for positions in range(2, 70):
        reference, found = both((3, 2, 1, positions), axes, np.float64)
        for expected, a in zip(reference, found, strict=True):
            np.testing.assert_allclose(a, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_sums_of_integers_are_exact(isa: str, dtype: type) -> None:
    """With 64 cells per channel the means are exact, and with a variance of 1 the scale is."""
    rng = np.random.default_rng(5)
    x = rng.permuted(np.tile([1.0, 3.0], (6, 32)), axis=1).reshape(6, 4, 16).transpose(1, 0, 2)[:, :, None]
    x = np.ascontiguousarray(x, dtype)
    gy = rng.integers(-4, 5, x.shape).astype(dtype)
    w, b = rng.integers(-4, 5, (2, 1, 6, 1, 1)).astype(dtype)
    y, mean, var = on_native.norm_y(x, w, b, norm.BATCH, 0.0)
    assert np.array_equal(mean, np.full_like(mean, 2)) and np.array_equal(var, np.ones_like(var))
    assert np.array_equal(y, (x - 2) * w + b)
    gx, gw, gb = on_native.norm_x(gy, x, w, mean, var, norm.BATCH, 0.0, ALL)
    assert np.array_equal(gb, gy.sum((0, 3), keepdims=True))
    assert np.array_equal(gw, (gy * (x - 2)).sum((0, 3), keepdims=True))
    assert np.array_equal(gx, w * (gy - gb / 64 - (x - 2) * gw / 64))


@pytest.mark.parametrize("dtype", DTYPES)
def test_given_statistics(isa: str, dtype: type, stale: Any) -> None:
    shape = (5, 7, 1, 37)
    x, gy, w, _ = data(shape, dtype)
    mean, var = np.random.default_rng(1).random((2, 1, 7, 1, 1)).astype(dtype)
    expected = on_numpy.norm_x(*(a.astype(float) for a in (gy, x, w, mean, var)), (), EPS, ALL)
    for layout in LAYOUTS:
        stale((shape, dtype))
        found = on_native.norm_x(layout(gy), layout(x), w, mean, var, (), EPS, ALL)
        for a, e in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, e, rtol=1e-5 if dtype is np.float32 else 1e-13, atol=1e-5)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_affine_map_is_exact(isa: str, dtype: type, stale: Any) -> None:
    rng = np.random.default_rng(3)
    for shape in [(7, 5, 1, 6), (2, 130, 1, 4), (3, 2, 3, 2), (1, 1, 1, 5000)]:
        x = rng.integers(-4, 5, shape).astype(dtype)
        scale, shift = rng.integers(-4, 5, (2, 1, *shape[1:3], 1)).astype(dtype)
        for layout in LAYOUTS:
            stale((shape, dtype))
            y = on_native.affine_y(layout(x), layout(scale), shift)
            assert y.dtype == dtype and np.array_equal(y, x * scale + shift), shape


@pytest.mark.parametrize("axes", [norm.BATCH, norm.SAMPLE, ()])
def test_gradients_that_are_not_needed_are_none(axes: Any) -> None:
    x, gy, w, _ = data((3, 4, 1, 50))
    _, mean, var = on_numpy.norm_y(x, w, None, axes or norm.BATCH, EPS)
    every = on_native.norm_x(gy, x, w, mean, var, axes, EPS, ALL)
    for needs in [(True, False, False), (False, True, False), (False, False, True), (False, True, True)]:
        found = on_native.norm_x(gy, x, w, mean, var, axes, EPS, needs)
        for need, a, expected in zip(needs, found, every, strict=True):
            assert np.array_equal(a, expected) if need else a is None
    plain = on_native.norm_x(gy, x, None, mean, var, axes, EPS, ALL)
    ones = on_native.norm_x(gy, x, np.ones_like(w), mean, var, axes, EPS, ALL)
    assert all(map(np.array_equal, plain, ones))


def test_without_weight_or_bias(isa: str) -> None:
    x, _, w, b = data((3, 4, 1, 50))
    y = on_native.norm_y(x, None, None, norm.BATCH, EPS)[0]
    np.testing.assert_allclose(on_native.norm_y(x, w, None, norm.BATCH, EPS)[0], y * w, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(on_native.norm_y(x, None, b, norm.BATCH, EPS)[0], y + b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
def test_results_do_not_depend_on_the_number_of_threads(isa: str, dtype: type, threads: Any) -> None:
    for shape, axes in [((6, 37, 1, 50), norm.BATCH), ((9, 2, 3, 700), norm.SAMPLE), ((3, 200, 1, 3), norm.BATCH)]:
        x, gy, w, b = data(shape, dtype)
        found = set()
        for n in THREADS:
            threads(n)
            out = on_native.norm_y(x, w, b, axes, EPS)
            out += on_native.norm_x(gy, x, w, *out[1:], axes, EPS, ALL)
            found.add(b"".join(a.tobytes() for a in (*out, on_native.affine_y(x, w, b))))
        assert len(found) == 1


@pytest.mark.parametrize("axes", [norm.BATCH, norm.SAMPLE])
def test_nan_and_infinity_stay_in_their_group(isa: str, axes: Any) -> None:
    x, gy, w, b = data((3, 4, 1, 37))
    clean = on_native.norm_y(x, w, b, axes, EPS)
    for value, place in [(np.nan, 0), (np.inf, 0), (-np.inf, 5), (np.nan, 36)]:
        bad = x.copy()
        bad[0, 1, 0, place] = value
        y, mean, var = on_native.norm_y(bad, w, b, axes, EPS)
        hit = np.zeros(x.shape, bool)
        hit[(0 if axes == norm.SAMPLE else slice(None)), 1] = True
        assert np.isnan(y[hit]).all() and np.array_equal(y[~hit], clean[0][~hit])
        assert np.isnan(var[hit.any(axes, keepdims=True)]).all()
        np.testing.assert_array_equal(mean[hit.any(axes, keepdims=True)], value)
        gx, gw, gb = on_native.norm_x(gy, bad, w, mean, var, axes, EPS, ALL)
        assert np.isnan(gx[hit]).all() and np.isfinite(gx[~hit]).all()
        assert np.isnan(gw[0, 1]).all() and np.isfinite(np.delete(gw, 1, 1)).all() and np.isfinite(gb).all()


@pytest.mark.parametrize("shape", [(32, 3, 1, 784), (2, 3, 1, 9000), (300, 4, 1, 16), (16, 1, 1, 3000)])
@pytest.mark.parametrize("axes", [norm.BATCH, norm.SAMPLE])
def test_a_mean_of_a_thousand_standard_deviations_loses_no_digits(isa: str, shape: Any, axes: Any) -> None:
    x = (np.random.default_rng(4).standard_normal(shape) + 1000).astype(np.float32)
    wide = x.astype(np.float64)
    centre, spread = wide.mean(axes, keepdims=True), wide.var(axes, keepdims=True)
    y, mean, var = on_native.norm_y(x, None, None, axes, 1e-5)
    assert np.array_equal(mean, centre.astype(np.float32))
    np.testing.assert_allclose(var, spread, rtol=2e-7)
    expected = (wide - centre) / np.sqrt(spread + 1e-5)
    np.testing.assert_allclose(y, expected, atol=2e-6)  # y keeps the digits that rounding the mean removes


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_outlier_in_the_first_cell_loses_no_digits(isa: str, dtype: type) -> None:
    x = np.random.default_rng(4).standard_normal((64, 1, 1, 1024)).astype(dtype)
    x[0, 0, 0, 0] = 1e6
    wide = x.astype(np.longdouble)
    _, mean, var = on_native.norm_y(x, None, None, norm.BATCH, 1e-5)
    tolerance = 2e-7 if dtype is np.float32 else 1e-14
    np.testing.assert_allclose(var.ravel(), float(wide.var()), rtol=tolerance)
    np.testing.assert_allclose(mean.ravel(), float(wide.mean()), rtol=tolerance)


@pytest.mark.parametrize("constant", [0.0, 0.1, -1e30])
def test_a_constant_channel_has_no_variance(isa: str, constant: float) -> None:
    x = np.full((3, 2, 1, 37), constant, np.float32)
    y, mean, var = on_native.norm_y(x, None, None, norm.BATCH, 1e-5)
    assert not var.any() and not y.any() and (mean == np.float32(constant)).all()


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((4, 3, 1, 1), norm.BATCH), ((4, 3, 2, 5), norm.BATCH), ((6, 1, 9, 1), norm.SAMPLE), ((0, 3, 1, 4), ())],
)
def test_other_shapes_run_on_numpy(shape: Any, axes: Any) -> None:
    x, gy, w, b = data(shape)
    if axes:
        mean, var = on_numpy.norm_y(x, w, b, axes, EPS)[1:]
        assert all(
            map(np.array_equal, on_native_or_numpy.norm_y(x, w, b, axes, EPS), on_numpy.norm_y(x, w, b, axes, EPS))
        )
    else:
        mean, var = np.zeros((2, 1, 3, 1, 1))
    arguments = gy, x, w, mean, var, axes, EPS, ALL
    assert all(map(np.array_equal, on_native_or_numpy.norm_x(*arguments), on_numpy.norm_x(*arguments)))
    np.testing.assert_allclose(on_native_or_numpy.affine_y(x, w, b), on_numpy.affine_y(x, w, b), rtol=1e-14, atol=1e-15)


def test_the_extension_rejects_sizes_that_do_not_fit() -> None:
    x, gy, w, b = data((3, 4, 1, 5))
    compiled = extension.compiled
    with pytest.raises(ValueError, match=r"weight and bias must have shape \(1, G, K, 1\)"):
        compiled.norm_y(x, w[:, :3], b, False, EPS)
    with pytest.raises(ValueError, match=r"x must have shape \(N, G, K, S\)"):
        compiled.norm_y(x[0], w, b, False, EPS)
    with pytest.raises(ValueError, match="must have one channel"):
        compiled.norm_y(x.reshape(3, 2, 2, 5), w, b, False, EPS)
    with pytest.raises(ValueError, match="the same size"):
        compiled.norm_x(gy[:2], x, w, w, w, False, False, EPS, ALL)
    with pytest.raises(ValueError, match="mean and var must have one value per group"):
        compiled.norm_x(gy, x, w, w[:, :3], w, False, False, EPS, ALL)
    with pytest.raises(ValueError, match=r"scale and shift must have shape \(1, G, K, 1\)"):
        compiled.affine_y(x, w[:, :1], w)
