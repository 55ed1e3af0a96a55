"""Layers, losses and optimizers together: training lowers the loss, and the same seed gives the same result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180 import manual_seed, nn, optim


def run(make: Any, **options: Any) -> list[float]:
    manual_seed(3)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3), nn.Tanh(), nn.Flatten(),
        nn.Dropout(0.1), nn.Linear(32, 3),
    )  # fmt: skip
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((24, 1, 8, 8)).astype(np.float32), rng.integers(0, 3, 24)
    loss_of, optimizer = nn.CrossEntropyLoss(), make(net.parameters(), **options)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = loss_of(net(x), t)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (optim.SGD, {"lr": 0.2}),
        (optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
        (optim.Adam, {"lr": 0.01}),
    ],
)
def test_two_convolutions_learn_random_labels(make: Any, options: dict[str, Any]) -> None:
    losses = run(make, **options)
    assert losses[-1] < 0.5 * losses[0]
    assert run(make, **options) == losses
