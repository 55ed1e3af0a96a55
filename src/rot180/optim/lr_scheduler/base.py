"""What all schedules share: the count of steps, the rates of the groups, the state dict.

LRScheduler sets rates that `get_lr` computes. ShareLR is for schedules whose formula is a share of the first rate; it
multiplies the rate that it finds by the change of that share, so that several schedules may act on one optimiser, and
rates that were changed by hand stay changed.

Deliberately absent: the formulas (`decay.py`, `cosine.py`, `one_cycle.py`, `plateau.py`), schedules of schedules
(`chain.py`).
"""

from __future__ import annotations

import copy
import warnings
from typing import Any, ClassVar

from ...errors import FormatError
from ..optimizer import Optimizer

# What PyTorch's state dicts hold beyond ours: its bookkeeping, and what follows from the rest.
_PYTORCHS = {"_step_count", "_is_initial", "_get_lr_called_within_step", "verbose", "use_beta1", "mode_worse"}


class LRScheduler:
    """Base of the schedules; one of your own writes `get_lr`, and sets what that needs before `super().__init__`.

    Args:
        optimizer: the optimiser whose groups' `lr` is set. Its first rates are kept in the groups as `initial_lr`.
        last_epoch: -1 begins. A larger number resumes after that step (or epoch), if the groups hold `initial_lr`: load
            the optimiser's state dict first. (The schedule's own `load_state_dict` does not need it.)

    Attributes: base_lrs, the first rate of each group; last_epoch, the number of `step()`s so far. Raises TypeError for
    anything but an optimiser, ValueError for settings that make no sense.
    """

    base_lrs: list[float]
    last_epoch: int
    _last_lr: list[float]
    _not_plain: ClassVar[set[str]] = {"optimizer"}  # attributes that do not go into the state dict as they are

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self._attach(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise ValueError(
                    f"{self._name}: group {i} has no initial_lr, which last_epoch={last_epoch} needs; "
                    "load the optimizer's state dict first"
                )
        self.base_lrs = [float(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._check_settings()
        self._begin()

    def _attach(self, optimizer: Any) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{self._name}: optimizer must be an Optimizer; got {type(optimizer).__name__}")
        self.optimizer = optimizer

    @property
    def _name(self) -> str:
        """What messages call it."""
        return type(self).__name__

    def _check_settings(self) -> None:
        """Refuse settings that make no sense, given or loaded; every schedule has its own."""

    # ---- steps ----

    def get_lr(self) -> list[float]:
        """The rate of each group at step `last_epoch`; `get_last_lr` is what you ask for the rates that are set."""
        raise NotImplementedError(f"{self._name} has no get_lr; write one")

    def get_last_lr(self) -> list[float]:
        """The rate of each group as the last step set it."""
        return list(self._last_lr)

    def step(self) -> None:
        """Set the rates of the next step (or epoch); call it after `optimizer.step()`."""
        if self.last_epoch == 0 and not self.optimizer._stepped:
            warnings.warn(
                f"{self._name}: step() came before optimizer.step(), so the first learning rate was never used; "
                "call optimizer.step() first",
                UserWarning,
                stacklevel=2,
            )
        self._advance(self.last_epoch + 1)

    def _advance(self, epoch: int) -> None:
        """Set the rates of a step."""
        self.last_epoch = epoch
        self._set(self.get_lr())

    def _set(self, rates: list[float]) -> None:
        groups = self.optimizer.param_groups
        if len(rates) != len(groups):
            raise ValueError(
                f"{self._name}: the optimizer now has {len(groups)} parameter groups but the schedule {len(rates)}; "
                "make a new schedule after add_param_group"
            )
        self._last_lr = [float(rate) for rate in rates]
        for group, rate in zip(groups, self._last_lr, strict=True):
            group["lr"] = rate

    def _begin(self) -> None:
        """Make the first step, from the rates that the groups have."""
        self._advance(self.last_epoch + 1)

    def _rewind(self) -> None:
        """Before the first step again; the rates stay."""
        self.last_epoch = -1

    def _restart(self) -> None:
        """Make the first step again, from the first rates."""
        self._rewind()
        self._set(self.base_lrs)
        self._begin()

    # ---- the state dict ----

    def state_dict(self) -> dict[str, Any]:
        """A copy of all but the optimiser: plain values, which JSON can hold."""
        return copy.deepcopy({name: value for name, value in vars(self).items() if name not in self._not_plain})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state dict (copied), settings included; PyTorch's of the same schedule fits, too.

        The rates are the optimiser's: load its state dict as well. Raises FormatError for the state of another
        schedule or of another number of groups, ValueError for settings that make no sense; nothing is changed then.
        """
        given = copy.deepcopy({name: value for name, value in state_dict.items() if name not in _PYTORCHS})
        ours = vars(self).keys() - self._not_plain
        if given.keys() != ours:
            raise FormatError(
                f"{self._name}.load_state_dict: missing {sorted(ours - given.keys())}, "
                f"unexpected {sorted(given.keys() - ours)}; is it the state of another schedule?"
            )
        rates, groups = len(given["_last_lr"]), len(self.optimizer.param_groups)
        if rates != groups:
            raise FormatError(f"{self._name}.load_state_dict: {rates} groups came; the optimizer has {groups}")
        before = dict(vars(self))
        vars(self).update(given)
        try:
            self._check_settings()
        except ValueError:
            vars(self).update(before)
            raise


class ShareLR(LRScheduler):
    """rate = floor + (first rate - floor) * share(step), as a factor on the rate that the groups have."""

    @property
    def _floor(self) -> float:
        return 0.0

    def share(self, step: int) -> float:
        """The share of the first rate at a step."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        step, floor, groups = self.last_epoch, self._floor, self.optimizer.param_groups
        now, before = self.share(step), self.share(step - 1) if step else 1.0
        if now == before:
            return [group["lr"] for group in groups]
        if before:  # what share() rounded is divided out again at the next step, so that nothing adds up
            return [floor + (group["lr"] - floor) * (now / before) for group in groups]
        if len(groups) != len(self.base_lrs):
            return self.base_lrs  # which _set refuses
        return [group["lr"] + (base - floor) * now for group, base in zip(groups, self.base_lrs, strict=True)]

    def _begin(self) -> None:
        if self.last_epoch == -1:
            super()._begin()
        else:  # resumed: the optimiser's state has the rates of this step
            self.last_epoch += 1
            self._set([group["lr"] for group in self.optimizer.param_groups])
