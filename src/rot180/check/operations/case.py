"""One problem that a layer is tried on: its settings, its arrays, and the gradient that arrives at its result.

The arrays hold small integers, or quarters of them, none of them 0: every sum of products is then exact in float32 and
float64, and a wrong cell cannot hide behind a factor that happens to vanish. No two sizes are equal where the layer
allows it, so that axes which are taken for each other show.

Who may import it: the parts of check/. Deliberately absent: what is right (definitions/) and who computes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = Mapping[str, Array]
LARGEST = 4  # of the integers


@dataclass(frozen=True)
class Case:
    """What fixes a problem but for its numbers.

    Attributes:
        settings: the layer's, by PyTorch's names; ints, or one int per spatial axis.
        shapes: of each argument, batch and channels first.
        convention: "correlation", or "convolution" where the layer's kernel is rotated by definition.
    """

    settings: Mapping[str, Any]
    shapes: Mapping[str, tuple[int, ...]]
    convention: str = "correlation"

    @property
    def cells(self) -> int:
        """Cells of all arguments together: what is the smallest case that fails is decided by this."""
        return sum(int(np.prod(shape)) for shape in self.shapes.values())

    def describe(self) -> str:
        """`x (2, 3, 5, 6), w (4, 3, 2, 3), stride 2`."""
        sizes = [f"{name} {shape}" for name, shape in self.shapes.items()]
        return ", ".join(sizes + [f"{name} {value}" for name, value in self.settings.items()])


@dataclass(frozen=True)
class Problem:
    """A case with numbers: `arrays` by argument, `dy` of the shape of the result, and in which units they come."""

    case: Case
    arrays: Arrays
    dy: Array
    unit: float = 1.0

    def with_result(self, shape: tuple[int, ...]) -> Problem:
        """The same with a dy for a result of this shape: a forward may give one of another shape than the right one."""
        if shape == self.dy.shape:
            return self
        return replace(self, dy=_integers(np.random.default_rng(shape), shape, self.unit))


def draw(case: Case, y_shape: tuple[int, ...], seed: int, unit: float = 1.0) -> Problem:
    """Random integers from -4 to 4 but not 0, times `unit`: 1, or 1/4 for what integers hide."""
    rng = np.random.default_rng(seed)
    arrays = {name: _integers(rng, shape, unit) for name, shape in case.shapes.items()}
    return Problem(case, arrays, _integers(rng, y_shape, unit), unit)


def _integers(rng: np.random.Generator, shape: tuple[int, ...], unit: float) -> Array:
    size = rng.integers(1, LARGEST + 1, shape) * 1.0
    if unit < 1:
        size += rng.integers(1, 4, shape) * unit  # never whole
    return size * rng.choice((-1.0, 1.0), shape)
