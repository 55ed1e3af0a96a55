"""The schedules that are compared with PyTorch, and the functions that run a case in either library.

In a case, `s` is the module lr_scheduler of one of the libraries and `o` its optimiser; both use the same names.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

STEPS = 40
RATES = (0.5, 0.02)  # of two parameter groups
Case = Callable[[Any, Any], Any]

CASES: dict[str, Case] = {
    "lambda": lambda s, o: s.LambdaLR(o, lambda t: 0.9**t),
    "step": lambda s, o: s.StepLR(o, 7),
    "step gamma": lambda s, o: s.StepLR(o, step_size=1, gamma=0.93),
    "multi step": lambda s, o: s.MultiStepLR(o, [3, 10, 10, 30]),
    "multi step unsorted": lambda s, o: s.MultiStepLR(o, [20, 0, 5], gamma=0.5),
    "constant": lambda s, o: s.ConstantLR(o),
    "constant long": lambda s, o: s.ConstantLR(o, factor=0.2, total_iters=25),
    "linear": lambda s, o: s.LinearLR(o),
    "linear warm-up": lambda s, o: s.LinearLR(o, start_factor=1e-3, total_iters=30),
    "linear decay": lambda s, o: s.LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=35),
    "exponential": lambda s, o: s.ExponentialLR(o, 0.9),
    "exponential up": lambda s, o: s.ExponentialLR(o, gamma=1.2),
    "polynomial": lambda s, o: s.PolynomialLR(o),
    "polynomial power": lambda s, o: s.PolynomialLR(o, total_iters=33, power=2.5),
    "cosine": lambda s, o: s.CosineAnnealingLR(o, 40),
    "cosine floor": lambda s, o: s.CosineAnnealingLR(o, T_max=30, eta_min=0.01),
    "cosine waves": lambda s, o: s.CosineAnnealingLR(o, T_max=6, eta_min=0.001),
    "cosine of one step": lambda s, o: s.CosineAnnealingLR(o, T_max=1),
    "warm restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 9),
    "warm restarts longer": lambda s, o: s.CosineAnnealingWarmRestarts(o, T_0=4, T_mult=2, eta_min=0.003),
    "one cycle": lambda s, o: s.OneCycleLR(o, 0.8, total_steps=41),
    "one cycle linear": lambda s, o: s.OneCycleLR(
        o, max_lr=[0.8, 0.1], epochs=6, steps_per_epoch=7, anneal_strategy="linear", pct_start=0.4
    ),
    "one cycle three phases": lambda s, o: s.OneCycleLR(
        o, 0.8, total_steps=50, three_phase=True, base_momentum=[0.7, 0.8], max_momentum=0.9, div_factor=10.0,
        final_div_factor=100.0,
    ),
    "one cycle without momentum": lambda s, o: s.OneCycleLR(o, 0.3, total_steps=60, cycle_momentum=False),
    "plateau": lambda s, o: s.ReduceLROnPlateau(o, patience=2),
    "plateau max": lambda s, o: s.ReduceLROnPlateau(
        o, mode="max", factor=0.5, patience=1, threshold=0.05, threshold_mode="abs", cooldown=3, min_lr=[0.1, 1e-4]
    ),
    "plateau min abs": lambda s, o: s.ReduceLROnPlateau(
        o, factor=0.7, patience=0, threshold=0.1, threshold_mode="abs", min_lr=0.01, eps=2e-3
    ),
    "plateau max rel": lambda s, o: s.ReduceLROnPlateau(o, "max", 0.9, 3, 0.1),
    "warm-up then cosine": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, total_iters=10), s.CosineAnnealingLR(o, T_max=30)], milestones=[10]
    ),
    "three in a row": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 50), s.ExponentialLR(o, 0.9), s.StepLR(o, 3, 0.5)], [5, 20]
    ),
    "restarts and a cycle in a row": lambda s, o: s.SequentialLR(
        o, [s.PolynomialLR(o, 4), s.CosineAnnealingWarmRestarts(o, 5, 2), s.LambdaLR(o, lambda t: 1 / (1 + t))], [7, 25]
    ),
    "chained": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 12), s.ExponentialLR(o, 0.9)]),
    "chained cosine": lambda s, o: s.ChainedScheduler(
        [s.CosineAnnealingLR(o, 8, 0.0), s.StepLR(o, 5, 0.5), s.LinearLR(o, 0.2, 1.0, 20)], optimizer=o
    ),
    "chained in a row": lambda s, o: s.SequentialLR(
        o, [s.ChainedScheduler([s.LinearLR(o, 0.5, total_iters=8), s.StepLR(o, 3)]), s.CosineAnnealingLR(o, 20)], [12]
    ),
}  # fmt: skip


def two_groups(optim: Any, parameter: Any) -> Any:
    """An SGD (of either library) with two groups."""
    return optim.SGD([{"params": [parameter()], "lr": rate} for rate in RATES], momentum=0.6)


def measure(step: int) -> float:
    """The metric for a plateau schedule: it falls, stays constant and rises."""
    return 1.0 + 0.5 * math.cos(0.31 * step) + 1.0 / (1 + step)


def advance(schedule: Any, step: int) -> None:
    """One step of the optimiser and one of the schedule."""
    schedule.optimizer.step()
    if type(schedule).__name__ == "ReduceLROnPlateau":
        schedule.step(measure(step))
    else:
        schedule.step()


def settings(optimizer: Any) -> list[float]:
    """The rates of all groups, then their momenta (for Adam, the first beta)."""
    groups = optimizer.param_groups
    return [g["lr"] for g in groups] + [g["betas"][0] if "betas" in g else g["momentum"] for g in groups]


def course(schedule: Any, steps: int = STEPS) -> list[list[float]]:
    """The initial settings and those after each step."""
    rows = [settings(schedule.optimizer)]
    for step in range(steps):
        advance(schedule, step)
        rows.append(settings(schedule.optimizer))
    return rows
