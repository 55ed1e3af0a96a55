"""SGD: PyTorch's recorded numbers, one step by hand, and errors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rot180 import Tensor, optim
from tests.optim.cases import CASES, gradient, start

RECORDED = json.loads(Path(__file__).with_name("recorded_steps.json").read_text(encoding="utf-8"))["steps"]


@pytest.mark.parametrize("case", [case for case, (name, _) in CASES.items() if name == "SGD"])
def test_steps_equal_pytorchs(case: str) -> None:
    params = [Tensor(a, requires_grad=True) for a in start()]
    optimizer = optim.SGD(params, **CASES[case][1])
    for step, expected in enumerate(RECORDED[case]):
        for p in params:
            p.grad = Tensor(gradient(step, p.data))
        optimizer.step()
        for p, values in zip(params, expected, strict=True):
            np.testing.assert_allclose(p.data.ravel(), values, rtol=1e-13, atol=1e-14)


def test_two_nesterov_steps_by_hand() -> None:
    p = Tensor(np.array([1.0]), requires_grad=True)
    optimizer = optim.SGD([p], lr=0.5, momentum=0.5, nesterov=True)
    p.grad = Tensor(np.array([1.0]))
    optimizer.step()  # v = 1, p = 1 - 0.5 * (1 + 0.5 * 1)
    assert p.item() == 0.25
    optimizer.step()  # v = 1.5, p = 0.25 - 0.5 * (1 + 0.5 * 1.5)
    assert p.item() == -0.625


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9, "dampening": 0.1}])
def test_nesterov_needs_momentum_and_no_dampening(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="nesterov needs momentum above 0 and dampening 0; got momentum="):
        optim.SGD([Tensor([1.0], requires_grad=True)], nesterov=True, **options)


def test_momentum_must_not_be_negative() -> None:
    with pytest.raises(ValueError, match="SGD: momentum must be at least 0; got -1"):
        optim.SGD([Tensor([1.0], requires_grad=True)], momentum=-1)


def test_without_momentum_there_is_no_state() -> None:
    p = Tensor([1.0], requires_grad=True)
    p.grad = Tensor([1.0])
    optimizer = optim.SGD([p])
    optimizer.step()
    assert optimizer.state_dict()["state"] == {}
