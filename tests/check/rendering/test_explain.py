"""Gradients that are wrong by the same factor are one mistake."""

from __future__ import annotations

from typing import Any

import numpy as np

from rot180.check import layer


def linear(x: Any, w: Any, b: Any) -> Any:
    return x @ w.T + b


def test_the_same_factor_is_one_diagnosis() -> None:
    report = layer(linear, lambda dy, x, w, b: (dy @ w, dy.T @ x / len(x), dy.sum(0) / len(x)), op="linear")
    (diagnosis,) = report.diagnoses
    assert (diagnosis.slug, diagnosis.argument) == ("scaled", "dw, db")
    assert diagnosis.explanation.endswith("The same holds for db.")


def test_different_factors_are_two_diagnoses() -> None:
    report = layer(linear, lambda dy, x, w, b: (dy @ w, dy.T @ x / len(x), -dy.sum(0)), op="linear")
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("scaled", "dw"), ("sign-inverted", "db")]


def test_an_average_that_is_not_divided_has_a_text_of_its_own() -> None:
    def forward(x: Any) -> Any:
        n, c, h, w = x.shape
        return x[:, :, : h // 2 * 2, : w // 2 * 2].reshape(n, c, h // 2, 2, w // 2, 2).mean((3, 5))

    def backward(dy: Any, x: Any) -> Any:
        dx = np.zeros_like(x)
        dx[:, :, : 2 * dy.shape[2], : 2 * dy.shape[3]] = dy.repeat(2, 2).repeat(2, 3)
        return dx

    (diagnosis,) = layer(forward, backward, op="avg_pool2d").diagnoses
    assert "the gradient of each cell is dy divided by this number" in diagnosis.explanation
    assert diagnosis.fix == "divide dy by the number of window cells, for example dy / (k * k)"
