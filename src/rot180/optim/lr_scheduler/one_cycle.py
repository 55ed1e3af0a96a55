"""One cycle: the rate rises and then falls far below its start, while the momentum falls and rises.

Source: L. N. Smith and N. Topin, "Super-convergence: very fast training of neural networks using large learning rates"
(2018), in the form of the fast.ai library (two phases, cosines).
"""

from __future__ import annotations

import math
from typing import Any

from ..optimizer import Group, Optimizer
from .base import LRScheduler
from .settings import choice, number, per_group, whole_number

_RATES = ("initial_lr", "max_lr", "min_lr")  # keys in the parameter groups
_MOMENTA = ("max_momentum", "base_momentum")


class OneCycleLR(LRScheduler):
    """From max_lr / div_factor up to max_lr, then down to max_lr / div_factor / final_div_factor.

    Call `step()` after every batch. Within a phase, `part` goes from 0 to 1; the rate is end + (start - end) * (1 +
    cos(pi * part)) / 2 for "cos" and a straight line for "linear". While the rate rises and falls, the momentum (for
    Adam, the first beta) goes from max_momentum to base_momentum and back. With three_phase, the second phase is the
    mirror image of the first, and in the third the rate falls to its final value.

    Args:
        optimizer: the optimiser whose rates and momenta are set.
        max_lr: the highest rate, or a list with one per parameter group.
        total_steps: the number of steps in the cycle; if None, epochs * steps_per_epoch.
        epochs, steps_per_epoch: used if total_steps is None.
        pct_start: the share of the steps in which the rate rises, between 0 and 1 (not in per cent).
        anneal_strategy: "cos" or "linear".
        cycle_momentum: set the momentum, too.
        base_momentum, max_momentum: the bounds of the momentum, or lists with one per parameter group.
        div_factor: max_lr divided by the initial rate.
        final_div_factor: the initial rate divided by the final rate.
        three_phase: use three phases; pct_start must then be at most 0.5.
        last_epoch: -1, or the step after which to resume; see LRScheduler.

    A cycle of n steps needs n - 1 calls of `step()`. One more call after the last step is allowed and changes nothing.
    Raises ValueError for further calls of `step()` and for invalid settings.
    """

    def __init__(
        self, optimizer: Optimizer, max_lr: float | list[float], total_steps: int | None = None,
        epochs: int | None = None, steps_per_epoch: int | None = None, pct_start: float = 0.3,
        anneal_strategy: str = "cos", cycle_momentum: bool = True, base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95, div_factor: float = 25.0, final_div_factor: float = 1e4,
        three_phase: bool = False, last_epoch: int = -1,
    ) -> None:  # fmt: skip
        self._attach(optimizer)
        self.total_steps = self._total(total_steps, epochs, steps_per_epoch)
        pct_start = number(self._name, "pct_start", pct_start, most=0.5 if three_phase else 1)
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        self._anneal_func_type = anneal_strategy
        self.cycle_momentum = bool(cycle_momentum)
        if cycle_momentum and not {"momentum", "betas"} & optimizer.defaults.keys():
            raise ValueError(
                f"{self._name}: {type(optimizer).__name__} has neither momentum nor betas; pass cycle_momentum=False"
            )
        self._check_settings()
        self._store_bounds(last_epoch, max_lr, div_factor, final_div_factor, max_momentum, base_momentum)
        super().__init__(optimizer, last_epoch)

    def _total(self, total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
        if total_steps is not None:
            return whole_number(self._name, "total_steps", total_steps, 1)
        if epochs is None or steps_per_epoch is None:
            raise ValueError(f"{self._name}: pass total_steps, or epochs and steps_per_epoch")
        return whole_number(self._name, "epochs", epochs, 1) * whole_number(
            self._name, "steps_per_epoch", steps_per_epoch, 1
        )

    def _store_bounds(
        self, last_epoch: int, max_lr: Any, div_factor: Any, final_div_factor: Any, max_momentum: Any,
        base_momentum: Any,
    ) -> None:  # fmt: skip
        """Store the bounds in the groups, as PyTorch does; when resuming, check that the groups have the bounds."""
        groups, name = self.optimizer.param_groups, self._name
        div_factor = number(name, "div_factor", div_factor, above=True)
        final_div_factor = number(name, "final_div_factor", final_div_factor, above=True)
        max_rates = [number(name, "max_lr", v) for v in per_group(name, "max_lr", max_lr, len(groups))]
        bounds: list[Group] = [
            {"initial_lr": top / div_factor, "max_lr": top, "min_lr": top / div_factor / final_div_factor}
            for top in max_rates
        ]
        if self.cycle_momentum:
            for key, momenta in zip(_MOMENTA, (max_momentum, base_momentum), strict=True):
                for bound, value in zip(bounds, per_group(name, key, momenta, len(groups)), strict=True):
                    bound[key] = number(name, key, value, most=1, below=True)
        for i, (group, bound) in enumerate(zip(groups, bounds, strict=True)):
            missing = bound.keys() - group.keys()
            if last_epoch == -1:
                group.update(bound)
            elif missing:
                raise ValueError(
                    f"{name}: group {i} has no {' and '.join(sorted(missing))}, which last_epoch={last_epoch} needs; "
                    "load the optimizer's state dict first"
                )

    def _check_settings(self) -> None:
        choice(self._name, "anneal_strategy", self._anneal_func_type, ("cos", "linear"))
        self.total_steps = whole_number(self._name, "total_steps", self.total_steps, 1)

    def _phase(self) -> tuple[dict[str, Any], float]:
        """The phase of the current step, and the share of the phase that has passed."""
        start = 0.0
        for phase in self._schedule_phases:
            end = phase["end_step"]
            if self.last_epoch <= end or phase is self._schedule_phases[-1]:
                break
            start = end
        return phase, min((self.last_epoch - start) / (end - start), 1.0) if end > start else 1.0

    def _between(self, group: Group, start: str, end: str, part: float) -> float:
        first, last = float(group[start]), float(group[end])
        if self._anneal_func_type == "cos":
            return last + (first - last) / 2 * (1 + math.cos(math.pi * part))
        return first + (last - first) * part

    def get_lr(self) -> list[float]:
        phase, part = self._phase()
        groups = self.optimizer.param_groups[: len(self.base_lrs)]
        return [self._between(group, phase["start_lr"], phase["end_lr"], part) for group in groups]

    def _advance(self, epoch: int) -> None:
        if epoch > self.total_steps:
            raise ValueError(f"{self._name}: step() was called {epoch} times; the cycle has {self.total_steps} steps")
        super()._advance(epoch)
        if not self.cycle_momentum:
            return
        phase, part = self._phase()
        for group in self.optimizer.param_groups:
            momentum = self._between(group, phase["start_momentum"], phase["end_momentum"], part)
            if "betas" in group:
                group["betas"] = (momentum, *group["betas"][1:])
            else:
                group["momentum"] = momentum


def _phases(total: int, pct_start: float, three_phase: bool) -> list[dict[str, Any]]:
    """The last step of each phase and the group entries between which the phase interpolates, in PyTorch's form."""
    low, high, end = _RATES
    most, least = _MOMENTA
    rise, last = pct_start * total - 1, total - 1
    if three_phase:
        plan: list[tuple[Any, ...]] = [
            (rise, low, high, most, least), (2 * rise, high, low, least, most), (last, low, end, most, most),
        ]  # fmt: skip
    else:
        plan = [(rise, low, high, most, least), (last, high, end, least, most)]
    return [
        dict(zip(("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum"), p, strict=True)) for p in plan
    ]
