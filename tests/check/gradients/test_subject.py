"""check.gradients on Modules: inputs and parameters, on a copy, in the current mode of the Module."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180 import check, nn
from rot180.errors import GradientError


def network() -> nn.Sequential:
    rot180.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.Tanh(), nn.MaxPool2d(2), nn.Dropout(0.3), nn.Flatten(), nn.Linear(8, 3)
    )


@pytest.mark.parametrize("mode", ["full", "random"])
@pytest.mark.parametrize("order", [1, 2])
def test_network_is_right(order: int, mode: str) -> None:
    x = np.random.default_rng(1).standard_normal((2, 1, 4, 4)).astype(np.float32)
    report = check.gradients(network(), x, order=order, mode=mode)
    assert report.ok, str(report)
    assert report.op == "Sequential"
    assert report.compared == {1: 32 + 18 + 2 + 24 + 3, 2: 32 + 18 + 2 + 24 + 3 + 6}[order] or mode == "random"


def test_module_is_left_alone() -> None:
    module = network()
    before = {name: p.data.copy() for name, p in module.named_parameters()}
    check.assert_gradients(module, np.ones((1, 1, 4, 4), np.float32), mode="random")
    for name, p in module.named_parameters():
        assert p.dtype == np.float32 and p.grad is None and np.array_equal(p.data, before[name])
    assert module.training


class Wrong(nn.Module):
    """A linear layer whose bias gradient has the wrong factor."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, input: Any) -> Any:
        b = self.linear.bias
        return F.linear(input, self.linear.weight, b * 2.0 - b.detach())


def test_wrong_parameter_has_its_name_from_named_parameters() -> None:
    report = check.gradients(Wrong(), np.ones((4, 3)))
    assert [f.argument for f in report.failures] == ["linear.bias"]
    with pytest.raises(GradientError, match=r"Wrong: gradients of order 1 are WRONG(.|\n)*linear\.bias"):
        check.assert_gradients(Wrong(), np.ones((4, 3)))


def test_frozen_parameters_are_not_checked() -> None:
    module = Wrong()
    module.linear.bias.requires_grad_(False)
    assert check.gradients(module, np.ones((4, 3))).ok


def test_parameter_with_the_name_of_an_input() -> None:
    class Scale(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.x = nn.Parameter(np.ones(3, np.float32))

        def forward(self, x: Any) -> Any:
            return (x * self.x).detach()

    report = check.gradients(Scale(), np.ones(3))
    assert [f.argument for f in report.failures] == ["x", "parameter x"]


def test_kinks_of_a_module_are_notes() -> None:
    report = check.gradients(nn.ReLU(), np.array([0.0, 1.0]))
    assert report.ok and [note.slug for note in report.notes] == ["at-a-kink"]
