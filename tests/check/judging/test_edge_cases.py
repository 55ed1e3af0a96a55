"""The edge cases: judged once everything else is right, the forward before the gradients, exact in float32."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180.check import LayerReport, layer
from rot180.check.judging.edge_cases import NAME
from tests.mistakes.operations_right import sigmoid, sigmoid_backward
from tests.mistakes.right_loops import conv, conv_backward


def stage(report: LayerReport) -> tuple[bool, str]:
    (found,) = [stage for stage in report.stages if stage.name == NAME]
    return found.passed, found.text


def test_gradients_are_not_blamed_where_the_forward_is_wrong() -> None:
    def forward(x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
        y = conv(x, w, b, stride, padding)
        return y if len(x) > 1 else 2 * y

    def backward(dy: Any, x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
        dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
        return (dx, dw, db) if len(x) > 1 else (2 * dx, 2 * dw, 2 * db)

    report = layer(forward, backward)
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("scaled", "y")], report.render()
    assert not report.unexplained
    assert "exactly where there is one sample" in report.diagnoses[0].explanation
    assert stage(report)[0] is False


def test_several_gradients_can_be_wrong_at_different_sizes() -> None:
    def backward(dy: Any, x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
        dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
        return dx if len(x) > 1 else 2 * dx, dw if w.shape[2:] != (1, 1) else -dw, db

    passed, text = stage(report := layer(conv, backward))
    assert not passed
    assert {d.argument for d in (*report.diagnoses, *report.unexplained)} == {"dx", "dw"}
    assert text.startswith("dx is wrong on 3 of 44 problems")
    assert "; dw is wrong on 3 of 44 problems" in text


def test_float32_is_judged_with_its_own_rounding() -> None:
    report = layer(sigmoid, sigmoid_backward, "sigmoid")
    assert report.ok, report.render()
    assert any("float32" in text for text in report.tried)
    assert not report.notes


@pytest.mark.parametrize("factor", [1.01, 1 + 1e-5])
def test_an_error_in_float32_shows_if_it_is_more_than_rounding(factor: float) -> None:
    def backward(dy: Any, x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
        dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
        return dx * (np.float32(factor) if x.dtype == np.float32 else 1), dw, db

    report = layer(conv, backward)
    assert report.ok == (factor < 1.001)


def test_only_numbers_of_axes_that_the_code_takes_are_tried() -> None:
    def forward(x: Any) -> Any:
        if x.ndim != 2:
            raise ValueError("matrices only")
        return np.tanh(x), np.tanh(x)

    report = layer(forward, lambda dy, y: dy * (1 - y**2), "tanh")
    assert report.ok, report.render()
    assert stage(report) == (True, "right on 8 more problems with unusual sizes and numbers")
