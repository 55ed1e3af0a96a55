"""A schedule that reduces the rate when a metric stops improving."""

from __future__ import annotations

import math
from typing import Any, SupportsFloat

from ...tape.operands import real
from ..optimizer import Optimizer
from .base import LRScheduler
from .settings import choice, number, per_group, whole_number


class ReduceLROnPlateau(LRScheduler):
    """Multiply the rates by `factor` after more than `patience` consecutive steps without an improvement of a metric.

    Args:
        optimizer: the optimiser whose rates are set.
        mode: "min" if smaller values are better (a loss), "max" if larger ones are (an accuracy).
        factor: at least 0 and below 1.
        patience: the number of steps without improvement that are tolerated.
        threshold: a metric is an improvement if it is below best * (1 - threshold) in mode "min", or above
            best * (1 + threshold) in mode "max".
        threshold_mode: "rel" as above, or "abs" for best - threshold and best + threshold.
        cooldown: the number of steps after a reduction that are not counted.
        min_lr: the smallest rate, or a list with one per parameter group.
        eps: the smallest change of a rate; smaller reductions are skipped.

    Attributes: best, the best metric so far; num_bad_epochs, the number of steps since the best metric. NaN never
    counts as an improvement. Raises ValueError for invalid settings.
    """

    def __init__(
        self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10,
        threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0,
        min_lr: float | list[float] = 0, eps: float = 1e-8,
    ) -> None:  # fmt: skip
        self._attach(optimizer)
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode
        self.factor, self.patience, self.cooldown, self.eps = factor, patience, cooldown, eps
        self.default_min_lr = None if isinstance(min_lr, list | tuple) else min_lr  # for new groups
        self.min_lrs = per_group(self._name, "min_lr", min_lr, len(optimizer.param_groups))
        self.last_epoch = 0
        self._check_settings()
        self.best = self._worst
        self.cooldown_counter = self.num_bad_epochs = 0
        self._last_lr = self._rates()

    def _check_settings(self) -> None:
        name = self._name
        choice(name, "mode", self.mode, ("min", "max"))
        choice(name, "threshold_mode", self.threshold_mode, ("rel", "abs"))
        self.factor = number(name, "factor", self.factor, most=1, below=True)
        self.threshold, self.eps = number(name, "threshold", self.threshold), number(name, "eps", self.eps)
        self.patience = whole_number(name, "patience", self.patience, 0)
        self.cooldown = whole_number(name, "cooldown", self.cooldown, 0)
        self.min_lrs = [number(name, "min_lr", v) for v in self.min_lrs]
        if self.default_min_lr is not None:
            self.default_min_lr = number(name, "min_lr", self.default_min_lr)

    @property
    def _worst(self) -> float:
        return math.inf if self.mode == "min" else -math.inf

    def _rates(self) -> list[float]:
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    @property
    def in_cooldown(self) -> bool:
        """True while steps are not counted after a reduction."""
        return self.cooldown_counter > 0

    def step(self, metrics: SupportsFloat) -> None:  # type: ignore[override]
        """Process the metric of this epoch (a number, or a Tensor with one element); reduce the rates if necessary."""
        current = real(self._name, "metrics", metrics)
        self.last_epoch += 1
        if self._is_better(current):
            self.best, self.num_bad_epochs = current, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        rates = self._rates()
        if self.num_bad_epochs > self.patience:
            lowest = self._min_lrs_of(len(rates))
            reduced = [max(rate * self.factor, low) for rate, low in zip(rates, lowest, strict=True)]
            rates = [new if old - new > self.eps else old for old, new in zip(rates, reduced, strict=True)]
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._set(rates)

    def _is_better(self, current: float) -> bool:
        best, threshold = self.best, self.threshold
        if self.mode == "min":
            return current < (best * (1 - threshold) if self.threshold_mode == "rel" else best - threshold)
        return current > (best * (1 + threshold) if self.threshold_mode == "rel" else best + threshold)

    def _min_lrs_of(self, groups: int) -> list[float]:
        if len(self.min_lrs) != groups:
            if self.default_min_lr is None:
                raise ValueError(
                    f"{self._name}: min_lr has {len(self.min_lrs)} values but the optimizer now has {groups} "
                    "parameter groups; append to min_lrs"
                )
            self.min_lrs = [self.default_min_lr] * groups
        return self.min_lrs

    def state_dict(self) -> dict[str, Any]:
        """Return the state dict; `best` is None before the first metric, because JSON has no infinity."""
        state = super().state_dict()
        return {**state, "best": None if self.best == self._worst else self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        if self.best is None:
            self.best = self._worst
