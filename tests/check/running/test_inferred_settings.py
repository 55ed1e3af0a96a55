"""A kernel size that is written into the code of a pooling is recognised, with its stride and padding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180.check import layer


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "remark"),
    [
        (3, 3, 0, "kernel_size 3 and stride 3 instead of 2 and 2"),
        (3, 1, 1, "kernel_size 3 and stride 1 and padding 1 instead of 2 and 2 and 0"),
        (2, 1, 0, "stride 1 instead of 2"),
    ],
)
@pytest.mark.parametrize("op", ["max_pool2d", "avg_pool2d"])
def test_windows_of_a_pooling_are_recognised(op: str, kernel: int, stride: int, padding: int, remark: str) -> None:
    function, known = getattr(F, op), {"stride": stride, "padding": padding}

    def backward(dy: Any, x: Any) -> Any:
        leaf = rot180.Tensor(x, requires_grad=True)
        (dx,) = rot180.grad(function(leaf, kernel, **known), [leaf], rot180.Tensor(dy))
        return dx.data

    report = layer(lambda x: function(x, kernel, **known), backward, op=op)
    assert report.ok, report.render()
    assert any(f"The forward uses {remark}" in text for text in report.remarks), report.remarks


def test_a_mistake_beside_a_recognised_kernel_is_found() -> None:
    def forward(x: Any) -> Any:
        return F.avg_pool2d(x, 3)

    def backward(dy: Any, x: Any) -> Any:
        dx = np.zeros_like(x)
        for n, c, i, j in np.ndindex(*dy.shape):
            dx[n, c, i * 3 : i * 3 + 3, j * 3 : j * 3 + 3] += dy[n, c, i, j]
        return dx

    report = layer(forward, backward, op="avg_pool2d")
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("scaled", "dx")], report.render()
