"""How a class arranges its arrays: with axes in another order, merged into one, or left out.

The rest of the checker uses PyTorch's layout. An `Arrangement` converts arrays from this layout and back.

Internal to check/adapter/classes/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from ...operations import Definition
from ...operations.case import Array
from ..foreign_arrays import to_numpy


@dataclass(frozen=True)
class Arrangement:
    """The arrangement of one array.

    Attributes:
        order: for each axis of the class's array, the index of this axis in PyTorch's layout.
        joined: "rows" if all axes except the first are merged, "columns" if all except the last, otherwise "".
        missing: the axes of size 1 that the array does not have, in the class's order.
        vector: the shape of a vector, with -1 for its length, for example (1, -1); () for arrays with several axes.
        repeated: True if the class has a separate bias for every position. The vector is then repeated along the axes
            of size 1.
    """

    order: tuple[int, ...]
    joined: str = ""
    missing: tuple[int, ...] = ()
    vector: tuple[int, ...] = ()
    repeated: bool = False

    def to_user(self, a: Array) -> Array:
        """Convert a copy from PyTorch's layout. Raises ValueError if the size of a missing axis is not 1."""
        if self.vector:
            return a.reshape(self.vector).copy()
        moved = np.ascontiguousarray(a.transpose(self.order))
        if self.joined == "rows":
            moved = moved.reshape(moved.shape[0], -1)
        elif self.joined == "columns":
            moved = moved.reshape(-1, moved.shape[-1])
        return np.squeeze(moved, self.missing).copy() if self.missing else moved.copy()

    def from_user(self, a: Any, shape: tuple[int, ...]) -> Array:
        """Convert to PyTorch's layout. `shape` is the expected shape. An array with another number of axes is not
        changed.
        """
        a = np.array(to_numpy(a))
        if self.repeated and a.ndim == len(self.vector):
            a = a.sum(tuple(axis for axis, size in enumerate(self.vector) if size == 1), keepdims=True)
        if self.vector:
            return a.reshape(-1) if a.ndim == len(self.vector) and max(a.shape) == a.size else a
        moved = tuple(shape[axis] for axis in self.order)
        if self.joined:
            flat = (moved[0], -1) if self.joined == "rows" else (-1, moved[-1])
            if a.shape != np.empty(moved).reshape(flat).shape:
                return a
            a = a.reshape(moved)
        if self.missing:
            if a.ndim != len(shape) - len(self.missing):
                return a
            a = np.expand_dims(a, self.missing)
        return a.transpose(np.argsort(self.order)) if a.ndim == len(self.order) else a


PLAIN_FIRST = {
    2: ((0, 1), (1, 0)),
    3: ((0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1), (0, 2, 1)),
    4: ((0, 1, 2, 3), (2, 3, 1, 0), (1, 0, 2, 3), (2, 3, 0, 1), (0, 2, 3, 1), (1, 2, 3, 0)),
}


def weight_arrangements(shape: tuple[int, ...]) -> Iterator[Arrangement]:
    """The arrangements that a weight of this shape can have, common ones first."""
    orders = PLAIN_FIRST.get(len(shape), (tuple(range(len(shape))),))
    spatial = tuple(range(2, len(shape)))
    usual = [order for order in permutations(range(len(shape))) if tuple(a for a in order if a > 1) == spatial]
    every = list(dict.fromkeys((*orders, *usual)))
    yield from (Arrangement(order) for order in every)
    if len(shape) > 2:
        yield from (Arrangement(order, "rows") for order in every if order[0] < 2)
        yield from (Arrangement(order, "columns") for order in every if order[-1] < 2)
        for order in every:
            ones = tuple(at for at, axis in enumerate(order) if axis < 2 and shape[axis] == 1)
            if ones:
                yield Arrangement(order, missing=ones)


def fitting_weight(shape: tuple[int, ...], user: tuple[int, ...]) -> Arrangement | None:
    """The arrangement that converts an array of `shape` to the shape `user`; None if there is none."""
    blank = np.empty(shape)
    return next((a for a in weight_arrangements(shape) if a.to_user(blank).shape == user), None)


def fitting_vector(size: int, user: tuple[int, ...]) -> Arrangement | None:
    """The arrangement that converts a vector of this size to the shape `user`; None if there is none.

    If `user` has three or more axes and its first or last axis has this size, the array holds a value for every
    position.
    """
    along = [axis for axis in (0, len(user) - 1) if len(user) > 2 and user[axis] == size]
    if along and size > 1 and min(user) > 1:
        return Arrangement(
            (0,), vector=tuple(-1 if axis == along[0] else 1 for axis in range(len(user))), repeated=True
        )
    if int(np.prod(user)) != size or (user and max(user) != size):
        return None
    return Arrangement((0,), vector=tuple(-1 if n == size else 1 for n in user) if size > 1 else user)


@dataclass(frozen=True)
class SampleForm:
    """The arrangements of x and y.

    Attributes:
        name: the name that remarks use.
        x, y: the arrangements of x and y.
        single: True if x is a single sample, not a batch.
        grey: True if x has only one channel and no channel axis.
    """

    name: str
    x: Arrangement
    y: Arrangement
    single: bool = False
    grey: bool = False

    def sample_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of one sample as a constructor expects it, for an x of this shape."""
        user = self.x.to_user(np.empty((1, *shape[1:]))).shape
        column = self.single and self.x.order[0] != 0
        if self.x.missing or column:
            return user
        batch = self.x.order.index(0)
        return user[:batch] + user[batch + 1 :]


BATCH_OF_ONE = "a batch of one sample"


def sample_forms(definition: Definition, ndim: int) -> Iterator[SampleForm]:
    """The forms of x and y that a class can have, for an x with `ndim` axes."""
    first = Arrangement(tuple(range(ndim)))
    yield SampleForm("channels_first", first, first)
    if definition.loss:
        return
    if ndim > 2:
        last = Arrangement((0, *range(2, ndim), 1))
        image, image_last = Arrangement(first.order, missing=(0,)), Arrangement(last.order, missing=(0,))
        yield SampleForm("channels_last", last, last)
        if definition.name == "batch_norm":  # the mean and variance need several samples
            return
        yield SampleForm(BATCH_OF_ONE, first, first, single=True)
        yield SampleForm("one image", image, image, single=True)
        yield SampleForm("one image with channels last", image_last, image_last, single=True)
        grey = Arrangement(first.order, missing=(0, 1))
        yield SampleForm("one grey image, maps with channels last", grey, image_last, single=True, grey=True)
        yield SampleForm("one grey image", grey, image, single=True, grey=True)
        yield SampleForm("one grey image and one map", grey, grey, single=True, grey=True)
        return
    columns = Arrangement((1, 0))
    yield SampleForm("a column for each sample", columns, columns)
    if definition.name == "batch_norm":
        return
    yield SampleForm(BATCH_OF_ONE, first, first, single=True)
    yield SampleForm("one column", columns, columns, single=True)
    vector = Arrangement(first.order, missing=(0,))
    yield SampleForm("one vector", vector, vector, single=True)
