"""What the checker asks of an operation, whatever it computes.

Who may import it: the files of this folder. Deliberately absent: any operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from ...errors import ShapeError
from ...window import Window
from .case import Array, Arrays, Case, Problem, draw


class Definition:
    """One operation: what is right, and what it is tried on.

    Attributes:
        name: of the operation.  axes: spatial ones of its windows.  transposed: whether x is their narrow side.
        arguments: of the forward, in order.  optional: those that a forward may leave out.
        gradients_of: what the backward returns, in order.
        exact: whether it is affine in each argument, so that differences have no truncation error.
        loss: whether the result is one number, which a backward may take for granted.
        apart: whether functions for another number of axes are other functions, which need not do for all.
        layouts: how its arrays may lie at the user's.
        guesses: values of settings that people write into their code; recognised where the code cannot be told.
    """

    name: str
    axes: int = 0
    transposed: bool = False
    arguments: ClassVar[tuple[str, ...]] = ("x",)
    optional: ClassVar[tuple[str, ...]] = ()
    gradients_of: ClassVar[tuple[str, ...]] = ("x",)
    exact: ClassVar[bool] = False
    loss: ClassVar[bool] = False
    apart: ClassVar[bool] = False
    layouts: ClassVar[tuple[str, ...]] = ("channels_first", "channels_last", "bare")
    guesses: ClassVar[Mapping[str, tuple[Any, ...]]] = {}

    @property
    def settings(self) -> tuple[str, ...]:
        """The names of its settings, as PyTorch calls them."""
        return ()

    @property
    def in_dict(self) -> tuple[str, ...]:
        """The settings that a dict such as CS231n's tells the user's functions."""
        return ()

    def default(self, setting: str) -> Any:
        """What a setting is where none is given."""
        raise KeyError(setting)

    def setting(self, case: Case, name: str) -> Any:
        """What functions are told of a setting: the case's, or the default; None where nothing is to be said."""
        return case.settings.get(name, self.default(name))

    def dictionary(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings as CS231n's functions take them, and under PyTorch's names."""
        return dict(settings)

    # ---- what is right ----

    def window(self, case: Case) -> Window | None:
        """The geometry through which mistakes are replayed; None where there is none."""
        return None

    def y_shape(self, case: Case) -> tuple[int, ...]:
        """Of the result."""
        raise NotImplementedError

    def forward(self, arrays: Arrays, case: Case) -> Array:
        """The result."""
        raise NotImplementedError

    def gradients(self, dy: Array, arrays: Arrays, case: Case) -> dict[str, Array]:
        """{argument: gradient}."""
        raise NotImplementedError

    # ---- replays, asked only of operations with a window ----

    def dx(self, dy: Array, w: Array, case: Case, window: Window) -> Array:
        """The gradient of x through a window."""
        raise NotImplementedError

    def dw(self, dy: Array, x: Array, case: Case, window: Window) -> Array:
        """The gradient of w through a window."""
        raise NotImplementedError

    def kernel(self, w: Array, case: Case) -> Array:
        """As the contractions take it."""
        raise NotImplementedError

    def weights(self, case: Case) -> Array:
        """The kernel of an operation that has no argument w."""
        raise NotImplementedError

    # ---- what it is tried on ----

    def cases(self, fixed: Mapping[str, Any], open_settings: tuple[str, ...], convention: str) -> Iterator[Case]:
        """Settings and sizes, simple ones first: those that are fixed as they are, those that are open varied."""
        raise NotImplementedError

    def smaller(self, case: Case) -> Iterator[Case]:
        """The same case with one size less, for every size that can be less."""
        raise NotImplementedError

    def alike(self, case: Case, *, channels: bool) -> Case | None:
        """The case for code that takes one size for all axes; None if the operation has no such cases of its own."""
        return None

    def depthwise(self, case: Case) -> Case | None:
        """The case for code that has one kernel per channel; None if the operation has none."""
        return None

    def single(self, case: Case) -> Case | None:
        """The case for code that takes one image; None if the operation has no images."""
        if not self.axes or case.shapes["x"][0] == 1:
            return None
        return replace(case, shapes={**case.shapes, "x": (1, *case.shapes["x"][1:])})

    def read_off(self, setting: str, problem: Problem, y: Array) -> float | None:
        """A value of a setting that explains a result, if it can be read off; it may be none of `guesses`."""
        return None

    def bare(self, case: Case) -> Case | None:
        """The case of one sample and one channel, for functions that take matrices; None if it has no such form."""
        shapes = {name: (1, 1, *s[2:]) if len(s) > 1 else (1,) for name, s in case.shapes.items()}
        return replace(case, shapes=shapes)

    def problem(self, case: Case, seed: int, unit: float) -> Problem:
        """The case with numbers: small integers times the unit, away from the kinks of the operation."""
        return draw(case, self.y_shape(case), seed, unit)

    def at_kinks(self, case: Case, seed: int) -> Problem | None:
        """A problem with cells where the operation has no derivative; None if it has one everywhere."""
        return None

    def counted(self, problem: Problem) -> tuple[int, ...]:
        """The shape whose sizes people divide by: of the result, or of a loss the predictions'."""
        return problem.dy.shape

    def counts(self, case: Case) -> dict[str, int]:
        """Other numbers that people divide by or forget to divide by, and how they are called."""
        return {}


def possible(attempts: Iterable[Callable[[], Case]]) -> Iterator[Case]:
    """Each case that there is, once; the first ShapeError where there is none."""
    seen: list[Case] = []
    impossible: list[ShapeError] = []
    for attempt in attempts:
        try:
            case = attempt()
        except ShapeError as reason:
            impossible.append(reason)
            continue
        if case not in seen:
            seen.append(case)
            yield case
    if not seen:
        raise impossible[0]


def distinct(rng: np.random.Generator, shape: tuple[int, ...], unit: float) -> Array:
    """Numbers of which no two are equal and none is 0, a unit apart."""
    size = int(np.prod(shape))
    values = np.arange(size) - size // 2
    values[values >= 0] += 1
    return rng.permutation(values).reshape(shape) * unit
