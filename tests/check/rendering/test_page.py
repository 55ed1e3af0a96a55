"""The HTML page of a report: the explainer is open on each wrong cell, and text of the user's code is escaped."""

from __future__ import annotations

from rot180.check import Diagnosis, LayerReport, layer
from rot180.check.rendering.page import page
from tests.mistakes.right_loops import conv, conv_backward


def test_right_layer_has_no_explainer():
    html = page(layer(lambda x, w, b: conv(x, w, b), lambda dy, x, w, b: conv_backward(dy, x, w, b)))
    assert "The forward and its gradients are right" in html and "<iframe" not in html


def test_explainer_is_open_for_each_example():
    def backward(dy, x, w, b):
        dx, dw, db = conv_backward(dy, x, w, b)
        return -dx, dw[..., ::-1, ::-1], 2 * db

    html = page(layer(lambda x, w, b: conv(x, w, b), backward))
    assert html.count("<iframe") == 2  # db has no example
    assert "<details" not in html
    assert "dx, dw and db are wrong." in html
    for anchor in ("dx-sign-inverted", "dw-dw-rotated", "db-scaled"):
        assert f'<a href="#{anchor}">' in html and f'<section id="{anchor}">' in html


def test_text_of_the_code_is_escaped():
    note = Diagnosis("low-precision", "y", "<b>", "")
    html = page(LayerReport("relu", "<script>", "correlation", (), (), notes=(note,), refused=("<i> (no)",)))
    assert "<script>" not in html and "<b>" not in html and "<i>" not in html
    assert "note: y: <code>low-precision</code>" in html
