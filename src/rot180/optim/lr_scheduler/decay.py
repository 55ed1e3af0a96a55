"""Schedules that multiply the first rate by a share: in steps, exponentially, linearly, by a power.

In the formulas t is the number of `step()`s so far and r the first rate of a group. In PyTorch's form: where another
schedule or your own hand changed the rate, the change of the share is applied to that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..optimizer import Optimizer
from .base import ShareLR
from .settings import number, whole


class StepLR(ShareLR):
    """r * gamma**floor(t / step_size).

    Args:
        optimizer: whose rates are set.
        step_size: the number of steps that a rate lasts.
        gamma: the factor from one to the next.
        last_epoch: -1, or the step to resume after; see LRScheduler.

    Raises ValueError for a step_size below 1 or a negative gamma.
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def _check_settings(self) -> None:
        self.step_size = whole(self._name, "step_size", self.step_size, 1)
        self.gamma = number(self._name, "gamma", self.gamma)

    def share(self, step: int) -> float:
        return self.gamma ** (step // self.step_size)


class MultiStepLR(ShareLR):
    """r * gamma**(the number of milestones that are not above t).

    Args:
        optimizer: whose rates are set.
        milestones: the steps at which the rate changes, in any order; one that comes twice counts twice.
        gamma: the factor at each.
        last_epoch: -1, or the step to resume after; see LRScheduler.

    Raises ValueError for milestones that are not whole numbers, or a negative gamma.
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        if not isinstance(milestones, Iterable):
            raise TypeError(f"MultiStepLR: milestones must be a list of whole numbers; got {milestones!r}")
        self.milestones, self.gamma = list(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def _check_settings(self) -> None:
        self.milestones = sorted(whole(self._name, "a milestone", m, 0) for m in self.milestones)
        self.gamma = number(self._name, "gamma", self.gamma)

    def share(self, step: int) -> float:
        return self.gamma ** bisect_right(self.milestones, step)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        milestones = state_dict.get("milestones")
        if isinstance(milestones, dict):  # PyTorch's is a Counter
            state_dict = {**state_dict, "milestones": [*Counter(milestones).elements()]}
        super().load_state_dict(state_dict)


class ExponentialLR(ShareLR):
    """r * gamma**t.

    Args:
        optimizer: whose rates are set.
        gamma: the factor from step to step.
        last_epoch: -1, or the step to resume after; see LRScheduler.

    Raises ValueError for a negative gamma.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _check_settings(self) -> None:
        self.gamma = number(self._name, "gamma", self.gamma)

    def share(self, step: int) -> float:
        return self.gamma**step


class ConstantLR(ShareLR):
    """r * factor until t reaches total_iters, then r.

    Args:
        optimizer: whose rates are set.
        factor: from 0 to 1.
        total_iters: how many steps it holds.
        last_epoch: -1, or the step to resume after; see LRScheduler.

    Raises ValueError for a factor outside these bounds, or total_iters below 1.
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _check_settings(self) -> None:
        self.factor = number(self._name, "factor", self.factor, most=1)
        self.total_iters = whole(self._name, "total_iters", self.total_iters, 1)

    def share(self, step: int) -> float:
        return self.factor if step < self.total_iters else 1.0


class LinearLR(ShareLR):
    """r * (start_factor + (end_factor - start_factor) * min(t / total_iters, 1)): a warm-up.

    Source: Goyal et al., "Accurate, large minibatch SGD" (2017), section 2.2, gradual warm-up.

    Args:
        optimizer: whose rates are set.
        start_factor: the share to begin with, above 0 and at most 1.
        end_factor: the share in the end, from 0 to 1.
        total_iters: how many steps it takes.
        last_epoch: -1, or the step to resume after; see LRScheduler.

    Raises ValueError for factors outside these bounds, or total_iters below 1.
    """

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1.0 / 3, end_factor: float = 1.0, total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _check_settings(self) -> None:
        self.start_factor = number(self._name, "start_factor", self.start_factor, most=1, above=True)
        self.end_factor = number(self._name, "end_factor", self.end_factor, most=1)
        self.total_iters = whole(self._name, "total_iters", self.total_iters, 1)

    def share(self, step: int) -> float:
        part = min(step / self.total_iters, 1.0)
        return self.start_factor * (1 - part) + self.end_factor * part


class PolynomialLR(ShareLR):
    """r * (1 - min(t / total_iters, 1))**power.

    Source: Chen et al., "DeepLab" (2017), section 4.1, the "poly" policy.

    Args:
        optimizer: whose rates are set.
        total_iters: how many steps it takes to come down to 0.
        power: 1 is a straight line.
        last_epoch: -1, or the step to resume after; see LRScheduler.

    Raises ValueError for total_iters below 1 or a negative power.
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def _check_settings(self) -> None:
        self.total_iters = whole(self._name, "total_iters", self.total_iters, 1)
        self.power = number(self._name, "power", self.power)

    def share(self, step: int) -> float:
        return (1 - min(step / self.total_iters, 1.0)) ** self.power
