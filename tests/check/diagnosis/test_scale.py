"""Factors: known ones, constants, those that depend on sizes, and differences that are not a factor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180 import check
from tests.check.diagnosis.test_search import Gradients, found, judged
from tests.mistakes.right_loops import conv, conv_backward


def test_constant_factor() -> None:
    report = judged(lambda dx, dw, db: (dx, 0.003 * dw, db))
    assert found(report) == [("scaled", "dw")]
    assert "multiplied by 0.003." in report.diagnoses[0].explanation


def test_sign_and_size_are_separate() -> None:
    report = judged(lambda dx, dw, db: (-dx / len(dx), dw, db))
    assert found(report) == [("sign-inverted", "dx"), ("scaled", "dx")]
    assert "divided by N." in report.diagnoses[1].explanation


LAWS = {
    "divided by 2 * N (0.25 where N = 2, 0.166667 where N = 3)": lambda dx, dw, db: (dx, dw / (2 * len(dx)), db),
    "multiplied by 3 / N (1.5 where N = 2, 1 where N = 3)": lambda dx, dw, db: (dx, 3 * dw / len(dx), db),
    "divided by input channels * kernel cells (0.0833333 where": lambda dx, dw, db: (
        dx, dw / dw[0].size, db,
    ),
    "multiplied by result channels / N (1.5 where N = 2 and result channels = 3": lambda dx, dw, db: (
        dx, dw * len(dw) / len(dx), db,
    ),
    "multiplied by 0.841471 where N = 2, 0.909297 where N = 3": lambda dx, dw, db: (dx, dw * np.sin(len(dx) - 1.0), db),
}  # fmt: skip


@pytest.mark.parametrize("factor", LAWS)
def test_factor_that_depends_on_sizes(factor: str) -> None:
    report = judged(LAWS[factor])
    assert found(report) == [("scaled", "dw")], str(report)
    assert f"Your dw is the correct gradient {factor}" in report.diagnoses[0].explanation


def test_factor_of_a_single_cell_is_not_reported() -> None:
    """Any two numbers are parallel."""

    def backward(dout: Any, x: Any, w: Any, b: Any) -> Gradients:
        dx, dw, db = conv_backward(dout[None, None], x[None, None], w[None, None], np.array([b]))
        return dx[0, 0], dw[0, 0], np.sin(db) * x.size

    def forward(x: Any, w: Any, b: Any) -> Any:
        return conv(x[None, None], w[None, None], np.array([b]))[0, 0]

    report = check.layer(forward, backward, layout="hw")
    assert not report.diagnoses
    assert [d.argument for d in report.unexplained] == ["db"]


@pytest.mark.parametrize("divisor", [lambda dx: 3, lambda dx: 3 * len(dx), lambda dx: dx.shape[2] * dx.shape[3]])
def test_float32_rounding_is_not_a_factor(divisor: Any) -> None:
    def rounded(n: int) -> float:
        return float(np.float32(1 / n)) * n

    assert not judged(lambda dx, dw, db: (dx, dw * rounded(divisor(dx)), db)).diagnoses


def test_factor_that_changes_between_cases_is_not_reported() -> None:
    report = judged(lambda dx, dw, db: (dx * (1.5 + abs(dw).sum()), dw, db))
    assert not report.diagnoses
    assert [d.argument for d in report.unexplained] == ["dx"]
