"""A wrong forward is named first, and a backward that is right for the definition is not blamed for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from rot180.check import LayerReport, layer
from tests.mistakes.right_loops import conv_backward


def found(report: LayerReport) -> list[tuple[str, str]]:
    return [(d.slug, d.argument) for d in (*report.diagnoses, *report.unexplained)]


def test_bias_inside_the_sum_is_a_fault_of_the_forward() -> None:
    def forward(x: Any, w: Any, b: Any) -> Any:
        view = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (2, 3)).transpose(0, 2, 3, 1, 4, 5)
        return np.stack([(view * w[o] + b[o]).sum((3, 4, 5)) for o in range(len(w))], 1)

    report = layer(forward, lambda dy, x, w, b: conv_backward(dy, x, w, b))
    assert found(report) == [("bias-added-repeatedly", "y")], report.render()
    (stage,) = [stage for stage in report.stages if stage.name == "db"]
    assert stage.passed
    assert "right for the forward of the definition" in stage.text
    assert any("db is right for the forward of the definition" in remark for remark in report.remarks)


def test_sigmoid_of_the_negative_is_a_fault_of_the_forward() -> None:
    def forward(x: Any) -> Any:
        y = 1 / (1 + np.exp(x))
        return y, y

    report = layer(forward, lambda dy, y: dy * y * (1 - y), op="sigmoid")
    assert found(report) == [("sign-inverted", "y")], report.render()


def cross_entropy(x: Any, t: Any) -> Any:
    shifted = np.exp(x - x.max(1, keepdims=True))
    p = shifted / shifted.sum(1, keepdims=True)
    return -np.log(p[np.arange(len(t)), t]).mean(), (p, t)


def gradient(cache: Any) -> Any:
    p, t = cache
    dx = p.copy()
    dx[np.arange(len(t)), t] -= 1
    return dx / len(t)


def test_a_loss_may_ignore_dy_if_dy_has_a_default() -> None:
    report = layer(cross_entropy, lambda cache, dout=1: gradient(cache), op="softmax_cross_entropy")
    assert report.ok, report.render()
    (note,) = report.notes
    assert note.slug == "dy-ignored"
    assert "multiply the result by dy" in note.explanation


def test_a_loss_that_requires_dy_must_use_it() -> None:
    report = layer(cross_entropy, lambda dout, cache: gradient(cache), op="softmax_cross_entropy")
    assert found(report) == [("scaled", "dx")], report.render()


def test_a_loss_that_ignores_dy_can_be_wrong() -> None:
    report = layer(cross_entropy, lambda cache, dout=1: gradient(cache) * len(cache[1]), op="softmax_cross_entropy")
    assert found(report) == [("scaled", "dx")], report.render()
    assert "multiplied by N" in report.diagnoses[0].explanation


def test_a_loss_that_uses_its_default_dy_gets_no_note() -> None:
    report = layer(cross_entropy, lambda cache, dout=1: dout * gradient(cache), op="softmax_cross_entropy")
    assert report.ok, report.render()
    assert not report.notes
