"""linear: error messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180.errors import DtypeError, ShapeError


def ones(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    return np.ones(shape, dtype)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((ones(2, 3), ones(4, 2)), ShapeError, r"input of shape \(2, 3\) and weight of shape \(4, 2\) do not fit"),
        (
            (ones(2, 3), ones(4, 3, 1)),
            ShapeError,
            r"weight of shape \(4, 3, 1\) do not fit; \(\.\.\., in\) and \(out, in\) are needed",
        ),
        ((ones(), ones(4, 3)), ShapeError, r"input of shape \(\) and weight of shape \(4, 3\) do not fit"),
        ((ones(2, 3), ones(4, 3), ones(3)), ShapeError, r"bias has shape \(3,\); \(4,\) is needed"),
        (
            (ones(2, 3), ones(4, 3, dtype=np.float64)),
            DtypeError,
            "got float32 and float64; all must have the same dtype",
        ),
        (
            (ones(2, 3), ones(4, 3), ones(4, dtype=np.float64)),
            DtypeError,
            "all must have the same dtype: convert with .astype",
        ),
        ((ones(2, 3, dtype=np.int64), ones(4, 3)), DtypeError, "input has dtype int64; float32 or float64 is needed"),
        (([[1.0, 2.0]], ones(4, 2)), DtypeError, "input must be a Tensor or an array, got list; use np.asarray"),
        ((ones(2, 3), None), DtypeError, "weight must be a Tensor or an array, got NoneType"),
    ],
)
def test_wrong_arguments_raise(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^linear: .*{message}"):
        F.linear(*arguments)
