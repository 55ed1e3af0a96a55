"""pad: agreement of the four modes with numpy.pad, adjoints by the definition of a gradient, error messages."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180 import Tensor
from rot180.errors import DtypeError, ShapeError
from rot180.functional.pad import add_border, fold_border
from tests import oracle

NUMPY_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
COPY_MODES = ("reflect", "replicate", "circular")


def integers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(np.float64)


@pytest.mark.parametrize("mode", NUMPY_MODES)
def test_all_paddings_of_two_axes_agree_with_numpy(mode: str) -> None:
    x = integers(2, 3, 4)
    rows, columns = (range(3 if mode == "reflect" else 4), range(4 if mode == "reflect" else 5))
    for top, bottom, left, right in product(rows, rows, columns, columns):
        expected = np.pad(x, ((0, 0), (top, bottom), (left, right)), NUMPY_MODES[mode])
        assert np.array_equal(F.pad(x, (left, right, top, bottom), mode), expected)


@pytest.mark.parametrize("mode", COPY_MODES)
@pytest.mark.parametrize("pads", [((2, 1),), ((0, 2),), ((1, 2), (2, 0)), ((1, 1), (0, 2), (2, 1))])
def test_fold_border_is_the_adjoint_of_add_border(mode: str, pads: Any) -> None:
    """Exact on integers: by the definition of a gradient, by the inner product, and by the recorded gradient."""
    x = integers(2, *(3, 4, 3)[: len(pads)])
    y = integers(*add_border("op", x, pads, mode).shape, seed=1)
    folded = fold_border("op", y, pads, mode)
    assert np.array_equal(folded, oracle.gradient(lambda a: add_border("op", a, pads, mode), x, y))
    assert np.sum(add_border("op", x, pads, mode) * y) == np.sum(x * folded)
    leaf = Tensor(y, requires_grad=True)
    (back,) = rot180.grad(fold_border("op", leaf, pads, mode), leaf, Tensor(x))
    assert np.array_equal(back.data, add_border("op", x, pads, mode))


@pytest.mark.parametrize("mode", COPY_MODES)
def test_any_number_of_last_axes_is_padded(mode: str) -> None:
    x = integers(2, 3, 3)
    assert np.array_equal(F.pad(x[0, 0], (1, 2), mode), np.pad(x[0, 0], (1, 2), NUMPY_MODES[mode]))
    assert np.array_equal(F.pad(x, (1, 0), mode), np.pad(x, ((0, 0), (0, 0), (1, 0)), NUMPY_MODES[mode]))
    assert np.array_equal(F.pad(x, (1,) * 6, mode), np.pad(x, 1, NUMPY_MODES[mode]))


@pytest.mark.parametrize(
    ("mode", "pad", "expected"),
    [
        ("constant", (-1, 2), [2, 3, 0, 0]),
        ("reflect", (-1, 2), [2, 3, 2, 1]),  # the copies include the cropped cell
        ("reflect", (-3, 2), [2, 1]),
        ("reflect", (1, -3), [2]),
        ("replicate", (-1, 2), [2, 3, 3, 3]),
        ("replicate", (-4, 5), [3, 3, 3, 3]),
        ("circular", (-1, 2), [2, 3, 2, 3]),  # the cropped cell is not copied
        ("circular", (2, -1), [1, 2, 1, 2]),
        ("circular", (-2, -1), []),
    ],
)
def test_negative_numbers_crop(mode: str, pad: Any, expected: list[int]) -> None:
    """As in PyTorch; `tests/battery` tests the gradients."""
    x = np.array([1.0, 2.0, 3.0])
    assert F.pad(x, pad, mode).tolist() == expected


def test_pad_may_be_any_sequence_of_ints() -> None:
    x = np.ones((2, 3))
    for pad in ([1, 2], np.array([1, 2]), (np.int64(1), 2)):
        assert F.pad(x, pad, "replicate").shape == (2, 6)


def test_padding_by_0_returns_the_input() -> None:
    x = np.ones((2, 3))
    for mode in NUMPY_MODES:
        assert F.pad(x, (0, 0), mode) is x and F.pad(x, (), mode) is x
    assert add_border("op", x, ((0, 0),), "reflect") is x and fold_border("op", x, ((0, 0),), "reflect") is x


def test_all_cells_may_be_cropped() -> None:
    assert F.pad(np.ones((2, 3)), (-1, -2)).shape == (2, 0)
    assert F.pad(np.ones((2, 3)), (-3, 2), value=4).tolist() == [[4, 4], [4, 4]]


def test_the_memory_order_of_the_input_is_kept() -> None:
    x = np.asfortranarray(integers(5, 6))
    for mode in NUMPY_MODES:
        assert F.pad(x, (1, 1, 1, 1), mode).flags.f_contiguous


@pytest.mark.parametrize(
    ("pad", "message"),
    [
        ((1,), "pad has 1 numbers; a pair per axis, for at most 2 axes, is needed"),
        ((1,) * 6, "pad has 6 numbers; a pair per axis, for at most 2 axes"),
        (1, "pad must be a sequence of ints, .* got 1"),
        ((1.5, 1), r"pad must be a sequence of ints, \(left, right, top, bottom, ...\); got \(1.5, 1\)"),
        ((1.0, 1), r"pad must be a sequence of ints, .* got \(1.0, 1\)"),
        ((True, 1), r"pad must be a sequence of ints, .* got \(True, 1\)"),
        (None, "pad must be a sequence of ints, .* got None"),
        ((-2, -2), r"pad \(-2, -2\) removes more cells than the input of shape \(2, 3\) has"),
        ((-4, 5), r"pad \(-4, 5\) removes more cells than the input of shape \(2, 3\) has"),
    ],
)
def test_wrong_pads_raise(pad: Any, message: str) -> None:
    F.pad(np.ones((2, 3), np.float32), (1, 1))  # cached; (True, 1) and (1.0, 1) have the same cache key
    with pytest.raises(ShapeError, match=f"^pad: {message}"):
        F.pad(np.ones((2, 3), np.float32), pad)


@pytest.mark.parametrize(
    ("mode", "pad", "message"),
    [
        ("reflect", (3, 0), r"a border of 3 on axis 1 of shape \(2, 3\) is too wide for .*reflect'; .* smaller than 3"),
        ("reflect", (0, 0, 1, 2), r"a border of 2 on axis 0 of shape \(2, 3\) .* smaller than 2"),
        ("circular", (1, 4), r"a border of 4 on axis 1 of shape \(2, 3\) is too wide for .*circular'; .* at most 3"),
        ("circular", (-2, 2), r"a border of 2 on axis 1 of shape \(2, 1\) .* at most 1"),
        ("reflect", (-2, -2), r"pad \(-2, -2\) removes more cells"),
    ],
)  # fmt: skip
def test_a_border_that_is_too_wide_raises(mode: str, pad: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^pad: {message}"):
        F.pad(np.ones((2, 3)), pad, mode)


def test_an_empty_axis_has_no_cell_to_copy() -> None:
    for mode in COPY_MODES:
        with pytest.raises(ShapeError, match=r"^pad: a border of 1 on axis 1 of shape \(2, 0\) is too wide for mode"):
            F.pad(np.ones((2, 0)), (1, 1), mode)
    assert F.pad(np.ones((2, 0)), (1, 1)).shape == (2, 2)


def test_wrong_inputs_modes_and_values_raise() -> None:
    x = np.ones((2, 3), np.float32)
    with pytest.raises(DtypeError, match=r"^pad: takes float32 or float64, got int64"):
        F.pad(np.ones((2, 3), int), (1, 1))
    message = r"^pad: mode must be one of 'constant', 'reflect', 'replicate', 'circular'; got 'symmetric'"
    with pytest.raises(ValueError, match=message):
        F.pad(x, (1, 1), "symmetric")
    with pytest.raises(ValueError, match=r"^pad: value works only with mode 'constant'; omit it for mode 'reflect'"):
        F.pad(x, (1, 1), "reflect", 1.0)
    with pytest.raises(DtypeError, match=r"^pad: value must be a number; got 'a'"):
        F.pad(x, (1, 1), "constant", "a")
