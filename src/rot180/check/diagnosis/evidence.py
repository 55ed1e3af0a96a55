"""The facts about one problem in the search for a mistake: the returned, the correct and the wrong arrays.

`expected` is the gradient of the user's own forward. If that forward is known to the checker (the definition, or the
definition with the kernel rotated), `case` and `window` describe the forward, and the gradients of wrong backwards can
be computed from other windows, weights and cotangents. If the gradient is measured by finite differences, `error_bound`
bounds its error.
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

SINGLE_INPUTS = 1e-3  # tolerance for float32 inputs, because sums of many rounded terms may cancel


@dataclass(frozen=True)
class Evidence:
    """The facts about one problem.

    Attributes:
        actual: the arrays that the user's code returned, by argument; "y" is the result.
        expected: the correct arrays, by argument.
        window: the positions of the kernel or pooling window; None if gradients cannot be computed from other windows.
        error_bound: bounds of the errors of `expected`, by argument and cell; infinite where the value is unknown.
        kinks: the number of cells whose value is unknown because the left and the right derivative differ.
        defined: True if the forward equals the definition, so that mistakes can be computed from the definition.
        single: True if the forward computed in float32, so that float64 gradients may have float32 accuracy.
    """

    definition: Definition
    problem: Problem
    actual: Mapping[str, Array]
    expected: Mapping[str, Array]
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
        """The gradient of x, optionally through another window, from other kernels or another dy."""
        w, dy = self.w if w is None else w, self.dy if dy is None else dy
        return self.definition.dx(dy, w, self.case, self._window(window))

    def dw(self, window: Window | None = None, x: Array | None = None, dy: Array | None = None) -> Array:
        """The gradient of w, optionally through another window, from another x or dy."""
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
        """The number of kernel cells per axis that fit between the start of the last window and the end of the padded x
        (of the padded y, for a transposed convolution).
        """
        wide = self.dy.shape[2:] if self.definition.transposed else self.x.shape[2:]
        return tuple(
            (n + 2 * p - s * (q - 1) - 1) // d + 1
            for n, p, s, q, d in zip(wide, window.padding, window.stride, window.y_size, window.dilation, strict=True)
        )

    def _window(self, other: Window | None) -> Window:
        window = other or self.window
        assert window is not None, "this mistake needs a window"
        return window

    def wrong(self, argument: str) -> bool:
        """True if the returned array differs from the correct one."""
        return self.actual[argument].shape != self.expected[argument].shape or bool(self.differing(argument).any())

    def not_finite(self, argument: str) -> Array:
        """A mask of the cells that are NaN or infinite where a finite value is expected."""
        actual = self.actual[argument]
        broken = ~np.isfinite(actual)
        known = ~np.isinf(self.error_bound.get(argument, np.zeros(())))
        return np.asarray(broken & known if actual.shape == self.expected[argument].shape else broken)

    def compares(self, argument: str) -> bool:
        """True if the correct value of any cell is known."""
        return not np.isinf(self.error_bound.get(argument, 0.0)).all()

    @property
    def unknown(self) -> tuple[int, int]:
        """The number of measured cells whose correct value is unknown, and the number of all measured cells."""
        counts = [(int(np.isinf(error_bound).sum()), error_bound.size) for error_bound in self.error_bound.values()]
        return sum(unknown for unknown, _ in counts), sum(size for _, size in counts)

    def differing(self, argument: str) -> Array:
        """A mask of the wrong cells, for an array of the correct shape."""
        actual, error_bound = self.actual[argument], self.error_bound.get(argument, 0.0)
        return differing(actual, self.expected[argument], self.within(argument), error_bound)

    def within(self, argument: str) -> float:
        """The relative tolerance for rounding errors of this argument."""
        inputs = SINGLE_INPUTS if self.problem.case.dtype == "float32" else 0.0
        return max(tolerance(self.actual[argument]), SINGLE_CLOSE if self.single else 0.0, inputs)

    @property
    def counted(self) -> tuple[int, ...]:
        """The shape whose sizes wrong code often divides by."""
        shape = self.definition.counted(self.problem)
        return shape if len(shape) > 1 else self.x.shape


def array_name(argument: str) -> str:
    """The name of a returned array in reports: "y" is the result, "dx" the gradient of x."""
    return argument if argument == "y" else f"d{argument}"
