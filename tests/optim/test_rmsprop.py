"""RMSprop: PyTorch's recorded numbers, two steps by hand, and errors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rot180 import Tensor, optim
from tests.optim.cases import CASES, gradient, start

RECORDED = json.loads(Path(__file__).with_name("recorded_steps.json").read_text(encoding="utf-8"))["steps"]


@pytest.mark.parametrize("case", [case for case, (name, _) in CASES.items() if name == "RMSprop"])
def test_steps_equal_pytorchs(case: str) -> None:
    params = [Tensor(a, requires_grad=True) for a in start()]
    optimizer = optim.RMSprop(params, **CASES[case][1])
    for step, expected in enumerate(RECORDED[case]):
        for p in params:
            p.grad = Tensor(gradient(step, p.data))
        optimizer.step()
        for p, values in zip(params, expected, strict=True):
            np.testing.assert_allclose(p.data.ravel(), values, rtol=1e-13, atol=1e-14)


def test_two_steps_by_hand() -> None:
    p = Tensor(np.array([1.0]), requires_grad=True)
    optimizer = optim.RMSprop([p], lr=0.5, alpha=0.75, eps=0, momentum=0.5)
    p.grad = Tensor(np.array([4.0]))
    optimizer.step()  # v = 4, b = 4 / 2
    assert p.item() == 0.0
    p.grad = Tensor(np.array([2.0]))
    optimizer.step()  # v = 3 + 1, b = 1 + 2 / 2
    assert p.item() == -1.0


def test_the_state_has_pytorchs_names() -> None:
    p = Tensor([1.0], requires_grad=True)
    p.grad = Tensor([1.0])
    optimizer = optim.RMSprop([p])
    optimizer.step()
    assert list(optimizer.state[p]) == ["step", "square_avg"]
    optimizer.param_groups[0].update(momentum=0.9, centered=True)  # PyTorch would fail, as the buffers are missing
    optimizer.step()
    assert set(optimizer.state[p]) == {"step", "square_avg", "momentum_buffer", "grad_avg"}
    assert optimizer.state[p]["step"] == 2


def test_a_constant_gradient_has_no_negative_variance() -> None:
    p = Tensor(np.full(1000, 0.1, np.float32), requires_grad=True)
    p.grad = Tensor(np.random.default_rng(0).uniform(0.5, 2, 1000).astype(np.float32))
    optimizer = optim.RMSprop([p], alpha=0.1, centered=True)
    for _ in range(30):
        optimizer.step()
    assert np.isfinite(p.data).all()


@pytest.mark.parametrize("alpha", [-0.1, 1.0, float("nan")])
def test_alpha_must_lie_between_0_and_1(alpha: float) -> None:
    with pytest.raises(ValueError, match="RMSprop: alpha must be at least 0 and below 1; got"):
        optim.RMSprop([Tensor([1.0], requires_grad=True)], alpha=alpha)


def test_momentum_must_not_be_negative() -> None:
    with pytest.raises(ValueError, match="RMSprop: momentum must be at least 0; got -1"):
        optim.RMSprop([Tensor([1.0], requires_grad=True)], momentum=-1)
