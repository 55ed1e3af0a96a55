"""The texts of a report: factors of losses, and where an unexplained error is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180 import check
from tests.mistakes import operations_right as right


def cross_entropy_parts(x: Any, t: Any) -> tuple[Any, Any]:
    """The losses of the samples, and their gradients."""
    p = right.softmax(x)
    onehot = np.eye(x.shape[1])[t]
    return -np.log((p * onehot).sum(1)), p - onehot


CROSS_ENTROPY = {
    "dx not divided": (lambda v, g, n, c: (v.mean(), g), "dx", "multiplied by N", "divide by N here: dx / len(x)"),
    "dx divided twice": (
        lambda v, g, n, c: (v.mean(), g / n / n), "dx", "divided by N", "do not divide by N a second time",
    ),
    "dx by all predictions": (
        lambda v, g, n, c: (v.mean(), g / (n * c)), "dx", "divided by the number of predictions per sample",
        "divide by N only: dx / len(x)",
    ),
    "both not divided": (
        lambda v, g, n, c: (v.sum(), g), "y", "multiplied by N", "divide by N here: loss / len(x)",
    ),
    "loss by all predictions": (
        lambda v, g, n, c: (v.sum() / (n * c), g / n), "y", "divided by the number of predictions per sample",
        "divide by N only: loss / len(x)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CROSS_ENTROPY)
def test_factor_of_a_loss_says_where_to_divide(name: str) -> None:
    change, argument, variant, fix = CROSS_ENTROPY[name]

    def loss(x: Any, t: Any) -> Any:
        return change(*cross_entropy_parts(x, t), *x.shape)

    report = check.layer(loss, None, "softmax_cross_entropy", reduction="mean")
    first = next(d for d in report.diagnoses if d.argument == argument)
    assert first.slug == "scaled"
    assert variant in first.explanation, str(report)
    assert first.fix.startswith(fix), str(report)
    assert "leave" not in str(report)


@pytest.mark.parametrize(
    ("factor", "fix"),
    [(lambda x: 1 / x.size, "the derivative of"), (lambda x: 2 / len(x), "divide by all predictions")],
)
def test_factor_of_mean_squares(factor: Any, fix: str) -> None:
    report = check.layer(right.mse, lambda x, t: factor(x) * (x - t), "mse_loss")
    assert report.diagnoses[0].fix.startswith(fix), str(report)


def test_loss_that_ignores_a_dy_without_a_default() -> None:
    report = check.layer(
        right.cross_entropy, lambda dy, x, t: right.cross_entropy_backward(1, x, t), "softmax_cross_entropy"
    )
    assert "does not depend on dy" in report.diagnoses[0].explanation
    assert report.diagnoses[0].fix == "multiply by dy: dx = dy * ..."
