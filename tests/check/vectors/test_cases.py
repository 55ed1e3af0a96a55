"""The sets: the same op, name and seed give the same cases with the same numbers, and every case has its own folder."""

from __future__ import annotations

import numpy as np
import pytest

from rot180.check.operations.convolution import CONVOLUTIONS
from rot180.check.vectors.cases import SETS, VectorSet


@pytest.mark.parametrize("op", CONVOLUTIONS)
@pytest.mark.parametrize("name", SETS)
def test_cases_are_determined_and_distinct(op: str, name: str) -> None:
    first, again = (VectorSet(CONVOLUTIONS[op], name, 4).problems() for _ in range(2))
    assert list(first) == list(again)
    for folder, problem in first.items():
        same = again[folder]
        assert np.array_equal(problem.dy, same.dy)
        assert all(np.array_equal(a, same.arrays[key]) for key, a in problem.arrays.items())
        assert problem.case.describe().startswith(f"{folder}: x (") and "/" not in folder
    other = VectorSet(CONVOLUTIONS[op], name, 5).problems()
    assert list(other) == list(first)
    assert not any(np.array_equal(problem.dy, first[folder].dy) for folder, problem in other.items())
