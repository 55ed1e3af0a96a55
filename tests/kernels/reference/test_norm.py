"""Normalisation agrees with its definition, in every layout and with small blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180.kernels.reference import norm
from tests.kernels.engines import on_numpy
from tests.kernels.layouts import LAYOUTS
from tests.kernels.regimes import poison

SHAPES = [(3, 4, 1, 5), (1, 3, 1, 70), (5, 2, 3, 4), (2, 3, 1, 1), (4, 1, 6, 1), (6, 5, 1, 64)]
EPS = 0.1


def data(shape: tuple[int, ...]) -> list[np.ndarray]:
    """Return random x, gy, weight and bias."""
    rng = np.random.default_rng(sum(shape))
    return [*rng.standard_normal((2, *shape)), *rng.standard_normal((2, 1, *shape[1:3], 1))]


def groups(shape: tuple[int, ...], axes: tuple[int, ...]) -> list[tuple[Any, ...]]:
    """Return the index of every set of cells that share a mean."""
    images = [slice(None)] if 0 in axes else [slice(n, n + 1) for n in range(shape[0])]
    return [(n, slice(g, g + 1)) for n in images for g in range(shape[1])]


def by_definition(
    x: np.ndarray, gy: np.ndarray, w: np.ndarray, b: np.ndarray, axes: tuple[int, ...]
) -> list[np.ndarray]:
    """Return y, gx, gweight and gbias, with gx from the Jacobian matrix of each group."""
    xhat, gx = np.empty_like(x), np.empty_like(x)
    for group in groups(x.shape, axes):
        v = x[group].ravel()
        r = (v.var() + EPS) ** -0.5
        z = (v - v.mean()) * r
        xhat[group] = z.reshape(x[group].shape)
        jacobian = r * (np.eye(v.size) - 1 / v.size - np.outer(z, z) / v.size)
        gx[group] = (jacobian.T @ (gy * w)[group].ravel()).reshape(x[group].shape)
    sums = [(gy * a).sum((0, 3), keepdims=True) for a in (xhat, np.ones_like(x))]
    return [xhat * w + b, gx, *sums]


@pytest.fixture(params=["as shipped", "small blocks"])
def limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "small blocks":
        monkeypatch.setattr(norm, "BLOCK", 200)
        monkeypatch.setattr(norm, "SMALL", 0)


@pytest.mark.usefixtures("limits")
@pytest.mark.parametrize("axes", [norm.BATCH, norm.SAMPLE])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_forward_and_gradients_follow_the_definition(shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    x, gy, w, b = data(shape)
    expected = by_definition(x, gy, w, b, axes)
    for layout in LAYOUTS:
        a, g = layout(x), layout(gy)
        with poison():
            y, mean, var = on_numpy.norm_y(a, w, b, axes, EPS)
            found = [y, *on_numpy.norm_x(g, a, w, mean, var, axes, EPS, (True, True, True))]
        np.testing.assert_allclose(mean, x.mean(axes, keepdims=True), rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(var, x.var(axes, keepdims=True), rtol=1e-13, atol=1e-14)
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12, err_msg=layout.__name__)
        assert np.array_equal(a, x) and np.array_equal(g, gy)
        mixed = on_numpy.norm_x(gy, a, w, mean, var, axes, EPS, (True, True, True))
        np.testing.assert_allclose(mixed[0], expected[1], rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("limits")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gradients_with_given_statistics(shape: tuple[int, ...]) -> None:
    x, gy, w, _ = data(shape)
    mean, var = np.random.default_rng(1).random((2, 1, shape[1], 1, 1))
    r = (var + EPS) ** -0.5
    for layout in LAYOUTS if shape[2] == 1 else []:
        with poison():
            gx, gw, gb = on_numpy.norm_x(layout(gy), layout(x), w, mean, var, (), EPS, (True, True, True))
        np.testing.assert_allclose(gx, gy * w * r, rtol=1e-13)
        np.testing.assert_allclose(gw, (gy * (x - mean) * r).sum((0, 3), keepdims=True), rtol=1e-12)
        np.testing.assert_allclose(gb, gy.sum((0, 3), keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("axes", [norm.BATCH, norm.SAMPLE])
def test_sums_of_many_cells_lose_no_digits(axes: tuple[int, ...]) -> None:
    """Also if the channels are innermost in memory, so that each channel has a single running sum."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 1 << 18, 3), np.float32).transpose(0, 2, 1)[:, :, None]
    y, mean, var = on_numpy.norm_y(x, None, None, axes, EPS)
    np.testing.assert_allclose(var, x.var(axes, np.float64, keepdims=True), rtol=2e-5)
    _, gw, _ = on_numpy.norm_x(y, x, None, mean, var, axes, EPS, (False, True, False))
    exact = np.square(y, dtype=np.float64).sum((0, 3), keepdims=True)
    np.testing.assert_allclose(gw, exact, rtol=2e-5)


@pytest.mark.parametrize("shape", [(2, 3, 1, 0), (1, 3, 1, 0), (0, 3, 5, 4)])
@pytest.mark.parametrize("axes", [(0, 3), (3,), (2,)])
def test_memory_beyond_an_empty_array_is_not_read(shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    """np.einsum reads beyond an empty array whose strides are 0, as np.empty_like makes them."""
    a, b = np.broadcast_to(np.nan, shape), np.full(9, np.nan)[:0].reshape(shape)
    for second in (None, a, b):
        found = norm._dot(a, second, axes)
        assert found.shape == tuple(1 if i in axes else n for i, n in enumerate(shape)) and not found.any()


@pytest.mark.usefixtures("limits")
def test_the_affine_map_is_exact() -> None:
    rng = np.random.default_rng(3)
    x, scale, shift = (rng.integers(-4, 5, shape).astype(np.float32) for shape in ((7, 5, 1, 6), *[(1, 5, 1, 1)] * 2))
    for layout in LAYOUTS:
        with poison():
            y = on_numpy.affine_y(layout(x), scale, shift)
        assert y.dtype == np.float32 and np.array_equal(y, x * scale + shift)


@pytest.mark.parametrize(
    "needs", [(True, False, False), (False, True, False), (False, False, True), (False, True, True)]
)
@pytest.mark.parametrize("axes", [norm.BATCH, norm.SAMPLE])
def test_gradients_that_are_not_needed_are_none(needs: tuple[bool, ...], axes: tuple[int, ...]) -> None:
    x, gy, w, b = data((3, 4, 1, 5))
    _, mean, var = on_numpy.norm_y(x, w, b, axes, EPS)
    every = on_numpy.norm_x(gy, x, w, mean, var, axes, EPS, (True, True, True))
    for need, found, expected in zip(needs, on_numpy.norm_x(gy, x, w, mean, var, axes, EPS, needs), every, strict=True):
        assert np.array_equal(found, expected) if need else found is None


@pytest.mark.parametrize("layout", LAYOUTS[:4])
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((32, 3, 1, 784), norm.BATCH),
        ((2, 3, 1, 9000), norm.BATCH),
        ((20000, 4, 1, 1), norm.BATCH),
        ((300, 4, 1, 16), norm.BATCH),
        ((4, 3, 2, 5000), norm.SAMPLE),
        ((16, 1, 3000, 1), norm.SAMPLE),
    ],
)
def test_a_mean_of_a_thousand_standard_deviations_loses_no_digits(
    shape: tuple[int, ...], axes: tuple[int, ...], layout: Any
) -> None:
    x = (np.random.default_rng(4).standard_normal(shape) + 1000).astype(np.float32)
    wide = x.astype(np.float64)
    y, mean, var = on_numpy.norm_y(layout(x), None, None, axes, 1e-5)
    assert y.dtype == mean.dtype == var.dtype == np.float32
    half = np.spacing(np.float32(1000)) / 2  # what rounding the mean to float32 costs at most
    assert np.abs(mean - wide.mean(axes, keepdims=True)).max() <= 1.1 * half
    np.testing.assert_allclose(var, wide.var(axes, keepdims=True), rtol=1e-5)
    expected = (wide - wide.mean(axes, keepdims=True)) / np.sqrt(wide.var(axes, keepdims=True) + 1e-5)
    assert np.abs(y - expected).max() < 2.5 * half


def test_results_have_the_memory_order_of_x() -> None:
    x, gy, w, b = data((6, 5, 1, 64))
    for layout in LAYOUTS[:4]:
        a = layout(x)
        y, mean, var = on_numpy.norm_y(a, w, b, norm.BATCH, EPS)
        gx = on_numpy.norm_x(gy, a, w, mean, var, norm.BATCH, EPS, (True, True, True))[0]
        assert y.strides[:2] == gx.strides[:2] == a.strides[:2] == on_numpy.affine_y(a, w, b).strides[:2]
