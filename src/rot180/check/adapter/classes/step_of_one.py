"""An optimizer for layers that update their parameters themselves.

Internal to check/adapter/classes/.
"""

from __future__ import annotations

from typing import Any

from ...operations.case import Array


class StepOfOne:
    """An optimizer with a learning rate of 1, so that the change of a parameter equals its gradient."""

    learning_rate = lr = 1.0

    def __init__(self, in_place: bool = False) -> None:
        self.in_place = in_place

    def update(self, w: Array, gradient: Array) -> Array:
        """Return the parameter after a step."""
        if self.in_place:
            w -= gradient
            return w
        return w - gradient

    __call__ = step = apply = update

    def __getattr__(self, name: str) -> Any:
        """Return a function that does nothing, for the other methods of optimizers."""
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *values, **keywords: None
