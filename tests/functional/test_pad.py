"""pad: what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180.errors import DtypeError, ShapeError


@pytest.mark.parametrize(
    ("pad", "message"),
    [
        ((1,), "pad has 1 numbers; a pair for each of at most 2 axes is needed"),
        ((1,) * 6, "pad has 6 numbers; a pair for each of at most 2 axes"),
        (1, "pad must be a sequence of ints, .* got 1"),
        ((1.5, 1), r"pad must be a sequence of ints, \(left, right, top, bottom, ...\); got \(1.5, 1\)"),
        ((-2, -2), r"\(-2, -2\) takes more cells away than input of shape \(2, 3\) has"),
    ],
)
def test_other_widths_are_refused(pad: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^pad: {message}"):
        F.pad(np.ones((2, 3), np.float32), pad)


def test_integers_and_other_modes_are_refused() -> None:
    with pytest.raises(DtypeError, match=r"^pad: takes float32 or float64, got int64"):
        F.pad(np.ones((2, 3), int), (1, 1))
    with pytest.raises(ValueError, match=r"^pad: mode 'reflect' is not there; 'constant' is"):
        F.pad(np.ones((2, 3), np.float32), (1, 1), "reflect")


def test_all_cells_may_be_taken_away() -> None:
    assert F.pad(np.ones((2, 3)), (-1, -2)).shape == (2, 0)
