"""What is known of one problem when a mistake is looked for: what was found, what is right, how to compute variants.

`right` is the gradient of the user's own forward. Where that forward is one that the checker can write down (the
definition, the definition with the kernel rotated), `case` and `window` are those of the forward, and wrong backwards
can be replayed through other windows, weights and cotangents. Where it is measured by differences, `error_bound` says
how far off it may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...window import Sizes, Window
from ..comparison import SINGLE_CLOSE, differing, tolerance
from ..operations import Definition
from ..operations.case import Array, Case, Problem


@dataclass(frozen=True)
class Evidence:
    """One problem.

    Attributes:
        found, right: by argument; "y" is the result.
        window: None if no mistake can be replayed through windows.
        error_bound: bounds of the errors of `right`, by argument and cell; infinite where it is unknown.
        kinks: at how many cells it is unknown because the left and the right derivative differ.
        defined: whether the forward is the one of the definition, so that mistakes can be computed from it.
        single: whether the forward went through float32, so that gradients in float64 may be as coarse.
    """

    definition: Definition
    problem: Problem
    found: Mapping[str, Array]
    right: Mapping[str, Array]
    case: Case
    window: Window | None
    error_bound: Mapping[str, Array] = field(default_factory=dict)
    defined: bool = True
    kinks: int = 0
    single: bool = False

    @property
    def x(self) -> Array:
        """The layer's input."""
        return self.problem.arrays["x"]

    @property
    def w(self) -> Array:
        """The kernels."""
        given = self.problem.arrays.get("w")
        return self.definition.weights(self.case) if given is None else given

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

    def room(self, window: Window) -> Sizes:
        """How many taps per axis fit before the padded wide side ends, where the last window begins."""
        wide = self.dy.shape[2:] if self.definition.transposed else self.x.shape[2:]
        return tuple(
            (n + 2 * p - s * (q - 1) - 1) // d + 1
            for n, p, s, q, d in zip(wide, window.padding, window.stride, window.y_size, window.dilation, strict=True)
        )

    def _window(self, other: Window | None) -> Window:
        window = other or self.window
        assert window is not None, "replays ask for a window first"
        return window

    def wrong(self, argument: str) -> bool:
        """Whether what was found differs from what is right."""
        return self.found[argument].shape != self.right[argument].shape or bool(self.differing(argument).any())

    def not_finite(self, argument: str) -> Array:
        """At which cells what was found is NaN or infinite where a number belongs, as a mask."""
        found = self.found[argument]
        broken = ~np.isfinite(found)
        known = ~np.isinf(self.error_bound.get(argument, np.zeros(())))
        return np.asarray(broken & known if found.shape == self.right[argument].shape else broken)

    def compares(self, argument: str) -> bool:
        """Whether anything is known of what is right."""
        return not np.isinf(self.error_bound.get(argument, 0.0)).all()

    @property
    def unknown(self) -> tuple[int, int]:
        """At how many cells nothing is known, and of how many that were measured."""
        counts = [(int(np.isinf(error_bound).sum()), error_bound.size) for error_bound in self.error_bound.values()]
        return sum(unknown for unknown, _ in counts), sum(size for _, size in counts)

    def differing(self, argument: str) -> Array:
        """Which cells are wrong, as a mask, where the shape is right."""
        found, error_bound = self.found[argument], self.error_bound.get(argument, 0.0)
        return differing(found, self.right[argument], self.within(argument), error_bound)

    def within(self, argument: str) -> float:
        """What rounding may have done to it."""
        return max(tolerance(self.found[argument]), SINGLE_CLOSE if self.single else 0.0)

    @property
    def counted(self) -> tuple[int, ...]:
        """The sizes that people divide by."""
        shape = self.definition.counted(self.problem)
        return shape if len(shape) > 1 else self.x.shape
