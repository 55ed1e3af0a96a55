"""The test cases of a layer (settings and shapes), and its test problems (a case and its arrays).

The arrays hold small integers or multiples of 1/4, so that every sum of products is exact in float32 and float64. They
never hold 0, because a factor of 0 can hide a wrong cell. Sizes differ wherever the layer allows it, so that code that
confuses two axes fails.

Internal to check/. The correct results are in definition.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = Mapping[str, Array]
LARGEST = 4  # largest absolute value of the integers


@dataclass(frozen=True)
class Case:
    """Everything about a problem except the values of its arrays.

    Attributes:
        settings: the settings of the layer by PyTorch's names; ints, or one int per spatial axis.
        shapes: the shape of each argument, batch and channels first.
        convention: "correlation", or "convolution" if the layer's definition rotates the kernel.
        dtype: the dtype of all arrays except labels: "float64" or "float32".
        factor: a power of 2 by which x is multiplied, for code that treats large numbers differently.
    """

    settings: Mapping[str, Any]
    shapes: Mapping[str, tuple[int, ...]]
    convention: str = "correlation"
    dtype: str = "float64"
    factor: float = 1.0

    @property
    def cells(self) -> int:
        """The number of cells of all arguments. The smallest failing case is the one with the fewest cells."""
        return sum(int(np.prod(shape)) for shape in self.shapes.values())

    def describe(self) -> str:
        """Describe the case: `x (2, 3, 5, 6), w (4, 3, 2, 3), stride 2`."""
        parts = [f"{name} {shape}" for name, shape in self.shapes.items()]
        parts += [f"{name} {value}" for name, value in self.settings.items()]
        parts += [self.dtype] if self.dtype != "float64" else []
        parts += [f"x times {self.factor:.0f}"] if self.factor != 1 else []
        return ", ".join(parts)


@dataclass(frozen=True)
class Problem:
    """A case with its arrays: `arrays` by argument, and `dy`. All values are multiples of `unit`."""

    case: Case
    arrays: Arrays
    dy: Array
    unit: float = 1.0

    def describe(self) -> str:
        """Describe the case, and say if the values are fractions, because one case has problems with and without."""
        fractions = self.unit < 1 and self.case.dtype == "float64"
        return self.case.describe() + (", with fractions" if fractions else "")

    def with_result(self, shape: tuple[int, ...]) -> Problem:
        """A copy of this problem with a dy of this shape, for a forward whose result has the wrong shape."""
        if shape == self.dy.shape:
            return self
        return replace(self, dy=_integers(np.random.default_rng(shape), shape, self.unit).astype(self.dy.dtype))

    def in_numbers_of_case(self) -> Problem:
        """A copy with x multiplied by the factor of the case, and all floating-point arrays in its dtype."""
        arrays, case = self.arrays, self.case
        if case.factor != 1:
            arrays = {**arrays, "x": arrays["x"] * case.factor}
        if case.dtype == "float64":
            return replace(self, arrays=arrays)
        cast = {name: a.astype(case.dtype) if a.dtype.kind == "f" else a for name, a in arrays.items()}
        return replace(self, arrays=cast, dy=self.dy.astype(case.dtype))


def in_float64(arrays: Arrays) -> dict[str, Array]:
    """The arrays in float64; integer arrays, such as labels, stay as they are."""
    return {name: a.astype(float) if a.dtype == np.float32 else a for name, a in arrays.items()}


def draw(case: Case, y_shape: tuple[int, ...], seed: int, unit: float = 1.0) -> Problem:
    """Draw random integers from -4 to 4 without 0, times `unit`: 1, or 1/4 for mistakes that integers hide."""
    rng = np.random.default_rng(seed)
    arrays = {name: _integers(rng, shape, unit) for name, shape in case.shapes.items()}
    return Problem(case, arrays, _integers(rng, y_shape, unit), unit)


def _integers(rng: np.random.Generator, shape: tuple[int, ...], unit: float) -> Array:
    size = rng.integers(1, LARGEST + 1, shape) * 1.0
    if unit < 1:
        size += rng.integers(1, 4, shape) * unit  # never an integer
    return size * rng.choice((-1.0, 1.0), shape)
