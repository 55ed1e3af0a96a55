"""The cases of a convolution exist for every possible setting."""

from __future__ import annotations

import pytest

import rot180.functional as F
from rot180.check import layer, operations


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("padding", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_transposed_convolution_has_cases_for_a_large_padding(axes: int, padding: int, stride: int) -> None:
    definition = operations.find(f"conv_transpose{axes}d")
    cases = list(definition.cases({"stride": stride, "padding": padding}, (), "correlation"))
    assert len(cases) > 1
    assert all(min(definition.y_shape(case)) > 0 for case in cases)


def test_a_transposed_convolution_with_a_large_padding_is_right() -> None:
    report = layer(
        lambda x, w, b: F.conv_transpose3d(x, w, b, padding=2),
        lambda dy, x, w, b: F.conv_transpose3d_backward(dy, x, w, padding=2),
        op="conv_transpose3d", stride=1, padding=2,
    )  # fmt: skip
    assert report.ok, report.render()
