"""Fill the arrays of a trace with small integers, random numbers or an impulse, reproducibly for each seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..window import Sizes
from .operations import Array

KINDS = ("integers", "random", "impulse")
_ORDER = ("x", "w", "b", "dy")  # each has its own random stream, so that adding a bias does not change the other arrays
_INTEGERS: dict[str, tuple[int, ...]] = {  # no weight is 0, which would hide a product
    "x": (-2, -1, 0, 1, 2, 3, 4),
    "w": (-3, -2, -1, 1, 2, 3),
    "b": (-2, -1, 1, 2),
    "dy": (-2, -1, 1, 2, 3),
}


def draw(kind: str, seed: int, name: str, shape: Sizes) -> Array:
    """Fill one array.

    Args:
        kind: "integers" for small integers; "random" for normal numbers with two decimals; "impulse" for x and dy that
            are 1 in the middle of every channel and 0 elsewhere, w that counts from 1, and b of 0, so that the results
            show where the kernel is added and whether it is rotated.
        seed: the seed of the random numbers.
        name: "x", "w", "b" or "dy".
        shape: the shape of the array.
    """
    rng = np.random.default_rng([seed, _ORDER.index(name)])
    if kind == "integers":
        return rng.choice(np.array(_INTEGERS[name], np.float64), shape)
    if kind == "random":
        return np.round(rng.normal(size=shape), 2) + 0.0  # + 0.0 removes negative zeros
    if name == "w":
        return np.arange(1.0, np.prod(shape) + 1).reshape(shape)
    values: Array = np.zeros(shape)
    if name != "b":
        middle: Any = (slice(None), slice(None), *(size // 2 for size in shape[2:]))
        values[middle] = 1
    return values
