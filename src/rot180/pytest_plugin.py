"""A fixture for pytest, so that a course can grade with it; pytest finds it where rot180 is installed.

    def test_my_layer(rot180_check):
        rot180_check(conv_forward, conv_backward, op="conv2d", stride=2)

The test fails with the report: which gradient is wrong, which mistake it is, and the smallest case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .check.findings import LayerReport


@pytest.fixture
def rot180_check() -> Callable[..., LayerReport]:
    """`check.layer`, but a wrong layer fails the test; returns the report of a right one."""

    def run(
        forward: Callable[..., Any], backward: Callable[..., Any], op: str = "conv2d", **settings: Any
    ) -> LayerReport:
        from .check import layer

        report = layer(forward, backward, op, **settings)
        if not report.ok:
            pytest.fail(report.render(), pytrace=False)
        return report

    return run
