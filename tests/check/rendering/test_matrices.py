"""Matrices side by side: enough digits to tell a wrong number from the correct one."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from rot180 import check
from rot180.check.rendering.matrices import digits_that_differ
from tests.mistakes import operations_right as right


@pytest.mark.parametrize(
    ("actual", "expected", "digits"), [(1.0, 2.0, 6), (2.2417201, 2.2417207, 8), (1 + 1e-9, 1.0, 10), (np.nan, 1.0, 6)]
)
def test_numbers_that_differ_look_different(actual: float, expected: float, digits: int) -> None:
    assert digits_that_differ(np.array([actual]), np.array([expected])) == digits


def test_small_error_is_visible_in_the_report() -> None:
    def sigmoid_backward(dout: Any, y: Any) -> Any:
        return dout * y * (1 - y) + 3e-6

    (found,) = check.layer(right.sigmoid, sigmoid_backward, "sigmoid").unexplained
    wrong, correct = re.findall(r"\[([^][,]+)\]\s+(\S+)$", found.picture, re.MULTILINE)[-1]
    assert wrong != correct
