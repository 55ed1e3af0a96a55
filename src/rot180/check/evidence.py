"""What is known of one problem when a mistake is looked for: what was found, what is right, how to compute variants.

`right` is the gradient of the user's own forward. Where that forward is one that the checker can write down (the
definition, the definition with the kernel rotated), `case` and `window` are those of the forward, and wrong backwards
can be replayed through other windows, weights and cotangents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..window import Window
from .case import Array, Case, Problem
from .definitions import Definition

CLOSE = 1e-9  # relative to the largest cell: what scaling by a third and summing in another order may cost


@dataclass(frozen=True)
class Evidence:
    """One problem: `found` and `right` by argument ("y" is the result); `window` is None if replays are impossible."""

    definition: Definition
    problem: Problem
    found: Mapping[str, Array]
    right: Mapping[str, Array]
    case: Case
    window: Window | None

    @property
    def x(self) -> Array:
        """The layer's input."""
        return self.problem.arrays["x"]

    @property
    def w(self) -> Array:
        """The kernels."""
        return self.problem.arrays["w"]

    @property
    def dy(self) -> Array:
        """The gradient of the result."""
        return self.problem.dy

    def dx(self, window: Window | None = None, w: Array | None = None, dy: Array | None = None) -> Array:
        """The gradient of x, through another window, from other kernels or another dy."""
        w, dy = self.w if w is None else w, self.dy if dy is None else dy
        return self.definition.dx(dy, w, self.case, self._window(window))

    def dw(self, window: Window | None = None, x: Array | None = None, dy: Array | None = None) -> Array:
        """The gradient of w."""
        x, dy = self.x if x is None else x, self.dy if dy is None else dy
        return self.definition.dw(dy, x, self.case, self._window(window))

    def gradient(self, argument: str, dy: Array | None = None, x: Array | None = None) -> Array:
        """The gradient of one argument, from another dy or x."""
        if argument == "b":
            dy = self.dy if dy is None else dy
            return dy.sum((0, *range(2, dy.ndim)))
        return self.dx(dy=dy) if argument == "x" else self.dw(dy=dy, x=x)

    def through(self, **changes: Any) -> Window:
        """The window with some of its fields changed."""
        return replace(self._window(None), **changes)

    def _window(self, other: Window | None) -> Window:
        window = other or self.window
        assert window is not None, "replays ask for a window first"
        return window

    def wrong(self, argument: str) -> bool:
        """Whether what was found differs from what is right."""
        return not same(self.found[argument], self.right[argument])


def same(a: Array, b: Array) -> bool:
    """Equal shapes, and cells as near as sums in another order are."""
    if a.shape != b.shape:
        return False
    if np.array_equal(a, b):
        return True
    scale = max(float(np.max(np.abs(b), initial=0.0)), 1.0)
    with np.errstate(invalid="ignore"):
        return bool(np.all(np.abs(np.subtract(a, b, dtype=float)) <= tolerance(a) * scale))


def tolerance(a: Array) -> float:
    """What rounding may do to a found array, relative to its largest cell."""
    return 1e-5 if a.dtype == np.float32 else CLOSE
