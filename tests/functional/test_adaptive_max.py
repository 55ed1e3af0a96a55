"""Maxima over adaptive bins against plain loops over the bins, exactly."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from rot180.functional.adaptive_max import bins, first_maxima, maxima, put, read


def by_loops(x: np.ndarray, sizes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(maxima, flat indices of the first cells that hold them)."""
    y, index = np.empty((*x.shape[:2], *sizes)), np.empty((*x.shape[:2], *sizes), int)
    numbers = np.arange(int(np.prod(x.shape[2:]))).reshape(x.shape[2:])
    for n, c in product(range(x.shape[0]), range(x.shape[1])):
        for p in product(*map(range, sizes)):
            box = tuple(
                slice(i * size // m, -(-(i + 1) * size // m)) for i, size, m in zip(p, x.shape[2:], sizes, strict=True)
            )
            at = int(np.argmax(x[n, c][box]))  # the first NaN, or else the first maximum
            y[(n, c, *p)], index[(n, c, *p)] = x[n, c][box].ravel()[at], numbers[box].ravel()[at]
    return y, index


def test_bins_follow_the_formula_of_pytorch() -> None:
    starts, stops = bins(7, 3)
    assert starts.tolist() == [0, 2, 4] and stops.tolist() == [3, 5, 7]
    starts, stops = bins(2, 3)
    assert starts.tolist() == [0, 0, 1] and stops.tolist() == [1, 2, 2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("space", "sizes"),
    [((7,), (3,)), ((7,), (1,)), ((7,), (9,)), ((7, 5), (3, 4)), ((7, 5), (1, 1)), ((7, 5), (7, 2)), ((8, 6), (2, 3)),
     ((4, 3, 5), (3, 2, 2)), ((4, 3, 5), (1, 3, 7)), ((600,), (2,))],
)  # fmt: skip
def test_maxima_and_first_cells(space: tuple[int, ...], sizes: tuple[int, ...], dtype: type) -> None:
    rng = np.random.default_rng(0)
    for values in (2, 100):  # many ties, few ties
        x = rng.integers(-values, values, (2, 3, *space)).astype(dtype)
        for a in (x, np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 0, -1)), -1, 0), x[:, :, ::-1], x.T.copy().T):
            y, index = by_loops(a, sizes)
            np.testing.assert_array_equal(maxima(a, sizes), y)
            np.testing.assert_array_equal(first_maxima(a, sizes), index)


@pytest.mark.parametrize("sizes", [(1, 1), (2, 2), (3, 2)])
def test_a_nan_is_the_maximum(sizes: tuple[int, int]) -> None:
    x = np.random.default_rng(1).integers(-2, 3, (2, 3, 5, 4)) * 1.0
    x[0, 0, 1, 1] = x[0, 0, 2, 3] = x[1, 2, 4, 0] = np.nan
    x[0, 1] = -np.inf
    y, index = by_loops(x, sizes)
    np.testing.assert_array_equal(maxima(x, sizes), y)
    np.testing.assert_array_equal(first_maxima(x, sizes), index)


def test_put_and_read_are_adjoint() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.integers(-4, 5, (2, 3, 5, 4)) * 1.0, rng.integers(-4, 5, (2, 3, 3, 6)) * 1.0
    index = first_maxima(x, (3, 6))
    np.testing.assert_array_equal(read(x, index), maxima(x, (3, 6)))
    assert np.vdot(put(y, index, (5, 4)), x) == np.vdot(y, read(x, index))
    assert put(y.astype(np.float32), index, (5, 4)).dtype == np.float32
