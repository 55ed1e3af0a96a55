"""Messages of the checker in the words of the command."""

from __future__ import annotations

import pytest

from rot180.check import LayerReport
from rot180.check.report import Diagnosis
from rot180.cli.option_names import in_options, report_in_options


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("for example backward_arguments=('dy', 'cache')", "for example --backward-arguments dy,cache"),
        ("in order with forward_arguments=", "in order with --forward-arguments"),
        ("pass returns= to state the order.", "pass --returns to state the order."),
        ("for example padding=1.", "for example --padding 1."),
        ("pass the kernel_size", "pass the --kernel-size"),
        ("backward_arguments contains 'q'", "--backward-arguments contains 'q'"),
        ("stride=(2, 1)", "--stride 2,1"),
        ('convention="convolution"', "--convention convolution"),
        ("the code's padding stays; x=3, y == 1", "the code's padding stays; x=3, y == 1"),
        (
            "conv2d has no setting 'eps', 'q'; its settings are stride, kernel_size",
            "conv2d has no setting --eps, q; its settings are --stride, --kernel-size",
        ),
    ],
)
def test_arguments_become_options(text: str, shown: str) -> None:
    assert in_options(text) == shown


def test_the_code_in_a_finding_keeps_its_keywords() -> None:
    finding = Diagnosis("forward-flipped", "y", 'check with convention="convolution"', "np.pad(x, stride=2)")
    report = LayerReport("conv2d", "f", "correlation", (), (finding,), remarks=("pass padding=1",))
    found = report_in_options(report)
    assert found.remarks == ("pass --padding 1",) and found.diagnoses[0].fix == "np.pad(x, stride=2)"
    assert found.diagnoses[0].explanation == "check with --convention convolution"
