"""Gradients that are wrong by the same factor are one mistake."""

from __future__ import annotations

from typing import Any

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
