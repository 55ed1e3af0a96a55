"""A pytest fixture that checks layers, for example to grade a course; pytest finds it if rot180 is installed.

    def test_my_layer(rot180_check):
        rot180_check(conv_forward, conv_backward, op="conv2d", stride=2)

The test fails with the report: the wrong gradient, the mistake and the smallest failing case. If there is no report, it
fails with one line: the layer raises or exits, or the operation does not have the setting.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .check.report import LayerReport


@pytest.fixture
def rot180_check() -> Callable[..., LayerReport]:
    """Check a layer like `check.layer`, and fail the test if it is wrong; returns the report."""

    def run(
        forward: Callable[..., Any], backward: Callable[..., Any] | None = None, op: str = "conv2d", **settings: Any
    ) -> LayerReport:
        from .check import layer
        from .errors import Rot180Error

        report, failure = None, ""
        try:
            report = layer(forward, backward, op, **settings)
        except (Rot180Error, TypeError, ValueError) as error:  # GradientError: the layer raised
            failure = str(error)
        except SystemExit as leave:
            failure = f"check.layer: {getattr(backward or forward, '__name__', 'it')} called sys.exit({leave.code!r})"
        if report is None or not report.ok:  # inside `except`, pytest would show both errors
            pytest.fail(report.render() if report is not None else failure, pytrace=False)
        return report

    return run
