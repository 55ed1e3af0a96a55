"""Random erasing: a rectangle of an image is overwritten, so that a network does not rely on one part of it.

Z. Zhong, L. Zheng, G. Kang, S. Li and Y. Yang, "Random Erasing Data Augmentation", arXiv:1708.04896, 2017, Algorithm 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ShapeError
from ..dataset import Array
from .augmentation import ImageAugmentation, probability, unit

_TRIES = 10  # rectangles drawn for an image, of which the first that fits is taken


class Erase(ImageAugmentation):
    """A rectangle of each image overwritten with probability p, as PyTorch's RandomErasing does.

    Args:
        p: the probability.
        scale: the least and the largest area of the rectangle, as shares of the image's.
        ratio: the least and the largest height / width; its logarithm is uniform.
        value: what is written: a number, one per channel, or "random" for numbers uniform in [0, 1), one per cell.

    An image whose first ten rectangles do not fit into it stays as it is.
    """

    numbers = 4 + 2 * _TRIES

    def __init__(
        self,
        p: float = 0.5,
        scale: tuple[float, float] = (0.02, 0.33),
        ratio: tuple[float, float] = (0.3, 3.3),
        value: float | Sequence[float] | str = 0,
    ) -> None:
        self.p = probability(self.op, p)
        self.scale, self.ratio = _range("scale", scale), _range("ratio", ratio)
        if self.scale[1] > 1:
            raise ValueError(f"Erase: scale is a share of the area, 0 to 1; got {scale}")
        if self.ratio[0] == 0:
            raise ValueError(f"Erase: ratio must be positive; got {ratio}")
        self.value = _value(value)

    def change(self, images: Array, chance: Array) -> Array:
        numbers = unit(chance)
        inside = self._rectangles(numbers, *images.shape[2:])
        if self.value != "random":
            value = np.asarray(self.value, images.dtype)
            if value.ndim and len(value) not in (1, images.shape[1]):
                raise ShapeError(f"Erase: value has {len(value)} numbers but images have {images.shape[1]} channels")
            return np.where(inside, value.reshape(-1, 1, 1), images)
        result = images.copy(order="C")
        flat = len(images), math.prod(images.shape[1:])
        sample, cell = np.nonzero(np.broadcast_to(inside, images.shape).reshape(flat))
        result.reshape(flat)[sample, cell] = _noise(numbers[sample, 3], cell)
        return result

    def _rectangles(self, numbers: Array, height: int, width: int) -> Array:
        """Which cells are in the rectangle of their image, (N, 1, H, W)."""
        sizes, shapes = np.split(numbers[:, 4:], 2, 1)  # (N, tries) each
        area = _between(*self.scale, sizes) * (height * width)
        ratio = np.exp(_between(math.log(self.ratio[0]), math.log(self.ratio[1]), shapes))
        h, w = np.rint(np.sqrt(area * ratio)), np.rint(np.sqrt(area / ratio))
        fits = (h < height) & (w < width)
        first = np.arange(len(numbers)), fits.argmax(1)
        chosen = (numbers[:, 0] < self.p) & fits[first]
        row, column = (
            _span(size, numbers[:, which], np.where(chosen, extent[first], 0))
            for size, which, extent in ((height, 1, h), (width, 2, w))
        )
        return (row[:, :, None] & column[:, None, :])[:, None]


def _between(low: float, high: float, share: Array) -> Array:
    return low + (high - low) * share


def _span(size: int, place: Array, extent: Array) -> Array:
    """Which cells of an axis lie in a span (N,) at a random place, (N, size)."""
    start = np.floor(place * (size - extent + 1))[:, None]
    cell = np.arange(size)
    return (cell >= start) & (cell < start + extent[:, None])


def _noise(key: Array, cell: Array) -> Array:
    """Numbers in [0, 1) that depend on the key (M,) of the image and the number (M,) of the cell alone.

    The mixer of SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
    """
    bits = key.view(np.uint64) + (cell.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((bits ^ (bits >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


def _range(name: str, bounds: Any) -> tuple[float, float]:
    if not isinstance(bounds, tuple | list) or len(bounds) != 2 or not 0 <= bounds[0] <= bounds[1] < math.inf:
        raise ValueError(f"Erase: {name} must be two numbers, the least and the largest; got {bounds}")
    return float(bounds[0]), float(bounds[1])


def _value(value: Any) -> float | list[float] | str:
    if isinstance(value, str):
        if value != "random":
            raise ValueError(f"Erase: value must be a number, one per channel or 'random'; got {value!r}")
        return value
    return [float(number) for number in value] if isinstance(value, Sequence) else float(value)
