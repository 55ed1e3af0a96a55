"""A backward without a forward is compared with the gradients of the operation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180.check import layer
from tests.mistakes.right_loops import conv_backward


def stages(report: Any) -> dict[str, bool]:
    return {stage.name: stage.passed for stage in report.stages}


def test_right_backward_is_accepted_with_its_settings_varied() -> None:
    report = layer(backward=conv_backward)
    assert report.ok, report.render()
    assert stages(report) == dict.fromkeys(["forward", "dx", "dw", "db", "edge cases"], True)
    assert "left out" in report.stages[0].text
    assert any("stride 2, padding 1" in case for case in report.tried)


def test_wrong_backward_is_named() -> None:
    def rotated(dy: Any, x: Any, w: Any, b: Any, stride: int = 1, padding: int = 0) -> Any:
        dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
        return dx, dw[..., ::-1, ::-1], db

    report = layer(backward=rotated)
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("dw-rotated", "dw")], report.render()


def test_backward_of_channels_last_and_of_the_result() -> None:
    def last(dy: Any, x: Any, w: Any, b: Any) -> Any:
        first = (a.transpose(0, 3, 1, 2) for a in (dy, x))
        dx, dw, db = F.conv2d_backward(*first, w.transpose(3, 2, 0, 1))
        return dx.transpose(0, 2, 3, 1), dw.transpose(2, 3, 1, 0), db

    report = layer(backward=last, layout="channels_last")
    assert report.ok, report.render()
    assert layer(backward=lambda dy, y: dy * y * (1 - y), op="sigmoid").ok
    assert not layer(backward=lambda dy, y: dy * y, op="sigmoid").ok


def test_loss_and_fixed_settings() -> None:
    assert layer(backward=lambda x, t: 2 * (x - t) / x.size, op="mse_loss").ok
    assert layer(backward=lambda dy, x, w, b: F.conv2d_backward(dy, x, w, stride=2), stride=2).ok


def test_other_convention() -> None:
    def convolution(dy: Any, x: Any, w: Any, b: Any) -> Any:
        dx, dw, db = F.conv2d_backward(dy, x, np.flip(w, (2, 3)))
        return dx, np.flip(dw, (2, 3)), db

    assert layer(backward=convolution, convention="convolution").ok
    assert not layer(backward=convolution).ok


def test_a_cache_needs_a_forward() -> None:
    with pytest.raises(TypeError, match=r"takes a cache, which only a forward returns.*a backward of dy, x$"):
        layer(backward=lambda dy, cache: dy, op="relu")
    with pytest.raises(TypeError, match=r"got neither a forward nor a backward; pass at least a backward"):
        layer(op="relu")
