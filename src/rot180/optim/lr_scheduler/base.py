"""The base classes of the schedules: the number of steps, the rates of the groups, the state dict.

LRScheduler sets the rates that `get_lr` computes. ShareLR is the base of schedules whose formula is a share of the
initial rate. At each step, ShareLR multiplies the current rate by share(step) / share(step - 1), so that several
schedules can act on one optimiser and manual changes of a rate are kept.
"""

from __future__ import annotations

import copy
import warnings
from typing import Any, ClassVar

from ...errors import FormatError
from ..optimizer import Optimizer

# Keys that only PyTorch's state dicts have; they are derived from the others or not needed.
_PYTORCH_KEYS = {"_step_count", "_is_initial", "_get_lr_called_within_step", "verbose", "use_beta1", "mode_worse"}


class LRScheduler:
    """Base class of the schedules. A subclass defines `get_lr`; it sets its own settings before `super().__init__`.

    Args:
        optimizer: the optimiser whose groups' `lr` is set. The initial rates are stored in the groups as `initial_lr`.
        last_epoch: -1 starts the schedule. A larger number resumes after that step (or epoch); the groups must then
            have `initial_lr`, so load the optimiser's state dict first. With `load_state_dict`, last_epoch is not
            needed.

    Attributes: base_lrs, the initial rate of each group; last_epoch, the number of `step()` calls so far. Raises
    TypeError for anything but an optimiser, ValueError for invalid settings.
    """

    base_lrs: list[float]
    last_epoch: int
    _last_lr: list[float]
    _not_in_state: ClassVar[set[str]] = {
        "optimizer"
    }  # attributes that the state dict leaves out or stores in another form

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
        """The name in error messages."""
        return type(self).__name__

    def _check_settings(self) -> None:
        """Raise ValueError if a setting, passed or loaded, is invalid; every schedule overrides this method."""

    # ---- steps ----

    def get_lr(self) -> list[float]:
        """Compute the rate of each group at step `last_epoch`; to read the current rates, use `get_last_lr`."""
        raise NotImplementedError(f"{self._name} has no get_lr; define one")

    def get_last_lr(self) -> list[float]:
        """The current rate of each group, as set by the last step."""
        return list(self._last_lr)

    def step(self) -> None:
        """Set the rates of the next step (or epoch); call it after `optimizer.step()`."""
        if self.last_epoch == 0 and not self.optimizer._stepped:
            warnings.warn(
                f"{self._name}: step() was called before optimizer.step(), so the first rate was never used; "
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
                f"{self._name}: the optimizer now has {len(groups)} parameter groups but the schedule "
                f"has {len(rates)}; create a new schedule after add_param_group"
            )
        self._last_lr = [float(rate) for rate in rates]
        for group, rate in zip(groups, self._last_lr, strict=True):
            group["lr"] = rate

    def _begin(self) -> None:
        """Make the first step, from the current rates of the groups."""
        self._advance(self.last_epoch + 1)

    def _rewind(self) -> None:
        """Return to the state before the first step; the rates do not change."""
        self.last_epoch = -1

    def _restart(self) -> None:
        """Start again from the initial rates."""
        self._rewind()
        self._set(self.base_lrs)
        self._begin()

    # ---- state dict ----

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of all attributes but the optimiser, as plain values that JSON can hold."""
        return copy.deepcopy({name: value for name, value in vars(self).items() if name not in self._not_in_state})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a copy of a state dict, including the settings; PyTorch's state dict of the same schedule works, too.

        The rates are part of the optimiser's state: load the optimiser's state dict as well. Raises FormatError for the
        state of another schedule or another number of groups, ValueError for invalid settings; then nothing is changed.
        """
        loaded = copy.deepcopy({name: value for name, value in state_dict.items() if name not in _PYTORCH_KEYS})
        expected = vars(self).keys() - self._not_in_state
        if loaded.keys() != expected:
            raise FormatError(
                f"{self._name}.load_state_dict: missing {sorted(expected - loaded.keys())}, "
                f"unexpected {sorted(loaded.keys() - expected)}; is it the state of another schedule?"
            )
        rates, groups = len(loaded["_last_lr"]), len(self.optimizer.param_groups)
        if rates != groups:
            raise FormatError(f"{self._name}.load_state_dict: got {rates} groups; the optimizer has {groups}")
        before = dict(vars(self))
        vars(self).update(loaded)
        try:
            self._check_settings()
        except ValueError:
            vars(self).update(before)
            raise


class ShareLR(LRScheduler):
    """rate = floor + (initial rate - floor) * share(step), applied as a factor to the current rate of the groups."""

    @property
    def _floor(self) -> float:
        return 0.0

    def share(self, step: int) -> float:
        """The learning rate at a step, as a share of the initial learning rate."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        step, floor, groups = self.last_epoch, self._floor, self.optimizer.param_groups
        now, before = self.share(step), self.share(step - 1) if step else 1.0
        if now == before:
            return [group["lr"] for group in groups]
        if before:  # dividing by the previous share keeps rounding errors from accumulating
            return [floor + (group["lr"] - floor) * (now / before) for group in groups]
        if len(groups) != len(self.base_lrs):
            return self.base_lrs  # `_set` raises the error for a wrong number of rates
        return [group["lr"] + (base - floor) * now for group, base in zip(groups, self.base_lrs, strict=True)]

    def _begin(self) -> None:
        if self.last_epoch == -1:
            super()._begin()
        else:  # resumed: the optimiser's groups already have the rates of this step
            self.last_epoch += 1
            self._set([group["lr"] for group in self.optimizer.param_groups])
