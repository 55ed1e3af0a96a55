"""The rows of all ops and layers. A public op without a row fails `test_registry.py`."""

from __future__ import annotations

from . import (
    activation_rows,
    border_rows,
    fold_rows,
    linear_rows,
    loss_rows,
    norm_rows,
    resize_rows,
    tape_rows,
    window_rows,
)
from .case import Case

CASES: list[Case] = [
    *tape_rows.CASES,
    *linear_rows.CASES,
    *activation_rows.CASES,
    *loss_rows.CASES,
    *window_rows.CASES,
    *border_rows.CASES,
    *fold_rows.CASES,
    *resize_rows.CASES,
    *norm_rows.CASES,
]
