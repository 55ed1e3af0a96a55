"""Weight updates of a run: optimizers and schedules by name, warm-up, clipping, and restoring the settings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from rot180 import nn, optim
from rot180.optim import lr_scheduler
from rot180.tape import Tensor
from rot180.train.optimization import OPTIMIZERS, SCHEDULES, Optimization


def model() -> nn.Module:
    layer = nn.Linear(3, 1, bias=False)
    layer.weight.data[...] = 1.0
    return layer


def make_optimization(net: nn.Module, **settings: Any) -> Optimization:
    defaults = {"optimizer": "sgd", "lr": 1.0, "weight_decay": None, "schedule": "constant", "warm_up": 0.0}
    return Optimization(net, **(defaults | {"clip_norm": None, "steps": 20} | settings))


def record_rates(**settings: Any) -> list[float]:
    """The learning rate of each of 20 steps."""
    net = model()
    optimization, rates = make_optimization(net, **settings), []
    for _ in range(20):
        rates.append(optimization.lr)
        optimization.step(net(np.zeros((1, 3), np.float32)).sum())
    return rates


HALF_COSINE = [(1 + math.cos(math.pi * i / 20)) / 2 for i in range(20)]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [1.0] * 20),
        ("cosine", HALF_COSINE),
        ("step", [1.0] * 10 + [0.1] * 5 + [0.01] * 5),
        ("plateau", [1.0] * 20),  # changes between epochs only
        (lambda o, steps: lr_scheduler.StepLR(o, steps // 4, 0.5), [2.0 ** -(i // 5) for i in range(20)]),
    ],
)  # fmt: skip
def test_the_learning_rate_of_every_step(schedule: Any, expected: list[float]) -> None:
    np.testing.assert_allclose(record_rates(schedule=schedule), expected, rtol=1e-12)


def test_one_cycle_rises_and_falls() -> None:
    rates = record_rates(schedule="one-cycle")
    assert rates[0] == pytest.approx(1 / 25)
    assert max(rates) == pytest.approx(1.0)
    assert 4 <= int(np.argmax(rates)) <= 6
    assert rates[-1] == pytest.approx(1 / 25e4)


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_warm_up_rises_and_then_the_schedule_begins(schedule: str) -> None:
    rates = record_rates(schedule=schedule, warm_up=0.2)
    np.testing.assert_allclose(rates[:4], [0.2, 0.4, 0.6, 0.8])
    assert rates[4] == pytest.approx(1.0)
    rest = [1.0] * 16 if schedule == "constant" else [(1 + math.cos(math.pi * i / 16)) / 2 for i in range(16)]
    np.testing.assert_allclose(rates[4:], rest)


def test_plateau_lowers_the_rate_after_three_epochs_without_a_lower_loss() -> None:
    optimization = make_optimization(model(), schedule="plateau")
    rates = []
    for loss in [1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]:
        optimization.end_epoch(loss)
        rates.append(optimization.lr)
    assert rates == pytest.approx([1.0] * 5 + [0.1] * 2)


def test_a_large_gradient_is_clipped() -> None:
    net = model()
    make_optimization(net, clip_norm=2.0).step(net(np.array([[30.0, 0.0, 40.0]], np.float32)).sum())
    np.testing.assert_allclose(net.weight.data, [[1 - 1.2, 1.0, 1 - 1.6]], rtol=1e-5)


def test_a_small_gradient_is_not_clipped() -> None:
    net = model()
    make_optimization(net, clip_norm=100.0).step(net(np.array([[3.0, 0.0, 4.0]], np.float32)).sum())
    np.testing.assert_allclose(net.weight.data, [[-2.0, 1.0, -3.0]], rtol=1e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_has_a_default_rate_and_updates_the_weights(name: str) -> None:
    net = model()
    optimization = make_optimization(net, optimizer=name, lr=None, weight_decay=0.01)
    assert optimization.lr == OPTIMIZERS[name][1]
    assert optimization.settings["weight_decay"] == 0.01
    optimization.step(net(np.ones((1, 3), np.float32)).sum())
    assert (net.weight.data < 1).all()


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_restore_resets_the_optimizers_settings(schedule: str) -> None:
    net = model()
    optimizer = optim.Adam(net.parameters(), lr=0.25, betas=(0.8, 0.99))
    optimization = make_optimization(net, optimizer=optimizer, lr=None, schedule=schedule, steps=3)
    for _ in range(3):
        optimization.step(net(np.ones((1, 3), np.float32)).sum())
    optimization.end_epoch(1.0)
    optimization.restore()
    (group,) = optimizer.param_groups
    assert (group["lr"], group["betas"]) == (0.25, (0.8, 0.99))
    assert set(group) == {"params", *optim.Adam([Tensor(np.zeros(1), requires_grad=True)]).defaults}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "adm"}, "fit: unknown optimizer 'adm': did you mean 'adam'."),
        ({"lr": 0.0}, "fit: lr must be a positive number; got 0.0"),
        ({"weight_decay": -1.0}, "fit: weight_decay must be a positive number; got -1.0"),
        ({"schedule": "cosin"}, "fit: unknown schedule 'cosin': did you mean 'cosine'."),
        ({"warm_up": 1.0}, "fit: warm_up is a fraction of the steps, at least 0 and below 1; got 1.0"),
        ({"warm_up": 0.1, "schedule": "plateau"}, "fit: the schedule 'plateau' cannot be combined with warm_up"),
        ({"clip_norm": 0.0}, "fit: clip_norm must be a positive number; got 0.0"),
    ],
)  # fmt: skip
def test_invalid_settings_raise_an_error(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_optimization(model(), **settings)


@pytest.mark.parametrize("name", ["lr", "weight_decay"])
def test_an_optimizer_object_excludes_options(name: str) -> None:
    net = model()
    with pytest.raises(
        ValueError, match=f"fit: got both {name} and an optimizer object, which has its own {name}; remove one"
    ):
        make_optimization(net, **({"optimizer": optim.SGD(net.parameters(), lr=0.1), "lr": None} | {name: 0.1}))
