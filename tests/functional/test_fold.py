"""unfold and fold: values by hand, agreement with the convolution, the adjoint, error messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180.errors import DtypeError, ShapeError

SETTINGS: list[dict[str, Any]] = [
    {"kernel_size": 2},
    {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 0)},
    {"kernel_size": 2, "dilation": (2, 1), "padding": 1, "stride": 2},
    {"kernel_size": 2, "padding": ((1, 0), (0, 2)), "stride": 3},
    {"kernel_size": 3, "padding": "same"},
    {"kernel_size": (1, 3), "padding": (0, 4)},
]


def integers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(np.float64)


def test_columns_by_hand() -> None:
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    columns = F.unfold(x, 2, stride=2)  # windows at rows 0, columns 0 and 2
    assert columns.tolist() == [[[0, 2], [1, 3], [4, 6], [5, 7]]]
    assert F.fold(columns, (3, 4), 2, stride=2).tolist() == [[[[0, 1, 2, 3], [4, 5, 6, 7], [0, 0, 0, 0]]]]


@pytest.mark.parametrize("settings", SETTINGS)
def test_weight_times_columns_equals_the_convolution(settings: dict[str, Any]) -> None:
    x = integers(2, 3, 6, 5)
    kernel = settings["kernel_size"]
    w = integers(4, 3, *(kernel if isinstance(kernel, tuple) else (kernel, kernel)), seed=1)
    conv = F.conv2d(x, w, **{k: v for k, v in settings.items() if k != "kernel_size"})
    assert np.array_equal(w.reshape(4, -1) @ F.unfold(x, **settings), conv.reshape(2, 4, -1))


@pytest.mark.parametrize("settings", SETTINGS)
def test_fold_is_the_adjoint_of_unfold(settings: dict[str, Any]) -> None:
    x = integers(2, 3, 6, 5)
    columns = F.unfold(x, **settings)
    y = integers(*columns.shape, seed=1)
    folded = F.fold(y, (6, 5), **settings)
    assert np.sum(columns * y) == np.sum(x * folded)
    assert np.array_equal(F.fold(y[0], (6, 5), **settings), folded[0])
    assert np.array_equal(F.unfold(x[0], **settings), columns[0])


def test_fold_sums_overlapping_windows() -> None:
    ones = np.ones((1, 1, 3, 3))
    assert F.fold(F.unfold(ones, 2), 3, 2).tolist() == [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.unfold(integers(3, 4), 2),
         r"unfold: input has shape \(3, 4\); 4 dimensions \(batch, channels, space\) or 3 \(no batch\) are needed"),
        (lambda: F.unfold(integers(2, 0, 3, 4), 2),
         r"unfold: input has shape \(2, 0, 3, 4\); only the batch axis may be empty"),
        (lambda: F.unfold(integers(1, 3, 4), 4), r"unfold: the kernel is 4 on spatial axis 0, .* has only 3"),
        (lambda: F.unfold(integers(1, 3, 4), (2, 2, 2)), r"unfold: kernel_size must be an int or 2 ints"),
        (lambda: F.unfold(integers(1, 3, 4), (1.0, 1)), r"unfold: kernel_size must be .* got \(1.0, 1\)"),
        (lambda: F.unfold(integers(1, 3, 4), 1, stride=0), r"unfold: stride must be at least 1"),
        (lambda: F.unfold(integers(1, 3, 4), 1, dilation=True), r"unfold: dilation must be an int or .* got True"),
        (lambda: F.unfold(integers(1, 3, 4), 1, padding=-1), r"unfold: padding must not be negative"),
        (lambda: F.fold(integers(2, 2, 2, 2), 3, 2),
         r"fold: input has shape \(2, 2, 2, 2\); 3 dimensions \(batch, .*\) or 2 \(no batch\) are needed"),
        (lambda: F.fold(integers(6, 4), 3, 2),
         r"fold: input of shape \(6, 4\) has 6 rows; a multiple of the 4 cells of the kernel \(2, 2\)"),
        (lambda: F.fold(integers(8, 5), (3, 3), 2),
         r"fold: input of shape \(8, 5\) has 5 columns; 2 \* 2 = 4 are needed, one per window of .* \(3, 3\)"),
        (lambda: F.fold(integers(4, 4), (3, 0), 2), r"fold: output_size must be at least 1 .* got \(3, 0\)"),
        (lambda: F.fold(integers(4, 4), (3,), 2), r"fold: output_size must be an int or 2 ints"),
        (lambda: F.fold(integers(4, 4), 3, 4), r"fold: the kernel is 4 on spatial axis 0, but the input has only 3"),
    ],
)  # fmt: skip
def test_wrong_arguments_raise(call: Any, message: str) -> None:
    F.unfold(integers(1, 3, 4), 1, dilation=1)  # cached; dilation=True has the same cache key
    with pytest.raises(ShapeError, match=f"^{message}"):
        call()


def test_integer_arrays_raise() -> None:
    with pytest.raises(DtypeError, match=r"^unfold: takes float32 or float64, got int64"):
        F.unfold(np.ones((1, 3, 4), int), 2)
    with pytest.raises(DtypeError, match=r"^fold: takes float32 or float64, got int64"):
        F.fold(np.ones((4, 4), int), 3, 2)
