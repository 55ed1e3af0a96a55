"""Schedules that multiply the initial rate by a share: in steps, exponentially, linearly, by a power.

In the formulas, t is the number of `step()` calls so far and r the initial rate of a group. As in PyTorch, if another
schedule or the user changes the rate, the change of the share applies to the changed rate.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..optimizer import Optimizer
from .base import ShareLR
from .settings import number, whole_number


class StepLR(ShareLR):
    """r * gamma**floor(t / step_size).

    Args:
        optimizer: the optimiser whose rates are set.
        step_size: the number of steps between changes of the rate.
        gamma: the factor of each change.
        last_epoch: -1, or the step after which to resume; see LRScheduler.

    Raises ValueError for a step_size below 1 or a negative gamma.
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def _check_settings(self) -> None:
        self.step_size = whole_number(self._name, "step_size", self.step_size, 1)
        self.gamma = number(self._name, "gamma", self.gamma)

    def share(self, step: int) -> float:
        return self.gamma ** (step // self.step_size)


class MultiStepLR(ShareLR):
    """r * gamma**n, where n is the number of milestones up to t.

    Args:
        optimizer: the optimiser whose rates are set.
        milestones: the steps at which the rate changes, in any order; duplicates count twice.
        gamma: the factor of each change.
        last_epoch: -1, or the step after which to resume; see LRScheduler.

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
        self.milestones = sorted(whole_number(self._name, "a milestone", m, 0) for m in self.milestones)
        self.gamma = number(self._name, "gamma", self.gamma)

    def share(self, step: int) -> float:
        return self.gamma ** bisect_right(self.milestones, step)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        milestones = state_dict.get("milestones")
        if isinstance(milestones, dict):  # PyTorch stores a Counter
            state_dict = {**state_dict, "milestones": [*Counter(milestones).elements()]}
        super().load_state_dict(state_dict)


class ExponentialLR(ShareLR):
    """r * gamma**t.

    Args:
        optimizer: the optimiser whose rates are set.
        gamma: the factor of each step.
        last_epoch: -1, or the step after which to resume; see LRScheduler.

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
    """r * factor while t < total_iters, then r.

    Args:
        optimizer: the optimiser whose rates are set.
        factor: between 0 and 1.
        total_iters: the number of steps with the factor.
        last_epoch: -1, or the step after which to resume; see LRScheduler.

    Raises ValueError for a factor outside these bounds, or total_iters below 1.
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _check_settings(self) -> None:
        self.factor = number(self._name, "factor", self.factor, most=1)
        self.total_iters = whole_number(self._name, "total_iters", self.total_iters, 1)

    def share(self, step: int) -> float:
        return self.factor if step < self.total_iters else 1.0


class LinearLR(ShareLR):
    """r * (start_factor + (end_factor - start_factor) * min(t / total_iters, 1)), for example as a warm-up.

    Source: Goyal et al., "Accurate, large minibatch SGD" (2017), section 2.2, gradual warm-up.

    Args:
        optimizer: the optimiser whose rates are set.
        start_factor: the share at the start, above 0 and at most 1.
        end_factor: the share at the end, between 0 and 1.
        total_iters: the number of steps from start to end.
        last_epoch: -1, or the step after which to resume; see LRScheduler.

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
        self.total_iters = whole_number(self._name, "total_iters", self.total_iters, 1)

    def share(self, step: int) -> float:
        part = min(step / self.total_iters, 1.0)
        return self.start_factor * (1 - part) + self.end_factor * part


class PolynomialLR(ShareLR):
    """r * (1 - min(t / total_iters, 1))**power.

    Source: Chen et al., "DeepLab" (2017), section 4.1, the "poly" policy.

    Args:
        optimizer: the optimiser whose rates are set.
        total_iters: the number of steps until the rate is 0.
        power: the exponent; 1 is linear.
        last_epoch: -1, or the step after which to resume; see LRScheduler.

    Raises ValueError for total_iters below 1 or a negative power.
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def _check_settings(self) -> None:
        self.total_iters = whole_number(self._name, "total_iters", self.total_iters, 1)
        self.power = number(self._name, "power", self.power)

    def share(self, step: int) -> float:
        return (1 - min(step / self.total_iters, 1.0)) ** self.power
