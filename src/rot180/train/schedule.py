"""The learning rate over a run: half a cosine, from the full rate at the first step down to zero after the last.

I. Loshchilov and F. Hutter, "SGDR: Stochastic gradient descent with warm restarts", 2017, without the restarts.
"""

from __future__ import annotations

import math
from typing import Any


class CosineDecay:
    """Sets the learning rate of every parameter group of an optimiser, as a share of the one that it began with."""

    def __init__(self, optimizer: Any, steps: int) -> None:
        self.optimizer = optimizer
        self.steps = steps
        self.full = [group["lr"] for group in optimizer.param_groups]

    def set(self, step: int) -> None:
        """Before step number `step` (the first is 0)."""
        share = (1 + math.cos(math.pi * step / self.steps)) / 2
        for group, lr in zip(self.optimizer.param_groups, self.full, strict=True):
            group["lr"] = lr * share
