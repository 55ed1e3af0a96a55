"""A pytest fixture that checks layers, for example to grade homework. pytest loads it automatically.

    def test_my_layer(rot180_check):
        rot180_check(conv_forward, conv_backward, op="conv2d", stride=2)

If the layer is wrong, the test fails and shows the report: the wrong gradient, the mistake and the smallest failing
case. If the check cannot run, for example because the layer raises, the test fails with a message of one line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .check.report import LayerReport


@pytest.fixture
def rot180_check() -> Callable[..., LayerReport]:
    """Check a layer like `check.layer`, fail the test if the layer is wrong, and return the report."""

    def run(
        forward: Callable[..., Any] | None = None,
        backward: Callable[..., Any] | None = None,
        op: str = "conv2d",
        **settings: Any,
    ) -> LayerReport:
        from .check import layer
        from .errors import Rot180Error

        report, failure = None, ""
        try:
            report = layer(forward, backward, op, **settings)
        except (Rot180Error, TypeError, ValueError) as error:  # GradientError: the layer raised
            failure = str(error)
        if report is None or not report.ok:  # not in the `except` block, where pytest would show both errors
            pytest.fail(report.render() if report is not None else failure, pytrace=False)
        return report

    return run
