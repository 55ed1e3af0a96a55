"""Adam and AdamW: PyTorch's recorded numbers, one step by hand, and errors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rot180 import Tensor, optim
from tests.optim.cases import CASES, gradient, start

RECORDED = json.loads(Path(__file__).with_name("recorded_steps.json").read_text(encoding="utf-8"))["steps"]


@pytest.mark.parametrize("case", [case for case, (name, _) in CASES.items() if name in ("Adam", "AdamW")])
def test_steps_equal_pytorchs(case: str) -> None:
    params = [Tensor(a, requires_grad=True) for a in start()]
    name, options = CASES[case]
    optimizer = getattr(optim, name)(params, **options)
    for step, expected in enumerate(RECORDED[case]):
        for p in params:
            p.grad = Tensor(gradient(step, p.data))
        optimizer.step()
        for p, values in zip(params, expected, strict=True):
            np.testing.assert_allclose(p.data.ravel(), values, rtol=1e-13, atol=1e-14)


def test_the_first_step_has_the_size_of_lr() -> None:
    p = Tensor(np.array([1.0, 1.0]), requires_grad=True)
    p.grad = Tensor(np.array([1e-3, -50.0]))
    optim.Adam([p], lr=0.125, eps=0).step()  # m / sqrt(v) is the sign of the gradient
    np.testing.assert_allclose(p.data, [0.875, 1.125], rtol=1e-15)


@pytest.mark.parametrize("betas", [(1.0, 0.9), (0.9, -0.1), (0.9,), 0.9])
def test_betas_must_lie_between_0_and_1(betas: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="Adam: betas must be two numbers of at least 0 and below 1; got"):
        optim.Adam([Tensor([1.0], requires_grad=True)], betas=betas)  # type: ignore[arg-type]


def test_eps_must_not_be_negative() -> None:
    with pytest.raises(ValueError, match="Adam: eps must be at least 0; got -1"):
        optim.Adam([Tensor([1.0], requires_grad=True)], eps=-1)


def test_parameters_added_later_count_their_own_steps() -> None:
    p, q = (Tensor(np.array([1.0]), requires_grad=True) for _ in range(2))
    optimizer = optim.Adam([p, q], lr=0.5, eps=0)
    p.grad = Tensor(np.array([1.0]))
    optimizer.step()
    q.grad = Tensor(np.array([1.0]))
    optimizer.step()
    assert [optimizer.state[t]["step"] for t in (p, q)] == [2, 1]
    assert q.item() == pytest.approx(0.5, rel=1e-14)


def test_without_a_first_moment_a_small_gradient_after_a_large_one_is_not_lost() -> None:
    p = Tensor(np.zeros(1, np.float32), requires_grad=True)
    optimizer = optim.Adam([p], betas=(0.0, 0.999))
    for g in (1e4, 1e-5):
        p.grad = Tensor(np.array([g], np.float32))
        optimizer.step()
    np.testing.assert_array_equal(optimizer.state[p]["exp_avg"], np.array([1e-5], np.float32))


def test_decoupled_decay_shrinks_the_parameter_by_lr_times_weight_decay() -> None:
    p = Tensor(np.array([2.0]), requires_grad=True)
    p.grad = Tensor(np.array([0.0]))
    optim.AdamW([p], lr=0.5, weight_decay=0.25).step()  # the gradient is 0, so Adam itself does nothing
    assert p.item() == 2.0 * (1 - 0.5 * 0.25)
    optim.AdamW([p], lr=0.5, weight_decay=0).step()
    assert p.item() == 1.75


def test_adamw_decays_by_default_and_errors_name_it() -> None:
    p = Tensor([1.0], requires_grad=True)
    assert optim.AdamW([p]).param_groups[0]["weight_decay"] == 1e-2
    with pytest.raises(ValueError, match="AdamW: weight_decay must be at least 0; got -1"):
        optim.AdamW([p], weight_decay=-1)
