"""Cosine schedules, without and with restarts.

Source: I. Loshchilov and F. Hutter, "SGDR: Stochastic gradient descent with warm restarts" (2017), equation 5.
"""

from __future__ import annotations

import math

from ..optimizer import Optimizer
from .base import LRScheduler, ShareLR
from .settings import number, whole_number


def half_cosine(part: float) -> float:
    """Half a period of a cosine: 1 at part 0, 0 at part 1, and rising again beyond that."""
    return (1 + math.cos(math.pi * part)) / 2


class CosineAnnealingLR(ShareLR):
    """eta_min + (r - eta_min) * (1 + cos(pi * t / T_max)) / 2 after t steps, where r is the initial rate.

    After T_max steps the rate is eta_min. With more steps the rate rises again, to r after 2 * T_max steps.

    Args:
        optimizer: the optimiser whose rates are set.
        T_max: the number of steps from the initial rate to eta_min.
        eta_min: the smallest rate.
        last_epoch: -1, or the step after which to resume; see LRScheduler.

    Raises ValueError for T_max below 1 or a negative eta_min.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def _check_settings(self) -> None:
        self.T_max = whole_number(self._name, "T_max", self.T_max, 1)
        self.eta_min = number(self._name, "eta_min", self.eta_min)

    @property
    def _floor(self) -> float:
        return self.eta_min

    def share(self, step: int) -> float:
        return half_cosine(step / self.T_max)


class CosineAnnealingWarmRestarts(LRScheduler):
    """eta_min + (r - eta_min) * (1 + cos(pi * T_cur / T_i)) / 2, where r is the initial rate; each cycle starts at r.

    T_cur is the number of steps since the last restart. T_i is the length of the current cycle: T_0 for the first one,
    then T_mult times the previous one. Unlike CosineAnnealingLR, it sets the rate independently of its current value.

    Args:
        optimizer: the optimiser whose rates are set.
        T_0: the length of the first cycle.
        T_mult: the factor between the lengths of consecutive cycles.
        eta_min: the rate at the end of a cycle.
        last_epoch: -1, or the step after which to resume; see LRScheduler.

    Raises ValueError for T_0 or T_mult below 1 or a negative eta_min.
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        self.T_cur: float = 0
        self.T_i = T_0
        super().__init__(optimizer, last_epoch)

    def _check_settings(self) -> None:
        self.T_0 = whole_number(self._name, "T_0", self.T_0, 1)
        self.T_mult = whole_number(self._name, "T_mult", self.T_mult, 1)
        self.T_i = whole_number(self._name, "T_i", self.T_i, 1)
        self.eta_min = number(self._name, "eta_min", self.eta_min)

    def get_lr(self) -> list[float]:
        share = half_cosine(self.T_cur / self.T_i)
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Set the rates of the next step.

        Args:
            epoch: the position in the schedule, for example `step(epoch + batch / batches)` in every batch. Default:
                the step after the last one.

        Raises ValueError for a negative epoch.
        """
        if epoch is None:
            super().step()
        else:
            self._advance(number(self._name, "epoch", epoch))

    def _advance(self, epoch: float) -> None:
        if self.T_mult == 1:
            self.T_cur, self.T_i = epoch % self.T_0, self.T_0
        else:
            self.T_cur, self.T_i = epoch, self.T_0
            while self.T_cur >= self.T_i:
                self.T_cur, self.T_i = self.T_cur - self.T_i, self.T_i * self.T_mult
        super()._advance(math.floor(epoch))
