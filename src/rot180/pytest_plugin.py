"""A fixture for pytest, so that a course can grade with it; pytest finds it where rot180 is installed.

    def test_my_layer(rot180_check):
        rot180_check(conv_forward, conv_backward, op="conv2d", stride=2)

The test fails with the report: which gradient is wrong, which mistake it is, and the smallest case. Where there is no
report it fails with a line that says why: the layer raises, or leaves, or the operation has no such setting.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .check.report import LayerReport


@pytest.fixture
def rot180_check() -> Callable[..., LayerReport]:
    """`check.layer`, but a wrong layer fails the test; returns the report of a right one."""

    def run(
        forward: Callable[..., Any], backward: Callable[..., Any] | None = None, op: str = "conv2d", **settings: Any
    ) -> LayerReport:
        from .check import layer
        from .errors import Rot180Error

        report, failure = None, ""
        try:
            report = layer(forward, backward, op, **settings)
        except (Rot180Error, TypeError, ValueError) as error:  # what the layer raises is in a GradientError's message
            failure = str(error)
        except SystemExit as leave:
            failure = f"check.layer: {getattr(backward or forward, '__name__', 'it')} called sys.exit({leave.code!r})"
        if report is None or not report.ok:  # not in the except clauses: pytest would tell both
            pytest.fail(report.render() if report is not None else failure, pytrace=False)
        return report

    return run
