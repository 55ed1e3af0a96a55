"""A schedule defined by a function."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, ClassVar

from ...errors import FormatError
from ..optimizer import Optimizer
from .base import LRScheduler
from .settings import per_group

Share = Callable[[int], float]


class LambdaLR(LRScheduler):
    """Set the rate after t steps to r * lr_lambda(t), where r is the initial rate; the current rate has no effect.

    Args:
        optimizer: the optimiser whose rates are set.
        lr_lambda: a function from the number of steps to the share, or a list with one per parameter group.
        last_epoch: -1, or the step after which to resume; see LRScheduler.

    As in PyTorch, the state dict does not hold functions. If lr_lambda is an object with `__call__`, the state dict
    holds its attributes. Raises TypeError for values that are not callable, ValueError for a list of a wrong length.
    """

    _not_in_state: ClassVar[set[str]] = {"optimizer", "lr_lambdas"}

    def __init__(self, optimizer: Optimizer, lr_lambda: Share | Sequence[Share], last_epoch: int = -1) -> None:
        self._attach(optimizer)
        self.lr_lambdas: list[Share] = per_group(self._name, "lr_lambda", lr_lambda, len(optimizer.param_groups))
        for share in self.lr_lambdas:
            if not callable(share):
                raise TypeError(f"{self._name}: lr_lambda must be a function; got {type(share).__name__}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [
            base * float(share(self.last_epoch)) for base, share in zip(self.base_lrs, self.lr_lambdas, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "lr_lambdas": [_attributes(share) for share in self.lr_lambdas]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        states = state_dict.get("lr_lambdas", [])
        if len(states) != len(self.lr_lambdas):
            raise FormatError(
                f"{self._name}.load_state_dict: lr_lambdas has {len(states)} entries; {len(self.lr_lambdas)} are needed"
            )
        super().load_state_dict({name: value for name, value in state_dict.items() if name != "lr_lambdas"})
        for share, attributes in zip(self.lr_lambdas, states, strict=True):
            if attributes:
                vars(share).update(copy.deepcopy(attributes))


def _attributes(share: Share) -> dict[str, Any] | None:
    """The attributes of an object with `__call__`, or None for a function."""
    return None if isinstance(share, FunctionType) else copy.deepcopy(getattr(share, "__dict__", {}))
