"""Random erasing: overwrite a rectangle of an image, so that a network does not rely on one part of it.

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

_TRIES = 10  # rectangles drawn per image; the first that fits is used


class Erase(ImageAugmentation):
    """Overwrite a rectangle of each image with probability p, as torchvision's RandomErasing does.

    Args:
        p: the probability.
        scale: the smallest and the largest area of the rectangle, relative to the image.
        ratio: the smallest and the largest height / width; its logarithm is drawn uniformly.
        value: a number, one number per channel, or "random" for a uniform number in [0, 1) per cell.

    If none of ten rectangles fits into an image, the image is not changed.
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
            raise ValueError(f"Erase: scale must be between 0 and 1, a fraction of the area; got {scale}")
        if self.ratio[0] == 0:
            raise ValueError(f"Erase: ratio must be positive; got {ratio}")
        self.value = _value(value)

    def change(self, images: Array, draws: Array) -> Array:
        numbers = unit(draws)
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
        """A mask (N, 1, H, W) of the cells inside the rectangle of each image."""
        sizes, shapes = np.split(numbers[:, 4:], 2, 1)  # (N, tries) each
        area = _between(*self.scale, sizes) * (height * width)
        ratio = np.exp(_between(math.log(self.ratio[0]), math.log(self.ratio[1]), shapes))
        h, w = np.rint(np.sqrt(area * ratio)), np.rint(np.sqrt(area / ratio))
        fits = (h < height) & (w < width)
        first = np.arange(len(numbers)), fits.argmax(1)
        erased = (numbers[:, 0] < self.p) & fits[first]
        row, column = (
            _span(size, numbers[:, which], np.where(erased, extent[first], 0))
            for size, which, extent in ((height, 1, h), (width, 2, w))
        )
        return (row[:, :, None] & column[:, None, :])[:, None]


def _between(low: float, high: float, share: Array) -> Array:
    return low + (high - low) * share


def _span(size: int, place: Array, extent: Array) -> Array:
    """A mask (N, size) of an axis: a span of `extent` (N,) cells, whose position `place` (N,) is a number in [0, 1)."""
    start = np.floor(place * (size - extent + 1))[:, None]
    cell = np.arange(size)
    return (cell >= start) & (cell < start + extent[:, None])


def _noise(key: Array, cell: Array) -> Array:
    """Numbers in [0, 1) that depend only on the key (M,) of the image and the index (M,) of the cell.

    The function is the mixing function of SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
    Generators", 2014.
    """
    bits = key.view(np.uint64) + (cell.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((bits ^ (bits >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


def _range(name: str, bounds: Any) -> tuple[float, float]:
    if not isinstance(bounds, tuple | list) or len(bounds) != 2 or not 0 <= bounds[0] <= bounds[1] < math.inf:
        raise ValueError(f"Erase: {name} must be two numbers, the smallest and the largest; got {bounds}")
    return float(bounds[0]), float(bounds[1])


def _value(value: Any) -> float | list[float] | str:
    if isinstance(value, str):
        if value != "random":
            raise ValueError(f"Erase: value must be a number, one per channel or 'random'; got {value!r}")
        return value
    return [float(number) for number in value] if isinstance(value, Sequence) else float(value)
