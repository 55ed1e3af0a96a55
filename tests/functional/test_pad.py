"""pad: the four modes against numpy.pad, their adjoints against the definition, and what is refused."""

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

NUMPYS = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
COPYING = ("reflect", "replicate", "circular")


def integers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(np.float64)


@pytest.mark.parametrize("mode", NUMPYS)
def test_every_width_of_two_axes_is_numpys(mode: str) -> None:
    x = integers(2, 3, 4)
    rows, columns = (range(3 if mode == "reflect" else 4), range(4 if mode == "reflect" else 5))
    for top, bottom, left, right in product(rows, rows, columns, columns):
        expected = np.pad(x, ((0, 0), (top, bottom), (left, right)), NUMPYS[mode])
        assert np.array_equal(F.pad(x, (left, right, top, bottom), mode), expected)


@pytest.mark.parametrize("mode", COPYING)
@pytest.mark.parametrize("pads", [((2, 1),), ((0, 2),), ((1, 2), (2, 0)), ((1, 1), (0, 2), (2, 1))])
def test_folding_is_the_adjoint(mode: str, pads: Any) -> None:
    """Exactly: by the definition of a gradient, one unit at a time, and in both directions on the tape."""
    x = integers(2, *(3, 4, 3)[: len(pads)])
    y = integers(*add_border("op", x, pads, mode).shape, seed=1)
    folded = fold_border("op", y, pads, mode)
    assert np.array_equal(folded, oracle.gradient(lambda a: add_border("op", a, pads, mode), x, y))
    assert np.sum(add_border("op", x, pads, mode) * y) == np.sum(x * folded)
    leaf = Tensor(y, requires_grad=True)
    (back,) = rot180.grad(fold_border("op", leaf, pads, mode), leaf, Tensor(x))
    assert np.array_equal(back.data, add_border("op", x, pads, mode))


@pytest.mark.parametrize("mode", COPYING)
def test_any_number_of_the_last_axes(mode: str) -> None:
    x = integers(2, 3, 3)
    assert np.array_equal(F.pad(x[0, 0], (1, 2), mode), np.pad(x[0, 0], (1, 2), NUMPYS[mode]))
    assert np.array_equal(F.pad(x, (1, 0), mode), np.pad(x, ((0, 0), (0, 0), (1, 0)), NUMPYS[mode]))
    assert np.array_equal(F.pad(x, (1,) * 6, mode), np.pad(x, 1, NUMPYS[mode]))


@pytest.mark.parametrize(
    ("mode", "pad", "expected"),
    [
        ("constant", (-1, 2), [2, 3, 0, 0]),
        ("reflect", (-1, 2), [2, 3, 2, 1]),  # the mirror shows what was cut off
        ("reflect", (-3, 2), [2, 1]),
        ("reflect", (1, -3), [2]),
        ("replicate", (-1, 2), [2, 3, 3, 3]),
        ("replicate", (-4, 5), [3, 3, 3, 3]),
        ("circular", (-1, 2), [2, 3, 2, 3]),  # the circle closes without what was cut off
        ("circular", (2, -1), [1, 2, 1, 2]),
        ("circular", (-2, -1), []),
    ],
)
def test_negative_numbers_take_cells_away(mode: str, pad: Any, expected: list[int]) -> None:
    """As in PyTorch; `tests/battery` has the gradients."""
    x = np.array([1.0, 2.0, 3.0])
    assert F.pad(x, pad, mode).tolist() == expected


def test_the_widths_come_as_any_sequence_of_ints() -> None:
    x = np.ones((2, 3))
    for pad in ([1, 2], np.array([1, 2]), (np.int64(1), 2)):
        assert F.pad(x, pad, "replicate").shape == (2, 6)


def test_nothing_to_do_gives_the_input_back() -> None:
    x = np.ones((2, 3))
    for mode in NUMPYS:
        assert F.pad(x, (0, 0), mode) is x and F.pad(x, (), mode) is x
    assert add_border("op", x, ((0, 0),), "reflect") is x and fold_border("op", x, ((0, 0),), "reflect") is x


def test_all_cells_may_be_taken_away() -> None:
    assert F.pad(np.ones((2, 3)), (-1, -2)).shape == (2, 0)
    assert F.pad(np.ones((2, 3)), (-3, 2), value=4).tolist() == [[4, 4], [4, 4]]


def test_the_order_in_memory_is_kept() -> None:
    x = np.asfortranarray(integers(5, 6))
    for mode in NUMPYS:
        assert F.pad(x, (1, 1, 1, 1), mode).flags.f_contiguous


@pytest.mark.parametrize(
    ("pad", "message"),
    [
        ((1,), "pad has 1 numbers; a pair for each of at most 2 axes is needed"),
        ((1,) * 6, "pad has 6 numbers; a pair for each of at most 2 axes"),
        (1, "pad must be a sequence of ints, .* got 1"),
        ((1.5, 1), r"pad must be a sequence of ints, \(left, right, top, bottom, ...\); got \(1.5, 1\)"),
        ((1.0, 1), r"pad must be a sequence of ints, .* got \(1.0, 1\)"),
        ((True, 1), r"pad must be a sequence of ints, .* got \(True, 1\)"),
        (None, "pad must be a sequence of ints, .* got None"),
        ((-2, -2), r"\(-2, -2\) takes more cells away than input of shape \(2, 3\) has"),
        ((-4, 5), r"\(-4, 5\) takes more cells away than input of shape \(2, 3\) has"),
    ],
)
def test_other_widths_are_refused(pad: Any, message: str) -> None:
    F.pad(np.ones((2, 3), np.float32), (1, 1))  # so that what equals these widths has been remembered
    with pytest.raises(ShapeError, match=f"^pad: {message}"):
        F.pad(np.ones((2, 3), np.float32), pad)


@pytest.mark.parametrize(
    ("mode", "pad", "message"),
    [
        ("reflect", (3, 0), r"a border of 3 on axis 1 of shape \(2, 3\) is too wide for .*reflect'; .* smaller than 3"),
        ("reflect", (0, 0, 1, 2), r"a border of 2 on axis 0 of shape \(2, 3\) .* smaller than 2"),
        ("circular", (1, 4), r"a border of 4 on axis 1 of shape \(2, 3\) is too wide for .*circular'; .* at most 3"),
        ("circular", (-2, 2), r"a border of 2 on axis 1 of shape \(2, 1\) .* at most 1"),
        ("reflect", (-2, -2), r"\(-2, -2\) takes more cells away"),
    ],
)  # fmt: skip
def test_too_wide_a_border_is_refused(mode: str, pad: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^pad: {message}"):
        F.pad(np.ones((2, 3)), pad, mode)


def test_a_border_needs_a_cell_to_copy() -> None:
    for mode in COPYING:
        with pytest.raises(ShapeError, match=r"^pad: a border of 1 on axis 1 of shape \(2, 0\) is too wide"):
            F.pad(np.ones((2, 0)), (1, 1), mode)
    assert F.pad(np.ones((2, 0)), (1, 1)).shape == (2, 2)


def test_the_other_arguments() -> None:
    x = np.ones((2, 3), np.float32)
    with pytest.raises(DtypeError, match=r"^pad: takes float32 or float64, got int64"):
        F.pad(np.ones((2, 3), int), (1, 1))
    message = r"^pad: mode must be one of 'constant', 'reflect', 'replicate', 'circular'; got 'symmetric'"
    with pytest.raises(ValueError, match=message):
        F.pad(x, (1, 1), "symmetric")
    with pytest.raises(ValueError, match=r"^pad: value is for mode 'constant'; with 'reflect' the cells are copies"):
        F.pad(x, (1, 1), "reflect", 1.0)
    with pytest.raises(DtypeError, match=r"^pad: value must be a number; got 'a'"):
        F.pad(x, (1, 1), "constant", "a")
