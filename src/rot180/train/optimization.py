"""The weight updates of a training run: an optimizer, a learning-rate schedule and gradient clipping, by name.

    cosine      half a cosine, from the full rate to zero after the last step          Loshchilov and Hutter (2017)
    one-cycle   up to the full rate in the first 30 % of the steps, then down to zero; the momentum moves in the
                opposite direction                                                      Smith (2018)
    step        the full rate, a tenth after half of the steps, a hundredth after three quarters   He et al. (2016)
    plateau     divide the rate by 10 when the loss has not fallen for 3 epochs
    constant    the full rate

All schedules but "plateau" change the rate after every batch. All schedules come from `optim.lr_scheduler`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from .. import nn
from ..nn.utils import clip_grad_norm_
from ..optim import SGD, Adam, AdamW, RMSprop, lr_scheduler
from ..optim.optimizer import Optimizer
from ..spelling import unknown_name
from ..tape import Tensor

OPTIMIZERS: dict[str, tuple[Callable[..., Optimizer], float]] = {  # (class, default learning rate)
    "adam": (Adam, 1e-3),
    "adamw": (AdamW, 1e-3),
    "sgd": (lambda params, **options: SGD(params, momentum=0.9, **options), 1e-2),
    "rmsprop": (RMSprop, 1e-3),
}
SCHEDULES = ("cosine", "one-cycle", "step", "plateau", "constant")

Schedule: TypeAlias = str | Callable[[Optimizer, int], Any]  # a name, or a function (optimizer, steps) -> scheduler


class Optimization:
    """Updates the weights of a model, one step per batch.

    Args:
        model: its parameters are updated, except those with requires_grad=False.
        optimizer: a key of OPTIMIZERS, or an optimizer object, which has its own lr and weight decay.
        lr, weight_decay: None for the optimizer's default.
        schedule: one of SCHEDULES, or a function (optimizer, steps) that returns a scheduler, stepped per batch.
        warm_up: the share of the steps in which the rate rises linearly from almost zero, before the schedule starts.
        clip_norm: scale the gradients down if their norm, over all parameters, is larger.
        steps: the number of steps of the run.

    Raises ValueError for invalid settings.
    """

    def __init__(
        self, model: nn.Module, optimizer: str | Optimizer, *, lr: float | None, weight_decay: float | None,
        schedule: Schedule, warm_up: float, clip_norm: float | None, steps: int,
    ) -> None:  # fmt: skip
        check_settings(
            optimizer, lr=lr, weight_decay=weight_decay, schedule=schedule, warm_up=warm_up, clip_norm=clip_norm
        )
        self.optimizer = _make_optimizer(model, optimizer, lr, weight_decay)
        self.clip_norm = clip_norm
        self._parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        self._initial = [{k: v for k, v in group.items() if k != "params"} for group in self.optimizer.param_groups]
        first = self.optimizer.param_groups[0]
        self.settings = {
            "optimizer": type(self.optimizer).__name__, "lr": first["lr"], "weight_decay": first.get("weight_decay", 0),
            "schedule": schedule if isinstance(schedule, str) else getattr(schedule, "__name__", "custom"),
            "warm_up": warm_up, "clip_norm": clip_norm,
        }  # fmt: skip
        self._scheduler = _make_scheduler(schedule, self.optimizer, steps, warm_up)
        self._per_epoch = isinstance(self._scheduler, lr_scheduler.ReduceLROnPlateau)

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return float(self.optimizer.param_groups[0]["lr"])

    def step(self, loss: Tensor) -> None:
        """Update the weights once, with the gradient of the loss."""
        self.optimizer.zero_grad()
        loss.backward()
        if self.clip_norm is not None:
            clip_grad_norm_(self._parameters, self.clip_norm)
        self.optimizer.step()
        if self._scheduler is not None and not self._per_epoch:
            self._scheduler.step()

    def end_epoch(self, loss: float) -> None:
        """Pass the loss of an epoch to the schedule, if the schedule depends on it."""
        if self._per_epoch:
            self._scheduler.step(loss)

    def restore(self) -> None:
        """Reset the learning rate and all other settings that the schedule changed to their initial values."""
        for group, initial in zip(self.optimizer.param_groups, self._initial, strict=True):
            for name in set(group) - set(initial) - {"params"}:
                del group[name]
            group.update(initial)


def _make_optimizer(
    model: nn.Module, optimizer: str | Optimizer, lr: float | None, weight_decay: float | None
) -> Optimizer:
    if not isinstance(optimizer, str):
        return optimizer
    make, default_lr = OPTIMIZERS[optimizer]
    options = {} if weight_decay is None else {"weight_decay": weight_decay}
    return make([p for p in model.parameters() if p.requires_grad], lr=default_lr if lr is None else lr, **options)


def _make_scheduler(schedule: Schedule, optimizer: Optimizer, steps: int, warm_up: float) -> Any:
    """A scheduler, or None for a constant rate."""
    warm_up_steps = round(warm_up * steps)
    if warm_up_steps:
        rise = lr_scheduler.LinearLR(optimizer, 1 / (warm_up_steps + 1), total_iters=warm_up_steps)
    remaining = max(steps - warm_up_steps, 1)
    main: Any
    if callable(schedule):
        main = schedule(optimizer, remaining)
    elif schedule == "cosine":
        main = lr_scheduler.CosineAnnealingLR(optimizer, remaining)
    elif schedule == "one-cycle":
        rates = [group["lr"] for group in optimizer.param_groups]
        return lr_scheduler.OneCycleLR(optimizer, rates, total_steps=max(steps, 2))
    elif schedule == "step":
        main = lr_scheduler.MultiStepLR(optimizer, [remaining // 2, remaining * 3 // 4])
    elif schedule == "plateau":
        return lr_scheduler.ReduceLROnPlateau(optimizer, patience=3)
    else:
        main = None
    if not warm_up_steps:
        return main
    return rise if main is None else lr_scheduler.SequentialLR(optimizer, [rise, main], milestones=[warm_up_steps])


def check_settings(
    optimizer: str | Optimizer, *, lr: float | None, weight_decay: float | None, schedule: Schedule, warm_up: float,
    clip_norm: float | None,
) -> None:  # fmt: skip
    """Raise ValueError for settings of `fit` that are wrong or do not go together."""
    if isinstance(optimizer, str) and optimizer not in OPTIMIZERS:
        raise ValueError(f"fit: {unknown_name('optimizer', optimizer, OPTIMIZERS)}; or pass an optimizer object")
    for name, value in (("lr", lr), ("weight_decay", weight_decay)):
        if value is None:
            continue
        if not isinstance(optimizer, str):
            raise ValueError(f"fit: got both {name} and an optimizer object, which has its own {name}; remove one")
        if not (math.isfinite(value) and (value > 0 or (value == 0 and name == "weight_decay"))):
            raise ValueError(f"fit: {name} must be a positive number; got {value}")
    if not callable(schedule) and schedule not in SCHEDULES:
        raise ValueError(f"fit: {unknown_name('schedule', schedule, SCHEDULES)}; or pass a function")
    if not 0 <= warm_up < 1:
        raise ValueError(f"fit: warm_up is a fraction of the steps, at least 0 and below 1; got {warm_up}")
    if warm_up and schedule in ("one-cycle", "plateau"):
        raise ValueError(f"fit: the schedule {schedule!r} cannot be combined with warm_up")
    if clip_norm is not None and not clip_norm > 0:
        raise ValueError(f"fit: clip_norm must be a positive number; got {clip_norm}")
