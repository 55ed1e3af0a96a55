"""Interpolation: values by hand, error messages, and agreement with PyTorch for every small pair of sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import Tensor
from rot180.errors import DtypeError, ShapeError

X = np.random.default_rng(0).standard_normal((2, 3, 5, 7)).astype(np.float32)
LINE = np.array([[[1.0, 2.0, 5.0]]])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"scale_factor": 2}, [1, 1, 2, 2, 5, 5]),
        ({"size": 2}, [1, 2]),
        ({"size": 2, "mode": "nearest-exact"}, [1, 5]),
        ({"scale_factor": 2, "mode": "linear"}, [1, 1.25, 1.75, 2.75, 4.25, 5]),
        ({"size": 5, "mode": "linear", "align_corners": True}, [1, 1.5, 2, 3.5, 5]),
        ({"size": 1, "mode": "linear"}, [2]),
        ({"size": 1, "mode": "linear", "align_corners": True}, [1]),
        ({"size": 2, "mode": "area"}, [1.5, 3.5]),
        ({"scale_factor": 2 / 3, "mode": "area"}, [1.5, 3.5]),
        ({"size": 3}, [1, 2, 5]),
    ],
)
def test_values_by_hand(settings: dict[str, Any], expected: list[float]) -> None:
    np.testing.assert_allclose(F.interpolate(LINE, **settings), [[expected]], rtol=1e-15)


def test_bicubic_uses_the_kernel_of_keys() -> None:
    """Halfway between two cells the weights are -3/32, 19/32, 19/32, -3/32; the border cells are repeated."""
    x = np.array([[[[1.0, 2.0, 4.0, 8.0]]]])
    y = F.interpolate(x, size=(1, 7), mode="bicubic", align_corners=True)
    middle = [np.dot([-3, 19, 19, -3], c) / 32 for c in ([1, 1, 2, 4], [1, 2, 4, 8], [2, 4, 8, 8])]
    np.testing.assert_allclose(y, [[[[1, middle[0], 2, middle[1], 4, middle[2], 8]]]], rtol=1e-14)


def test_bilinear_preserves_a_slope_and_bicubic_a_constant() -> None:
    x = np.arange(12.0) * np.ones((1, 2, 5, 1))
    inside = F.interpolate(x, scale_factor=3, mode="bilinear")[..., 6:-6]
    np.testing.assert_allclose(inside, np.broadcast_to((np.arange(6, 30) - 1) / 3, inside.shape), rtol=1e-12)
    np.testing.assert_allclose(F.interpolate(0 * x + 3, scale_factor=(1.7, 0.4), mode="bicubic"), 3, rtol=1e-14)


def test_nearest_ignores_the_factor_of_small_images_of_equal_or_doubled_size() -> None:
    x = np.arange(12.0).reshape(1, 1, 4, 3)
    y = F.interpolate(x, scale_factor=(2.1, 1.3))  # (8, 3)
    np.testing.assert_array_equal(y, np.repeat(x, 2, axis=2))
    line = F.interpolate(x[..., 0], scale_factor=2.1)  # 8 cells; 1-d always uses the factor
    assert line.tolist() == [[[0, 0, 0, 3, 3, 6, 6, 9]]]


def test_coordinates_use_the_scale_factor_unless_it_is_recomputed() -> None:
    x = np.arange(5.0)[None, None]  # 5 * 1.3 is 6.5, so the size is 6 and the ratio of the sizes 1.2
    by_factor = F.interpolate(x, scale_factor=1.3, mode="linear")
    recomputed = F.interpolate(x, scale_factor=1.3, mode="linear", recompute_scale_factor=True)
    np.testing.assert_allclose(by_factor[0, 0, :3], np.maximum((np.arange(3) + 0.5) / 1.3 - 0.5, 0), rtol=1e-12)
    np.testing.assert_allclose(recomputed, F.interpolate(x, size=6, mode="linear"), rtol=1e-12)
    assert abs(by_factor - recomputed).max() > 0.1


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic", "area"])
def test_an_unchanged_size_returns_the_input(mode: str) -> None:
    assert F.interpolate(X, size=(5, 7), mode=mode) is X
    assert F.interpolate(X, scale_factor=1, mode=mode) is X


@pytest.mark.parametrize("settings", [{"scale_factor": 2}, {"size": (8, 9)}, {"scale_factor": 2, "mode": "bilinear"}])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_reach_only_neighbouring_cells(settings: dict[str, Any], value: float) -> None:
    x = X.copy()
    x[0, 0, 2, 3] = value
    y = F.interpolate(x, **settings)
    reached = ~np.isfinite(y)
    assert 1 <= reached.sum() <= 16 and not reached[1:].any() and not reached[:, 1:].any()
    assert np.isfinite(F.interpolate(X, **settings)).all()
    np.testing.assert_allclose(y[~reached], F.interpolate(X, **settings)[~reached], rtol=1e-5, atol=1e-6)


def test_a_cell_with_weight_0_does_not_contribute() -> None:
    x = np.array([[[1.0, 2.0, np.inf]]])
    y = F.interpolate(x, size=5, mode="linear", align_corners=True)
    np.testing.assert_array_equal(y, [[[1, 1.5, 2, np.inf, np.inf]]])


@pytest.mark.parametrize("factor", [2, 3, (1, 4), (5, 1)])
def test_nearest_with_integer_factors_repeats_cells_and_its_gradient_sums_blocks(factor: Any) -> None:
    rows, columns = factor if isinstance(factor, tuple) else (factor, factor)
    x = Tensor(X, requires_grad=True)
    y = F.interpolate(x, scale_factor=factor)
    np.testing.assert_array_equal(y.data, X.repeat(rows, 2).repeat(columns, 3))
    g = np.random.default_rng(1).integers(-4, 5, y.shape).astype(np.float32)
    y.backward(g)
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, g.reshape(2, 3, 5, rows, 7, columns).sum((3, 5)))


@pytest.mark.parametrize(
    ("input", "settings", "error", "message"),
    [
        (X, {}, ValueError, "pass either size or scale_factor; got neither"),
        (X, {"size": 3, "scale_factor": 2}, ValueError, "pass either size or scale_factor; got both"),
        (X, {"size": (3,)}, ShapeError, r"size must be an int or 2 ints, one per spatial axis; got \(3,\)"),
        (X, {"size": 3.0}, ShapeError, "size must be an int or 2 ints, one per spatial axis; got 3.0"),
        (X, {"size": (3, None)}, ShapeError, "size must be an int or 2 ints"),
        (X, {"size": (0, 3)}, ShapeError, r"size \(5, 7\) would become \(0, 3\); every size must be at least 1"),
        (X, {"scale_factor": 0.1}, ShapeError, r"size \(5, 7\) would become \(0, 0\) with scale_factor=0.1; every"),
        (X, {"scale_factor": -1}, ShapeError, r"size \(5, 7\) would become \(-5, -7\) with scale_factor=-1"),
        (X, {"scale_factor": (2,)}, ShapeError, r"scale_factor must be a finite number or 2 of them, .*; got \(2,\)"),
        (X, {"scale_factor": "2"}, ShapeError, "scale_factor must be a finite number or 2 of them, .*; got '2'"),
        (X, {"scale_factor": np.nan}, ShapeError, "scale_factor must be a finite number"),
        (X, {"scale_factor": True}, ShapeError, "scale_factor must be a finite number"),
        (
            X,
            {"size": 3, "mode": "cubic"},
            ValueError,
            "mode must be one of 'nearest', 'nearest-exact', .*; got 'cubic'",
        ),
        (X, {"size": 3, "mode": ["a"]}, ValueError, "mode must be one of"),
        (X, {"size": 3, "mode": "linear"}, ShapeError, r"mode 'linear' needs an input of shape \(N, C, W\); got \(2,"),
        (X[0], {"size": 3, "mode": "bilinear"}, ShapeError, r"mode 'bilinear' needs an input of shape \(N, C, H, W\);"),
        (X[0, 0], {"size": 3}, ShapeError, r"mode 'nearest' needs an input of shape \(N, C, W\) or \(N, C, H"),
        (X[:, :, :0], {"size": 3}, ShapeError, r"input has shape \(2, 3, 0, 7\); its spatial axes must not be empty"),
        (X, {"size": 3, "align_corners": False}, ValueError, "align_corners works only with the modes 'linear', .*"),
        (X, {"size": 3, "mode": "area", "align_corners": True}, ValueError, "align_corners works only with the modes"),
        (
            X,
            {"size": 3, "recompute_scale_factor": True},
            ValueError,
            "recompute_scale_factor=True needs a scale_factor",
        ),
        (X, {"size": 3, "mode": "bilinear", "antialias": True}, ValueError, "antialias=True is not supported; average"),
        (X.astype(int), {"size": 3}, DtypeError, "takes float32 or float64, got int64"),
    ],
)
def test_wrong_arguments_raise(input: Any, settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^interpolate: {message}"):
        F.interpolate(input, **settings)


def test_settings_may_be_lists_and_arrays() -> None:
    assert F.interpolate(X, [3, 4]).shape == (2, 3, 3, 4)
    assert F.interpolate(X, np.array([3, 4])).shape == (2, 3, 3, 4)
    assert F.interpolate(X, scale_factor=[2, 1.5]).shape == (2, 3, 10, 10)
    assert F.interpolate(X, scale_factor=np.array([2, 1.5])).shape == (2, 3, 10, 10)
    assert F.interpolate(X, scale_factor=np.float32(2)).shape == (2, 3, 10, 14)
    assert F.interpolate(X, size=np.int64(4), mode="bilinear").dtype == np.float32


# ---- agreement with PyTorch ----

SIZES = [(n, m, None) for n in range(1, 34) for m in range(1, 34)]
FACTORS = (0.3, 0.5, 2 / 3, 0.7, 1.01, 1.1, 1.3, 1.5, 1.7, 1.9, 2.0, 2.03, 2.5, 3.0, 10 / 3)
SCALES = [(n, None, factor) for n in range(1, 34) for factor in FACTORS if int(n * factor) > 0]


def matrices(interpolate: Any, eye: Any, n: int, m: int | None, factor: float | None, mode: str, **corners: Any) -> Any:
    """The matrix of the map on one axis: the outputs for the unit vectors, one per channel."""
    settings: dict[str, Any] = {"size": m} if factor is None else {"scale_factor": factor}
    x = eye[:n, :n][None]
    if mode == "bicubic":
        settings = {name: (1, value) for name, value in settings.items()}
        return interpolate(x[:, :, None], mode=mode, **settings, **corners)[0, :, 0]
    return interpolate(x, mode=mode, **settings, **corners)[0]


@pytest.mark.peers
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
def test_nearest_reads_the_same_cells_as_pytorch(mode: str, dtype: type) -> None:
    import torch

    ours, theirs = np.eye(33, dtype=dtype), torch.tensor(np.eye(33, dtype=dtype))
    larger = [(n, m, None) for n in (49, 96, 333) for m in (7, 50, 111, 224, 500)]
    for n, m, factor in [*SIZES, *SCALES, *larger]:
        if n > len(ours):
            ours, theirs = np.eye(n, dtype=dtype), torch.tensor(np.eye(n, dtype=dtype))
        expected = matrices(torch.nn.functional.interpolate, theirs, n, m, factor, mode).numpy()
        matrix = matrices(F.interpolate, ours, n, m, factor, mode)
        assert np.array_equal(matrix, expected), (n, m, factor)


@pytest.mark.peers
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
@pytest.mark.parametrize("space", [(3, 2), (4, 5), (1, 7), (60, 3), (5, 61), (70, 40), (3, 4, 5)])
def test_factors_that_keep_or_double_the_size_agree_with_pytorch(space: tuple[int, ...], mode: str) -> None:
    """In these cases PyTorch uses the sizes of a small image and ignores the factor."""
    import torch

    x = np.random.default_rng(0).standard_normal((2, 3, *space))
    for factor in (*FACTORS, 2.1, 2.2, (1.1, 2.3, 1.5)[: len(space)]):
        if np.min(np.multiply(space, factor)) < 1:
            continue
        expected = torch.nn.functional.interpolate(torch.tensor(x), scale_factor=factor, mode=mode).numpy()
        assert np.array_equal(F.interpolate(x, scale_factor=factor, mode=mode), expected), factor


@pytest.mark.peers
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("mode", ["linear", "bicubic"])
def test_weights_agree_with_pytorch(mode: str, corners: bool, dtype: type) -> None:
    import torch

    ours, theirs = np.eye(33, dtype=dtype), torch.tensor(np.eye(33, dtype=dtype))
    tolerance = 40 * np.finfo(dtype).eps  # the rounding error of coordinates up to 33
    for n, m, factor in [*SIZES, *SCALES]:
        expected = matrices(torch.nn.functional.interpolate, theirs, n, m, factor, mode, align_corners=corners).numpy()
        matrix = matrices(F.interpolate, ours, n, m, factor, mode, align_corners=corners)
        assert matrix.dtype == dtype and matrix.shape == expected.shape
        assert abs(matrix - expected).max() < tolerance, (n, m, factor)
