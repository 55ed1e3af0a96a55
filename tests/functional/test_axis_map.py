"""Axis maps compared with their matrices, exactly on small integers, for each way to run a map."""

from __future__ import annotations

import numpy as np
import pytest

from rot180.functional import axis_map
from rot180.functional.axis_map import BLOCK, AxisMap, apply


def map_of_matrix(matrix: np.ndarray) -> AxisMap:
    p, i = np.nonzero(matrix)
    return AxisMap(matrix.shape[1], matrix.shape[0], p, i, matrix[p, i])


def banded(rng: np.random.Generator, y_size: int, x_size: int) -> np.ndarray:
    """Small integers near the diagonal, with empty rows and columns."""
    p, i = np.ogrid[:y_size, :x_size]
    near = abs(p * x_size - i * y_size) < 3 * max(x_size, y_size)
    return rng.integers(-3, 4, (y_size, x_size)) * near * rng.integers(0, 2, (y_size, 1)) * 1.0


def copying(k: int, x_size: int) -> np.ndarray:
    return np.repeat(np.eye(x_size), k, axis=0)


def selecting(rng: np.random.Generator, y_size: int, x_size: int) -> np.ndarray:
    return np.eye(x_size)[np.sort(rng.integers(0, x_size, y_size))]


RNG = np.random.default_rng(0)
MATRICES = {
    "banded": banded(RNG, 5, 4),
    "shrinking": banded(RNG, 3, 11),
    "growing blocks": banded(RNG, 2 * BLOCK + 7, BLOCK + 1),
    "shrinking blocks": banded(RNG, BLOCK + 1, 2 * BLOCK + 7),
    "far smaller": banded(RNG, 2, 3 * BLOCK),
    "repeating": copying(3, 4),
    "repeating one cell": copying(4, 1),
    "block sums": copying(3, 4).T,
    "selecting": selecting(RNG, 6, 4),
    "selecting of many": selecting(RNG, 3, 9),
    "adjoint of selecting": selecting(RNG, 6, 4).T,
    "empty output": np.zeros((0, 4)),
    "empty input": np.zeros((4, 0)),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", MATRICES)
def test_a_map_equals_its_matrix_on_every_axis(name: str, dtype: type) -> None:
    matrix = MATRICES[name].astype(dtype)
    m = map_of_matrix(matrix)
    for axis in range(3):
        shape = [2, 3, 3, 2, 5]
        shape[axis + 2] = m.x_size
        x = np.random.default_rng(1).integers(-4, 5, shape).astype(dtype)
        maps = tuple(m if i == axis else None for i in range(3))
        expected = np.moveaxis(np.tensordot(matrix, x, (1, axis + 2)), 0, axis + 2)
        y = apply(x, maps)
        assert y.dtype == dtype
        np.testing.assert_array_equal(y, expected)
        back = apply(y, tuple(m and m.adjoint for m in maps))
        np.testing.assert_array_equal(back, np.moveaxis(np.tensordot(matrix.T, y, (1, axis + 2)), 0, axis + 2))


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 2, 3, 0), (0, 2, 3, 1), (3, 2, 1, 0)])
def test_maps_on_two_axes_in_any_memory_order(order: tuple[int, ...]) -> None:
    rows, columns = MATRICES["banded"], MATRICES["selecting of many"]
    x = RNG.integers(-4, 5, (2, 3, 4, 9)) * 1.0
    laid = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    expected = np.einsum("ph,qw,nchw->ncpq", rows, columns, x)
    np.testing.assert_array_equal(apply(laid, (map_of_matrix(rows), map_of_matrix(columns))), expected)
    gaps = np.repeat(np.repeat(x, 2, 2), 3, 3)[:, :, ::2, ::3]
    np.testing.assert_array_equal(apply(gaps, (map_of_matrix(rows), map_of_matrix(columns))), expected)
    broadcast = np.broadcast_to(x[:1, :1], x.shape)
    expected = np.broadcast_to(expected[:1, :1], expected.shape)
    np.testing.assert_array_equal(apply(broadcast, (map_of_matrix(rows), map_of_matrix(columns))), expected)


def test_each_map_takes_the_intended_path() -> None:
    assert map_of_matrix(MATRICES["repeating"]).copies == 3
    assert map_of_matrix(MATRICES["block sums"]).adjoint.copies == 3
    assert map_of_matrix(np.eye(4)).copies == 1
    assert map_of_matrix(2 * np.eye(4)).copies == 0 and map_of_matrix(2 * np.eye(4)).selected is None
    assert map_of_matrix(MATRICES["selecting"]).selected is not None
    assert map_of_matrix(MATRICES["adjoint of selecting"]).selected is None
    m = map_of_matrix(MATRICES["shrinking blocks"])
    assert m.adjoint.adjoint is m
    assert len(m.blocks) > 1
    assert all(max(matrix.shape) <= BLOCK + 8 for _, _, matrix in m.blocks)


def test_repeated_taps_are_added() -> None:
    m = AxisMap(2, 1, np.array([0, 0, 0]), np.array([1, 1, 0]), np.array([1.0, 2.0, 4.0]))
    np.testing.assert_array_equal(apply(np.array([[[1.0, 10.0]]]), (m,)), [[[34]]])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_infinity_and_nan_reach_only_the_outputs_that_read_them(value: float) -> None:
    matrix = np.abs(np.eye(6)[:, :6] + np.eye(6, k=1))  # y[p] = x[p] + x[p + 1]
    x = np.arange(12.0).reshape(1, 1, 6, 2)
    x[0, 0, 3, 0] = value
    y = apply(x, (map_of_matrix(matrix), None))
    assert [tuple(at) for at in np.argwhere(~np.isfinite(y))[:, 2:]] == [(2, 0), (3, 0)]
    y = apply(x.swapaxes(2, 3).copy(), (None, map_of_matrix(matrix)))
    assert [tuple(at) for at in np.argwhere(~np.isfinite(y))[:, 2:]] == [(0, 2), (0, 3)]


def test_shrinking_maps_run_first_and_growing_maps_last() -> None:
    shrinking, growing = map_of_matrix(MATRICES["shrinking"]), map_of_matrix(MATRICES["banded"])
    assert sorted([(3, growing), (2, shrinking)], key=axis_map._cost) == [(2, shrinking), (3, growing)]
    assert sorted([(2, growing), (3, growing)], key=axis_map._cost)[0][0] == 3
    assert sorted([(3, shrinking), (2, shrinking)], key=axis_map._cost)[0][0] == 2
