"""The interface of an operation.

Internal to check/. The operations themselves are in the other modules of this folder.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from ...errors import ShapeError
from ...window import Window
from .case import Array, Arrays, Case, Problem, draw


class Definition:
    """One operation: its correct results and its test cases.

    Attributes:
        name: the name of the operation.
        axes: the number of spatial axes of its windows.
        transposed: True for a transposed convolution, which has one window for each cell of x.
        arguments: the arguments of the forward, in order.
        optional: the arguments that a forward may leave out.
        gradients_of: the arguments whose gradients the backward returns, in order.
        exact: True if the operation is affine in each argument, so that finite differences have no truncation error.
        loss: True if the result is a single number, so that a backward may assume dy = 1.
        separate_by_axes: True if 1-d, 2-d and 3-d inputs need separate functions; the user may have only one of them.
        layouts: the layouts that the arrays can have.
        guesses: by setting, values that are often hard-coded. The checker tries them if the setting cannot be passed.
    """

    name: str
    axes: int = 0
    transposed: bool = False
    arguments: ClassVar[tuple[str, ...]] = ("x",)
    optional: ClassVar[tuple[str, ...]] = ()
    gradients_of: ClassVar[tuple[str, ...]] = ("x",)
    exact: ClassVar[bool] = False
    loss: ClassVar[bool] = False
    separate_by_axes: ClassVar[bool] = False
    layouts: ClassVar[tuple[str, ...]] = ("channels_first", "channels_last", "bare")
    guesses: ClassVar[Mapping[str, tuple[Any, ...]]] = {}

    @property
    def settings(self) -> tuple[str, ...]:
        """The names of its settings, as in PyTorch."""
        return ()

    @property
    def in_dict(self) -> tuple[str, ...]:
        """The settings that a dict such as CS231n's conv_param contains."""
        return ()

    def default(self, setting: str) -> Any:
        """The default of a setting."""
        raise KeyError(setting)

    def setting(self, case: Case, name: str) -> Any:
        """The value of a setting in a case, or its default; None if the setting is not passed."""
        return case.settings.get(name, self.default(name))

    def dictionary(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with the names of CS231n's functions, and also with PyTorch's names."""
        return dict(settings)

    # ---- the correct results ----

    def window(self, case: Case) -> Window | None:
        """The positions of the kernel or the pooling window; None if the operation has no window."""
        return None

    def y_shape(self, case: Case) -> tuple[int, ...]:
        """The shape of the result."""
        raise NotImplementedError

    def forward(self, arrays: Arrays, case: Case) -> Array:
        """The result."""
        raise NotImplementedError

    def gradients(self, dy: Array, arrays: Arrays, case: Case) -> dict[str, Array]:
        """The gradients by argument."""
        raise NotImplementedError

    def gradient_bounds(self, dy: Array, arrays: Arrays, case: Case) -> dict[str, Array]:
        """By argument, the accepted differences from the gradients, if there are several correct ones."""
        return {}

    # ---- gradients for another window, to compute mistakes; only for operations with a window ----

    def dx(self, dy: Array, w: Array, case: Case, window: Window) -> Array:
        """The gradient of x for a window."""
        raise NotImplementedError

    def dw(self, dy: Array, x: Array, case: Case, window: Window) -> Array:
        """The gradient of w for a window."""
        raise NotImplementedError

    def kernel(self, w: Array, case: Case) -> Array:
        """The kernel for rot180.kernels."""
        raise NotImplementedError

    def weights(self, case: Case) -> Array:
        """The kernel of an operation that has no argument w."""
        raise NotImplementedError

    # ---- the cases to try ----

    def cases(self, fixed: Mapping[str, Any], open_settings: tuple[str, ...], convention: str) -> Iterator[Case]:
        """Yield cases, simple ones first. `fixed` settings keep their values; `open_settings` vary."""
        raise NotImplementedError

    def edge_cases(self, fixed: Mapping[str, Any], open_settings: tuple[str, ...], convention: str) -> Iterator[Case]:
        """Yield edge cases: sizes and settings that code often treats separately. They are tried after the ordinary
        cases.
        """
        yield from ()

    def smaller(self, case: Case) -> Iterator[Case]:
        """Yield the case with one size less, for every size that can be reduced."""
        raise NotImplementedError

    def square(self, case: Case, *, images: bool) -> Case | None:
        """The case with square kernels, and with square images if `images`; None if the operation has no such case."""
        return None

    def equal_channels(self, case: Case) -> Case | None:
        """The case with as many input as output channels; None if the operation has no such case."""
        return None

    def depthwise(self, case: Case) -> Case | None:
        """The case for code that has one kernel per channel; None if the operation has no such case."""
        return None

    def ones(self, case: Case, axes: Collection[str]) -> Case | None:
        """The case with one image ("N"), one channel of x ("C") or one channel of y ("F"); None if impossible."""
        if not self.axes:
            return None
        x = case.shapes["x"]
        x = (1 if "N" in axes else x[0], 1 if "C" in axes else x[1], *x[2:])
        return replace(case, shapes={**case.shapes, "x": x})

    def reduced(self, case: Case, *, samples: bool, channels: bool) -> Case:
        """The case with a single sample if `samples`, and with a single input channel if `channels`."""
        shapes = dict(case.shapes)
        if samples:
            shapes["x"] = (1, *shapes["x"][1:])
        if channels and "w" in shapes:
            shapes["x"], shapes["w"] = (shapes["x"][0], 1, *shapes["x"][2:]), (shapes["w"][0], 1, *shapes["w"][2:])
        return replace(case, shapes=shapes) if shapes != dict(case.shapes) else case

    def read_off(self, setting: str, problem: Problem, y: Array) -> float | None:
        """Compute the value of a setting from a result of the code; None if that is not possible."""
        return None

    def bare(self, case: Case) -> Case | None:
        """The case with one sample and one channel, for functions that take matrices; None if there is no such case."""
        shapes = {name: (1, 1, *s[2:]) if len(s) > 1 else (1,) for name, s in case.shapes.items()}
        return replace(case, shapes=shapes)

    def problem(self, case: Case, seed: int, unit: float) -> Problem:
        """Generate random arrays for a case, in its dtype."""
        return self.draw_problem(case, seed, unit).in_numbers_of_case()

    def draw_problem(self, case: Case, seed: int, unit: float) -> Problem:
        """Draw small integers times the unit, away from the kinks of the operation, in float64."""
        return draw(case, self.y_shape(case), seed, unit)

    def at_kinks(self, case: Case, seed: int) -> Problem | None:
        """A problem with cells where the operation has no derivative; None if it is differentiable everywhere."""
        return None

    def counted(self, problem: Problem) -> tuple[int, ...]:
        """The shape whose sizes wrong code often divides by: the shape of the result, or of the predictions of a
        loss.
        """
        return problem.dy.shape

    def counts(self, case: Case) -> dict[str, int]:
        """Other divisors that code uses wrongly or forgets, by name."""
        return {}


def possible(attempts: Iterable[Callable[[], Case]]) -> Iterator[Case]:
    """Yield each possible case once. If no case is possible, raise the first ShapeError."""
    impossible: list[ShapeError] = []
    found = False
    for case in existing(attempts, impossible):
        found = True
        yield case
    if not found:
        raise impossible[0]


def existing(attempts: Iterable[Callable[[], Case]], impossible: list[ShapeError] | None = None) -> Iterator[Case]:
    """Yield each possible case once, and append the errors of impossible cases to `impossible`."""
    yielded: list[Case] = []
    for attempt in attempts:
        try:
            case = attempt()
        except ShapeError as reason:
            if impossible is not None:
                impossible.append(reason)
            continue
        if case not in yielded:
            yielded.append(case)
            yield case


def distinct(rng: np.random.Generator, shape: tuple[int, ...], unit: float) -> Array:
    """Draw numbers that are all different and not 0, one unit apart."""
    size = int(np.prod(shape))
    values = np.arange(size) - size // 2
    values[values >= 0] += 1
    return rng.permutation(values).reshape(shape) * unit
