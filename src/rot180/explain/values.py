"""The numbers of a picture: small integers, random ones, or an impulse, the same for the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..window import Sizes
from .operations import Array

KINDS = ("integers", "random", "impulse")
_ORDER = ("x", "w", "b", "dy")  # each has a stream of its own, so that a bias more leaves the others as they are
_WHOLE: dict[str, tuple[int, ...]] = {  # a weight of 0 would hide its product
    "x": (-2, -1, 0, 1, 2, 3, 4),
    "w": (-3, -2, -1, 1, 2, 3),
    "b": (-2, -1, 1, 2),
    "dy": (-2, -1, 1, 2, 3),
}


def draw(kind: str, seed: int, name: str, shape: Sizes) -> Array:
    """The array `name` ("x", "w", "b" or "dy").

    "integers": small ones. "random": normal, to two decimals. "impulse": x and dy are 1 in the middle of every channel
    and 0 elsewhere, w counts from 1, b is 0: the results show the kernel itself, where it lands and which way round.
    """
    rng = np.random.default_rng([seed, _ORDER.index(name)])
    if kind == "integers":
        return rng.choice(np.array(_WHOLE[name], np.float64), shape)
    if kind == "random":
        return np.round(rng.normal(size=shape), 2) + 0.0  # + 0.0: no negative zeros
    if name == "w":
        return np.arange(1.0, np.prod(shape) + 1).reshape(shape)
    values: Array = np.zeros(shape)
    if name != "b":
        middle: Any = (slice(None), slice(None), *(size // 2 for size in shape[2:]))
        values[middle] = 1
    return values
