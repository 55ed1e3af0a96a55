"""How a run moves the weights: the optimiser and the learning rate's schedule by name, and clipping.

    cosine      half a cosine, from the full rate down to zero after the last step     Loshchilov and Hutter (2017)
    one-cycle   up to the full rate in the first 30 %, then down to zero, momentum the other way     Smith (2018)
    step        a tenth at half of the steps, a hundredth at three quarters            as He et al. (2016)
    plateau     a tenth whenever the loss has not fallen for 3 epochs
    constant    the full rate

All but "plateau" move after every batch. They are the schedules of `optim.lr_scheduler`, with its numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .. import nn
from ..nn.clip_grad import clip_grad_norm_
from ..optim import SGD, Adam, AdamW, RMSprop, lr_scheduler
from ..spelling import unknown_name
from ..tape import Tensor

OPTIMIZERS: dict[str, tuple[Callable[..., Any], float]] = {  # with the learning rate to begin with
    "adam": (Adam, 1e-3),
    "adamw": (AdamW, 1e-3),
    "sgd": (lambda params, **options: SGD(params, momentum=0.9, **options), 1e-2),
    "rmsprop": (RMSprop, 1e-3),
}
SCHEDULES = ("cosine", "one-cycle", "step", "plateau", "constant")


class Descent:
    """One step after the other, down the gradient of a loss.

    Args:
        model: whose parameters are moved; those that need no gradient stay.
        optimizer: one of OPTIMIZERS, or an optimiser, which brings its own lr and weight decay.
        lr, weight_decay: None for the optimiser's own.
        schedule: one of SCHEDULES, or a function of (optimizer, steps) that gives a scheduler, stepped by batch.
        warm_up: the share of the steps in which the rate rises from almost zero; then the schedule begins.
        clip_norm: scale the gradients down where their norm, over all parameters, is larger.
        steps: how many there will be.

    Raises ValueError for settings that make no sense.
    """

    def __init__(
        self, model: nn.Module, optimizer: Any, *, lr: float | None, weight_decay: float | None, schedule: Any,
        warm_up: float, clip_norm: float | None, steps: int,
    ) -> None:  # fmt: skip
        _check(optimizer, lr, weight_decay, schedule, warm_up, clip_norm)
        self.optimizer = _optimizer(model, optimizer, lr, weight_decay)
        self.clip_norm = clip_norm
        self._parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        self._before = [{k: v for k, v in group.items() if k != "params"} for group in self.optimizer.param_groups]
        first = self.optimizer.param_groups[0]
        self.settings = {
            "optimizer": type(self.optimizer).__name__, "lr": first["lr"], "weight_decay": first.get("weight_decay", 0),
            "schedule": schedule if isinstance(schedule, str) else getattr(schedule, "__name__", "one's own"),
            "warm_up": warm_up, "clip_norm": clip_norm,
        }  # fmt: skip
        self._schedule = _schedule(schedule, self.optimizer, steps, warm_up)
        self._by_epoch = isinstance(self._schedule, lr_scheduler.ReduceLROnPlateau)

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return float(self.optimizer.param_groups[0]["lr"])

    def step(self, loss: Tensor) -> None:
        """Move the weights once."""
        self.optimizer.zero_grad()
        loss.backward()
        if self.clip_norm is not None:
            clip_grad_norm_(self._parameters, self.clip_norm)
        self.optimizer.step()
        if self._schedule is not None and not self._by_epoch:
            self._schedule.step()

    def end_epoch(self, loss: float) -> None:
        """Tell the schedule how the epoch went."""
        if self._by_epoch:
            self._schedule.step(loss)

    def restore(self) -> None:
        """Give the optimiser the learning rate, and all else that a schedule moves, that it had before the run."""
        for group, before in zip(self.optimizer.param_groups, self._before, strict=True):
            for name in set(group) - set(before) - {"params"}:
                del group[name]
            group.update(before)


def _optimizer(model: nn.Module, optimizer: Any, lr: float | None, weight_decay: float | None) -> Any:
    if not isinstance(optimizer, str):
        return optimizer
    make, default = OPTIMIZERS[optimizer]
    options = {} if weight_decay is None else {"weight_decay": weight_decay}
    return make([p for p in model.parameters() if p.requires_grad], lr=default if lr is None else lr, **options)


def _schedule(schedule: Any, optimizer: Any, steps: int, warm_up: float) -> Any:
    """A scheduler, or None for a constant rate."""
    rising = round(warm_up * steps)
    if rising:
        up = lr_scheduler.LinearLR(optimizer, 1 / (rising + 1), total_iters=rising)
    rest = max(steps - rising, 1)
    if callable(schedule):
        then = schedule(optimizer, rest)
    elif schedule == "cosine":
        then = lr_scheduler.CosineAnnealingLR(optimizer, rest)
    elif schedule == "one-cycle":
        rates = [group["lr"] for group in optimizer.param_groups]
        return lr_scheduler.OneCycleLR(optimizer, rates, total_steps=max(steps, 2))
    elif schedule == "step":
        then = lr_scheduler.MultiStepLR(optimizer, [rest // 2, rest * 3 // 4])
    elif schedule == "plateau":
        return lr_scheduler.ReduceLROnPlateau(optimizer, patience=3)
    else:
        then = None
    if not rising:
        return then
    return up if then is None else lr_scheduler.SequentialLR(optimizer, [up, then], milestones=[rising])


def _check(
    optimizer: Any, lr: float | None, weight_decay: float | None, schedule: Any, warm_up: float, clip_norm: float | None
) -> None:
    if isinstance(optimizer, str) and optimizer not in OPTIMIZERS:
        raise ValueError(f"fit: {unknown_name('optimizer', optimizer, OPTIMIZERS)}; or pass an optimizer object")
    for name, value in (("lr", lr), ("weight_decay", weight_decay)):
        if value is None:
            continue
        if not isinstance(optimizer, str):
            raise ValueError(f"fit: {name} is given and so is an optimiser object, which has its own; leave one out")
        if not (math.isfinite(value) and (value > 0 or (value == 0 and name == "weight_decay"))):
            raise ValueError(f"fit: {name} must be a positive number; got {value}")
    if not callable(schedule) and schedule not in SCHEDULES:
        raise ValueError(f"fit: {unknown_name('schedule', schedule, SCHEDULES)}; or pass a function")
    if not 0 <= warm_up < 1:
        raise ValueError(f"fit: warm_up is a share of the steps, at least 0 and below 1; got {warm_up}")
    if warm_up and schedule in ("one-cycle", "plateau"):
        raise ValueError(f"fit: warm_up does not go with the schedule {schedule!r}")
    if clip_norm is not None and not clip_norm > 0:
        raise ValueError(f"fit: clip_norm must be a positive number; got {clip_norm}")
