"""The search: simple combinations first, right ones before accepted ones, and an end to the tries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rot180.check import layer, operations
from rot180.check.adapter import form_choices
from rot180.check.adapter.form_choices import MOST, cost_of, forms
from rot180.check.adapter.forms import Form
from rot180.check.running.form_search import MOST_FORWARDS
from rot180.errors import GradientError
from tests.mistakes import right_transposed
from tests.mistakes.right_loops import conv, conv_backward

CONV = operations.find("conv2d")


def test_forms_come_by_their_cost_and_once() -> None:
    found = forms(CONV, Form(), ("x", "w", "b"), ("stride", "padding"))
    assert found[0] == Form()
    costs = [cost_of(form, Form()) for form in found]
    assert costs == sorted(costs)
    assert costs[-1] <= MOST
    assert len(set(found)) == len(found)
    assert Form(weight="last", absent=frozenset("N"), vectors="row", per_axis=frozenset({"stride"})) in found


def test_operations_have_only_forms_that_fit() -> None:
    assert forms(operations.find("relu"), Form(), ("x",), ()) == [Form()]
    assert {form.absent for form in forms(operations.find("max_pool2d"), Form(), ("x",), ())} == {
        frozenset(), frozenset("N"), frozenset("C"), frozenset("NC"),
    }  # fmt: skip
    assert Form(one_hot=True) in forms(operations.find("softmax_cross_entropy"), Form(), ("x", "t"), ())
    assert Form("columns") in forms(operations.find("linear"), Form(), ("x", "w", "b"), ())
    assert not any(form.vectors == "number" for form in forms(CONV, Form(), ("x", "w"), ()))


def counting(function: Callable[..., Any]) -> tuple[Callable[..., Any], list[int]]:
    calls: list[int] = []

    def forward(x: Any, w: Any, b: Any) -> Any:
        calls.append(1)
        return function(x, w, b)

    return forward, calls


def test_code_that_accepts_everything_and_is_never_right_is_not_tried_forever() -> None:
    forward, calls = counting(lambda x, w, b: np.zeros((1, 1)))

    def backward(dy: Any, x: Any, w: Any, b: Any) -> Any:
        raise ValueError("nothing fits")

    with pytest.raises(GradientError, match=r"the backward, backward, refused every case.*nothing fits"):
        layer(forward, backward)
    assert len(calls) < 3 * MOST_FORWARDS


@pytest.mark.parametrize("changing", [False, True])
def test_an_error_that_is_always_the_same_ends_the_search(changing: bool) -> None:
    calls: list[int] = []

    def forward(x: Any, w: Any, b: Any) -> Any:
        calls.append(1)
        raise ValueError(f"error {len(calls) if changing else 0}")

    with pytest.raises(GradientError, match=r"refused every case.*error"):
        layer(forward, lambda dy, x, w, b: conv_backward(dy, x, w, b))
    assert len(calls) > 300 if changing else len(calls) < 150


def test_right_forms_are_preferred_to_accepted_ones() -> None:
    """Code for one image, of which a batch of one with wrong results is accepted too."""

    def forward(x: Any, w: Any, b: Any) -> Any:
        if x.ndim == 4 and (len(x) > 1 or w.shape[2] != w.shape[3]):
            raise ValueError("one image")
        return conv(x[None], w, b)[0] if x.ndim == 3 else np.zeros((1, 1, 1, 1))

    def backward(dy: Any, x: Any, w: Any, b: Any) -> Any:
        if x.ndim == 4:
            return 0 * x, 0 * w, 0 * b
        dx, dw, db = conv_backward(dy[None], x[None], w, b)
        return dx[0], dw, db

    report = layer(forward, backward)
    assert report.ok, report.render()
    assert any("one image without an axis for the batch" in remark for remark in report.remarks)


def test_a_right_usual_form_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_choices, "forms", lambda *_: pytest.fail("searched"))
    report = layer(conv, conv_backward)
    assert report.ok
    assert not report.remarks


def test_code_that_refuses_every_case_is_not_judged_in_a_form_that_happens_to_fit() -> None:
    """With a kernel of one cell, w in another order has the same number of axes and can be used by mistake."""
    forward, backward = next((e.forward, e.backward) for e in right_transposed.ENTRIES if e.name == "by zeros")
    with pytest.raises(GradientError, match="NotImplementedError: padding beyond the kernel"):
        layer(forward, backward, "conv_transpose2d", kernel_size=1, padding=1, stride=3)


def test_a_form_that_is_right_on_some_cases_is_used_to_judge_the_others() -> None:
    """One image, a tuple of sizes, square images; and the height of the window is used for its width."""

    def forward(x: Any, size: Any) -> Any:
        (c, h, w), (k, _) = x.shape, size
        assert h == w
        return x[:, : h // k * k, : w // k * k].reshape(c, h // k, k, w // k, k).mean((2, 4))

    def backward(dy: Any, x: Any, size: Any) -> Any:
        (k, _), dx = size, np.zeros_like(x)
        dx[:, : k * dy.shape[1], : k * dy.shape[2]] = dy.repeat(k, 1).repeat(k, 2) / k**2
        return dx

    report = layer(forward, backward, "avg_pool2d")
    assert "square images only" in report.title
    assert {d.argument for d in (*report.diagnoses, *report.unexplained)} == {"y"}, report.render()
    assert layer(forward, backward, "avg_pool2d", kernel_size=2, stride=2).ok
