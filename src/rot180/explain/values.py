"""Fill the arrays of a trace with small integers, random numbers or an impulse, reproducibly for each seed.

`page/generator.js` generates the same values. Both hash the seed, the array's name and the cell's flat index with
32-bit integers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..window import Sizes
from .operations import Array

KINDS = ("integers", "random", "impulse")
_GOLDEN = 0x9E3779B9
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
        kind: "integers" for small integers; "random" for normally distributed numbers with two decimals; "impulse" for
            x and dy that are 1 in the middle of every channel and 0 elsewhere, w with the values 1, 2, 3, ..., and b
            with zeros, so that the results show where the kernel is added and whether it is rotated.
        seed: the seed of the random numbers.
        name: "x", "w", "b" or "dy".
        shape: the shape of the array.
    """
    if kind == "impulse":
        return _impulse(name, shape)
    low, high = seed % (1 << 32), seed >> 32
    stream = np.uint32((low + _GOLDEN * (_ORDER.index(name) + 1)) % (1 << 32))
    key = int(_hash(_hash(np.array(stream)) ^ np.uint32(high))[0])
    length = int(np.prod(shape))
    if kind == "integers":
        choices = np.array(_INTEGERS[name], np.float64)
        return choices[_hash(_counter(key, length)) % np.uint32(len(choices))].reshape(shape)
    parts = _hash(_counter(key, 3 * length)).astype("<u4").view(np.uint8).reshape(length, 12)
    normal = parts.sum(axis=1, dtype=np.int64) / 255 - 6  # the sum of twelve random bytes is nearly normal
    return np.asarray(np.floor(normal * 100 + 0.5) / 100).reshape(shape) + 0.0  # + 0.0 removes negative zeros


def _counter(key: int, length: int) -> Array:
    """The numbers key, key + 1, ... as unsigned 32-bit integers, which wrap around."""
    return (np.arange(length, dtype=np.uint64) + np.uint64(key)).astype(np.uint32)


def _hash(values: Array) -> Array:
    """Hash unsigned 32-bit integers, so that successive integers give results that look random."""
    h = np.atleast_1d(values)  # arrays wrap around silently; scalars warn
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x7FEB352D)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x846CA68B)
    return np.asarray(h ^ (h >> np.uint32(16)))


def _impulse(name: str, shape: Sizes) -> Array:
    if name == "w":
        return np.arange(1.0, np.prod(shape) + 1).reshape(shape)
    values: Array = np.zeros(shape)
    if name != "b":
        middle: Any = (slice(None), slice(None), *(size // 2 for size in shape[2:]))
        values[middle] = 1
    return values
