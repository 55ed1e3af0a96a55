"""Max and average pooling with 1 to 3 spatial axes.

Average pooling is a convolution of each channel with a kernel of equal weights, and it includes the padding. So every
mistake in dx of a convolution can occur in it. Max pooling is computed by rot180.functional and excludes the padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from ... import functional as F
from ...errors import Rot180Error, ShapeError
from ...explain.trilinear import triples
from ...window import Sizes, Window, per_axis
from .case import Array, Arrays, Case, Problem
from .convolution import Convolution, with_room
from .definition import Definition, distinct, existing, possible
from .functional import Functional
from .names_of_settings import pooling_dictionary
from .sizes_to_try import EDGES_OF_POOLINGS, ORDINARY_POOLINGS, Attempt


class Pooling(Definition):
    """The settings and the test cases of max and average pooling."""

    @property
    def settings(self) -> tuple[str, ...]:
        """The names of its settings."""
        return ("kernel_size", "stride", "padding")

    @property
    def in_dict(self) -> tuple[str, ...]:
        """The settings in CS231n's pool_param."""
        return ("kernel_size", "stride")

    def default(self, setting: str) -> Any:
        """The default of a setting: windows of size 2 with stride 2, without padding."""
        return 0 if setting == "padding" else 2

    def dictionary(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with the names of pool_param, and with "f", as in Coursera's hparameters."""
        return pooling_dictionary(settings, self.axes)

    def geometry(self, case: Case) -> Window:
        """The window of one channel. Raises ShapeError if it is impossible."""
        given, n = case.settings, self.axes
        kernel = per_axis(self.name, "kernel_size", given["kernel_size"], n)
        stride = per_axis(self.name, "stride", given["stride"], n)
        padding = per_axis(self.name, "padding", given.get("padding", 0), n)
        if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
            raise ShapeError(f"{self.name}: padding is {padding}; it must be at most half the kernel size, {kernel}")
        return Window.plain(self.name, case.shapes["x"][2:], kernel, stride, padding, (1,) * n, 1)

    def y_shape(self, case: Case) -> tuple[int, ...]:
        """The shape of the result."""
        return (*case.shapes["x"][:2], *self.geometry(case).y_size)

    def cases(self, fixed: Mapping[str, Any], open_settings: tuple[str, ...], convention: str) -> Iterator[Case]:
        """Yield the cases. If no stride is given, it equals the kernel size."""
        yield from possible(partial(self._case, a, fixed, open_settings, convention) for a in ORDINARY_POOLINGS)

    def edge_cases(self, fixed: Mapping[str, Any], open_settings: tuple[str, ...], convention: str) -> Iterator[Case]:
        """Yield edge cases: sizes and settings that code often treats separately."""
        yield from existing(partial(self._case, a, fixed, open_settings, convention) for a in EDGES_OF_POOLINGS)

    def _case(self, attempt: Attempt, fixed: Mapping[str, Any], open_settings: tuple[str, ...], kind: str) -> Case:
        settings = {"kernel_size": 2, **attempt.open(open_settings, self.axes), **fixed}
        settings.setdefault("stride", settings["kernel_size"])
        kernel = per_axis(self.name, "kernel_size", settings["kernel_size"], self.axes)
        x = with_room(self.name, attempt.x[: self.axes], kernel, settings)
        case = Case(settings, {"x": (attempt.images, attempt.channels, *x)}, kind, attempt.dtype, attempt.factor)
        self.y_shape(case)
        return case

    def square(self, case: Case, *, images: bool) -> Case | None:
        """The case with square images; None for `images=False`, because the kernel is a setting here."""
        x = case.shapes["x"]
        return replace(case, shapes={"x": (*x[:2], *(max(x[2:]),) * self.axes)}) if images else None

    def _exists(self, case: Case) -> bool:
        try:
            self.y_shape(case)
        except Rot180Error:
            return False
        return min(case.shapes["x"]) > 0

    def smaller(self, case: Case) -> Iterator[Case]:
        """Yield the case with one size less."""
        shape = case.shapes["x"]
        for axis in range(len(shape)):
            less = replace(case, shapes={"x": tuple(n - (a == axis) for a, n in enumerate(shape))})
            if self._exists(less):
                yield less


@dataclass(frozen=True)
class AveragePooling(Pooling, Convolution):
    """The sum over a window divided by the number of its cells, including padding cells."""

    arguments: ClassVar[tuple[str, ...]] = ("x",)
    optional: ClassVar[tuple[str, ...]] = ()
    gradients_of: ClassVar[tuple[str, ...]] = ("x",)

    def window(self, case: Case) -> Window:
        """The window with one group per channel."""
        return replace(self.geometry(case), groups=case.shapes["x"][1])

    def weights(self, case: Case) -> Array:
        """The weights of the equivalent convolution."""
        kernel = self.geometry(case).kernel
        return np.full((case.shapes["x"][1], 1, *kernel), 1 / float(np.prod(kernel)))

    def forward(self, arrays: Arrays, case: Case, window: Window | None = None) -> Array:
        """The result."""
        weights = arrays.get("w", self.weights(case))
        return super().forward({"x": arrays["x"], "w": weights}, case, window)

    def gradients(self, dy: Array, arrays: Arrays, case: Case) -> dict[str, Array]:
        """The gradient of x."""
        return {"x": self.dx(dy.astype(float), self.weights(case), case, self.window(case))}

    def counts(self, case: Case) -> dict[str, int]:
        """The divisor of the average."""
        return {"window cells": int(np.prod(self.geometry(case).kernel))}


@dataclass(frozen=True)
class MaxPooling(Pooling, Functional):
    """The largest cell of each window. No two cells of a problem are equal, except in `at_kinks`."""

    axes: int = 2

    def draw_problem(self, case: Case, seed: int, unit: float) -> Problem:
        """A problem whose cells are all different."""
        problem = super().draw_problem(case, seed, unit)
        return replace(problem, arrays={"x": distinct(np.random.default_rng(seed), case.shapes["x"], unit)})

    def at_kinks(self, case: Case, seed: int) -> Problem | None:
        """A problem with so few values that most windows have ties."""
        problem = super().problem(case, seed, 1.0)
        x = np.random.default_rng(seed).integers(1, 3, case.shapes["x"]) * 1.0
        return replace(problem, arrays={"x": x})

    def windows(self, case: Case) -> list[tuple[Sizes, list[Sizes]]]:
        """For each position of y, the cells of x in the window at this position."""
        met: dict[Sizes, list[Sizes]] = {}
        for triple in triples(self.geometry(case), 1, 1, 1):
            met.setdefault(triple.y[2:], []).append(triple.x[2:])
        return list(met.items())

    def gradients_with_windows(self, problem: Problem) -> Iterator[tuple[float, list[Sizes]]]:
        """Yield, for each cell of dy, its value and the cells of x in its window, with image and channel."""
        windows = self.windows(problem.case)
        for image in np.ndindex(*problem.arrays["x"].shape[:2]):
            for p, cells in windows:
                yield float(problem.dy[(*image, *p)]), [(*image, *cell) for cell in cells]


def _max(name: str, axes: int) -> MaxPooling:
    function = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}[axes]
    return MaxPooling(
        name, lambda a, s: function(a["x"], s["kernel_size"], s["stride"], s.get("padding", 0)), axes=axes
    )


POOLINGS: dict[str, Definition] = {
    **{f"max_pool{n}d": _max(f"max_pool{n}d", n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": AveragePooling(f"avg_pool{n}d", n) for n in (1, 2, 3)},
}
