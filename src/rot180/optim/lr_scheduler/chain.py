"""Combinations of schedules: one after the other (SequentialLR) or at the same time (ChainedScheduler)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

from ...errors import FormatError
from ..optimizer import Optimizer
from .base import LRScheduler
from .plateau import ReduceLROnPlateau
from .settings import whole_number


class _Composite(LRScheduler):
    """Base of SequentialLR and ChainedScheduler: the combined schedules and their state."""

    _not_in_state: ClassVar[set[str]] = {"optimizer", "_schedulers"}
    _schedulers: list[LRScheduler]

    def _set_schedulers(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> None:
        """Store the schedules; raise an error for anything that cannot be combined."""
        if not schedulers:
            raise ValueError(f"{self._name}: got no schedules; pass at least one")
        for i, part in enumerate(schedulers):
            if not isinstance(part, LRScheduler):
                raise TypeError(f"{self._name}: schedule {i} is a {type(part).__name__}; an LRScheduler is needed")
            if isinstance(part, ReduceLROnPlateau):
                raise ValueError(f"{self._name}: schedule {i} is a ReduceLROnPlateau, whose step() needs a metric")
        self._attach(schedulers[0].optimizer if optimizer is None else optimizer)
        for i, part in enumerate(schedulers):
            if part.optimizer is not self.optimizer:
                raise ValueError(f"{self._name}: schedule {i} ({part._name}) belongs to another optimizer")
        self._schedulers = list(schedulers)

    def _rewind(self) -> None:
        for part in self._schedulers:
            part._rewind()

    def _reset(self) -> None:
        """Set the groups to their initial rates."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"]

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "_schedulers": [part.state_dict() for part in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        states = state_dict.get("_schedulers", [])
        if len(states) != len(self._schedulers):
            raise FormatError(
                f"{self._name}.load_state_dict: got {len(states)} schedules; {len(self._schedulers)} are needed"
            )
        super().load_state_dict({name: value for name, value in state_dict.items() if name != "_schedulers"})
        for part, state in zip(self._schedulers, states, strict=True):
            part.load_state_dict(state)


class SequentialLR(_Composite):
    """Run schedules one after the other; each starts from the initial rates at its milestone.

    Args:
        optimizer: the optimiser whose rates are set.
        schedulers: schedules of this optimiser, in order; a ReduceLROnPlateau is not allowed.
        milestones: the steps at which the second, third, ... schedule starts; one fewer than there are schedules.
        last_epoch: must be -1; resume with load_state_dict.

    Raises ValueError for schedules of another optimiser, and for a wrong number or order of milestones.
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int], last_epoch: int = -1
    ) -> None:
        self._set_schedulers(schedulers, optimizer)
        if last_epoch != -1:
            raise ValueError(f"{self._name}: last_epoch must be -1; got {last_epoch}; resume with load_state_dict")
        self._milestones = list(milestones)
        self._check_settings()
        self._reset()
        self._rewind()
        self._begin()

    def _check_settings(self) -> None:
        milestones = self._milestones = [whole_number(self._name, "a milestone", m, 1) for m in self._milestones]
        if len(milestones) != len(self._schedulers) - 1:
            raise ValueError(
                f"{self._name}: {len(self._schedulers)} schedules need {len(self._schedulers) - 1} milestones; "
                f"got {len(milestones)}"
            )
        if any(after <= before for before, after in pairwise(milestones)):
            raise ValueError(f"{self._name}: milestones must increase; got {milestones}")

    def _rewind(self) -> None:
        super()._rewind()
        self.last_epoch = -1

    def _begin(self) -> None:
        self.last_epoch = 0
        self._schedulers[0]._begin()
        self._last_lr = self._schedulers[0].get_last_lr()

    def _restart(self) -> None:
        self._rewind()
        self.last_epoch = 0
        self._schedulers[0]._restart()
        self._last_lr = self._schedulers[0].get_last_lr()

    def step(self) -> None:
        """Set the rates of the next step by the active schedule."""
        self.last_epoch += 1
        part = self._schedulers[bisect_right(self._milestones, self.last_epoch)]
        if self.last_epoch in self._milestones:
            part._restart()
        else:
            part.step()
        self._last_lr = part.get_last_lr()


class ChainedScheduler(_Composite):
    """Run several schedules at the same time; each multiplies the rates that the others set.

    Schedules that set a rate independently of its current value (LambdaLR, OneCycleLR, CosineAnnealingWarmRestarts)
    must come first.

    Args:
        schedulers: schedules of one optimiser; a ReduceLROnPlateau is not allowed.
        optimizer: the optimiser of the schedules (default: the optimiser of the first schedule).

    Raises ValueError for schedules of different optimisers.
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._set_schedulers(schedulers, optimizer)
        self._record_rates()

    @property
    def last_epoch(self) -> int:  # type: ignore[override]
        """The number of steps so far."""
        return self._schedulers[0].last_epoch

    def _record_rates(self) -> None:
        self._last_lr = [float(group["lr"]) for group in self.optimizer.param_groups]

    def _begin(self) -> None:
        for part in self._schedulers:
            part._begin()
        self._record_rates()

    def _restart(self) -> None:
        self._rewind()
        self._reset()
        self._begin()

    def step(self) -> None:
        """Step all schedules, in order."""
        for part in self._schedulers:
            part.step()
        self._record_rates()
