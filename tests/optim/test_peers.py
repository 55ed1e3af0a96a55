"""The optimisers compared with the installed PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

from rot180 import Tensor, optim
from tests.optim.cases import CASES, STEPS, gradient, start

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_step_equals_pytorchs(case: str, dtype: str) -> None:
    import torch

    name, options = CASES[case]
    ours = [Tensor(a.astype(dtype), requires_grad=True) for a in start()]
    theirs = [torch.nn.Parameter(torch.tensor(a.astype(dtype))) for a in start()]
    optimizers = getattr(optim, name)(ours, **options), getattr(torch.optim, name)(theirs, **options)
    tolerance = 1e-13 if dtype == "float64" else 2e-6
    for step in range(STEPS):
        for p, q in zip(ours, theirs, strict=True):
            g = gradient(step, q.detach().numpy()).astype(dtype)
            p.grad, q.grad = Tensor(g), torch.tensor(g)
        for optimizer in optimizers:
            optimizer.step()
        for p, q in zip(ours, theirs, strict=True):
            assert p.data.dtype == dtype
            np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("case", ["sgd everything", "adam amsgrad", "adamw everything", "rmsprop everything"])
def test_training_continues_from_a_pytorch_state_dict(case: str) -> None:
    import torch

    name, options = CASES[case]
    theirs = [torch.nn.Parameter(torch.tensor(a)) for a in start()]
    peer = getattr(torch.optim, name)(theirs, **options)

    def step(params: list, make: type, optimizer: object, number: int) -> None:
        for p in params:
            p.grad = make(gradient(number, p.detach().numpy()))
        optimizer.step()  # type: ignore[attr-defined]

    step(theirs, torch.tensor, peer, 0)
    ours = [Tensor(q.detach().numpy().copy(), requires_grad=True) for q in theirs]
    optimizer = getattr(optim, name)(ours, lr=7)
    optimizer.load_state_dict(peer.state_dict())
    step(theirs, torch.tensor, peer, 1)
    step(ours, Tensor, optimizer, 1)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-13)
    assert set(optimizer.state[ours[0]]) == set(peer.state[theirs[0]])
    missing = set(optimizer.param_groups[0]) - set(peer.param_groups[0])
    assert not missing
