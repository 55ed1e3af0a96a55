"""Compiled activations and bias gradients equal those of the numpy engine exactly."""

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
SIZES = [*range(70), 1023, 1024, 1025, (1 << 15) - 1, 1 << 15, (1 << 15) + 17, 100_003]


def calls(g: np.ndarray, x: np.ndarray) -> Any:
    """Yield for each kernel its name, the result of the numpy engine and the result of the native engine."""
    relu = on_numpy.relu_y(x)
    for name, arguments in [
        ("relu_y", (x,)), ("relu_x", (g, relu)), ("leaky_relu_y", (x, 0.3)), ("leaky_relu_x", (g, x, 0.3)),
    ]:  # fmt: skip
        yield name, getattr(on_numpy, name)(*arguments), getattr(on_native, name)(*arguments)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_size_is_exact(isa: str, dtype: type, stale: Any) -> None:
    rng = np.random.default_rng(0)
    for size in SIZES:
        g, x = rng.standard_normal((2, size)).astype(dtype)
        stale(((size,), dtype))
        for name, expected, found in calls(g, x):
            assert found.dtype == dtype and np.array_equal(found, expected), (name, size)


@pytest.mark.parametrize("shape", [(), (1,), (0, 3, 4), (3, 40, 5, 5), (2, 3, 0), (7, 11, 13)])
def test_every_layout_is_exact(shape: tuple[int, ...]) -> None:
    g, x = np.random.default_rng(1).standard_normal((2, *shape)).astype(np.float32)
    for layout in LAYOUTS if len(shape) > 1 else [np.array]:
        a, b = layout(np.asarray(g)), layout(np.asarray(x))
        for name, expected, found in calls(a, b):
            assert found.shape == shape and np.array_equal(found, expected), (name, layout.__name__)
        assert np.array_equal(a, g) and np.array_equal(b, x)


def test_a_gradient_may_be_computed_in_the_memory_of_its_cotangent(isa: str) -> None:
    """If the layout does not permit it, the result is the same in new memory."""
    g, x = np.random.default_rng(5).standard_normal((2, 6, 50, 7)).astype(np.float32)
    for name, settings in (("relu_x", ()), ("leaky_relu_x", (0.3,))):
        expected = getattr(on_numpy, name)(g, x, *settings)
        assert np.array_equal(getattr(on_numpy, name)(g, x, *settings, True), expected)
        for layout in LAYOUTS:
            for other in (np.ascontiguousarray, layout):
                mine = layout(g).copy() if layout is np.ascontiguousarray else layout(g)
                found = getattr(on_native, name)(mine, other(x), *settings, True)
                assert np.array_equal(found, expected), (name, layout.__name__)
                assert (found is mine) or np.array_equal(mine, g)
        mine = g.copy()
        assert getattr(on_native, name)(mine, x, *settings, True) is mine


def test_cotangents_that_are_scalars_or_broadcast() -> None:
    x = np.asarray(np.float32(2))
    assert on_native.relu_x(np.float32(3), x) == 3 and on_native.leaky_relu_x(np.float32(3), -x, 0.5) == 1.5
    many = np.linspace(-1, 1, 6000, dtype=np.float32).reshape(60, 100)
    repeated = np.broadcast_to(np.float32(3), many.shape)
    assert np.array_equal(on_native.relu_x(repeated, many), np.where(many > 0, np.float32(3), 0))


@pytest.mark.parametrize("dtype", DTYPES)
def test_nan_and_infinity(isa: str, dtype: type) -> None:
    """NaN stays NaN; an infinite cotangent gives 0 where relu is 0; the gradient of relu at 0 is 0."""
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1, -1, np.finfo(dtype).tiny / 2], dtype)
    x, g = (a.ravel() for a in np.meshgrid(np.tile(special, 20), special))
    for name, expected, found in calls(g, x):
        if name == "leaky_relu_x":  # compare with the definition
            expected = np.where(x > 0, g, g * dtype(0.3))
        np.testing.assert_array_equal(found, expected, err_msg=name)
    dropped = on_native.relu_x(np.full(2000, np.inf, dtype), np.zeros(2000, dtype))
    assert not dropped.any() and not np.signbit(dropped).any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_sigmoid_within_three_units_in_the_last_place(isa: str, dtype: type, stale: Any) -> None:
    edge = 86.0 if dtype is np.float32 else 707.0  # beyond this, the result or exp(x) is subnormal
    for size in (*range(40), 30_001):
        x = np.linspace(-edge, edge, size).astype(dtype)
        g = np.random.default_rng(size).standard_normal(size).astype(dtype)
        stale(((size,), dtype))
        y = on_native.sigmoid_y(x)
        exact = 1 / (1 + np.exp(-x.astype(np.longdouble)))
        assert y.dtype == dtype and np.all(abs(y - exact) <= 3 * np.spacing(exact.astype(dtype)))
        gx, expected = on_native.sigmoid_x(g, y), on_numpy.sigmoid_x(g, y)
        assert gx.dtype == dtype and np.all(abs(gx - expected) <= 2 * np.spacing(abs(g * y)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_sigmoid_of_large_and_infinite_values(isa: str, dtype: type) -> None:
    x = np.array([np.inf, -np.inf, np.nan, 0, 1e30, -1e30, 100, -100], dtype)
    found = on_native.sigmoid_y(x)
    np.testing.assert_allclose(found, [1, 0, np.nan, 0.5, 1, 0, 1, 3.720076e-44], rtol=1e-12, atol=1e-43)
    assert np.isnan(on_native.sigmoid_x(np.ones(8, dtype), found)[2])


@pytest.mark.parametrize("dtype", DTYPES)
def test_bias_gradients_of_integers_are_exact(isa: str, dtype: type) -> None:
    rng = np.random.default_rng(2)
    shapes = [(3, 5, 2), (1, 1, 7, 7), (4, 130, 3, 3), (2, 2, 70, 70), (1, 65, 40), (3, 2, 4, 5, 6)]
    for shape in [*shapes, *((2, 3, n) for n in range(1, 70))]:
        y = rng.integers(-4, 5, shape).astype(dtype)
        for layout in LAYOUTS:
            found = on_native.bias_sums(layout(y))
            assert found.dtype == dtype and np.array_equal(found, on_numpy.bias_sums(y)), (shape, layout.__name__)


def test_bias_gradients_of_linear_layers_and_empty_arrays_run_on_numpy() -> None:
    y = np.arange(12.0).reshape(4, 3)
    assert np.array_equal(on_native_or_numpy.bias_sums(y), y.sum(0))
    assert np.array_equal(on_native_or_numpy.bias_sums(np.zeros((0, 3, 2))), np.zeros(3))
    assert np.array_equal(on_native_or_numpy.bias_sums(np.zeros((2, 3, 0))), np.zeros(3))


def test_bias_gradients_are_summed_in_float64(isa: str) -> None:
    y = (np.random.default_rng(3).standard_normal((16, 3, 10_000)) + 1000).astype(np.float32)
    assert np.array_equal(on_native.bias_sums(y), y.sum((0, 2), dtype=np.float64).astype(np.float32))


@pytest.mark.parametrize("dtype", DTYPES)
def test_results_do_not_depend_on_the_number_of_threads(isa: str, dtype: type, threads: Any) -> None:
    g, x = np.random.default_rng(4).standard_normal((2, 5, 37, 29, 31)).astype(dtype)
    found = set()
    for n in THREADS:
        threads(n)
        more = (on_native.bias_sums(x), on_native.sigmoid_y(x), on_native.sigmoid_x(g, x))
        found.add(b"".join(a.tobytes() for a in (*(a for _, _, a in calls(g, x)), *more)))
    assert len(found) == 1


def test_the_extension_rejects_sizes_that_do_not_fit() -> None:
    x = np.zeros(10)
    with pytest.raises(ValueError, match="the same size"):
        extension.compiled.relu_x(x, x[:9])
    with pytest.raises(ValueError, match="the same size"):
        extension.compiled.relu_x_over(x, x[:9])
    with pytest.raises(ValueError, match="the same size"):
        extension.compiled.leaky_relu_x_over(x, x[:9], 0.1)
    with pytest.raises(ValueError, match="the same size"):
        extension.compiled.leaky_relu_x(x, x[:9], 0.1)
    with pytest.raises(ValueError, match="must not be empty"):
        extension.compiled.bias_sums(x)
