"""Flatten merges axes, Unflatten splits one axis."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..errors import ShapeError
from ..tape import Tensor
from ..tape.shape import flatten, normal_axis
from .module import Module


class Flatten(Module):
    """Merge the axes from start_dim to end_dim into one (default: all but the batch axis)."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        return flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Split axis `dim` into axes of the sizes `unflattened_size`, of which one may be -1."""

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)
        if self.unflattened_size.count(-1) > 1 or any(n < -1 for n in self.unflattened_size):
            raise ShapeError(
                f"Unflatten: unflattened_size {self.unflattened_size} may hold one -1 but no other negative size"
            )

    def forward(self, input: Tensor) -> Tensor:
        axis, sizes = normal_axis("Unflatten", self.dim, input.ndim), self.unflattened_size
        total, known = input.shape[axis], math.prod(n for n in sizes if n != -1)
        if -1 in sizes and known and total % known == 0:
            sizes = tuple(total // known if n == -1 else n for n in sizes)
        if -1 in sizes or math.prod(sizes) != total:
            raise ShapeError(f"Unflatten: axis {axis} of the input has size {total}; {sizes} does not fit")
        return input.reshape(*input.shape[:axis], *sizes, *input.shape[axis + 1 :])

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
