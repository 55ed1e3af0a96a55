"""Random mirroring of images."""

from __future__ import annotations

import numpy as np

from ..dataset import Array
from .augmentation import ImageAugmentation, probability, unit


class HorizontalFlip(ImageAugmentation):
    """Mirror each image left to right with probability p."""

    numbers = 1
    _axis = 3

    def __init__(self, p: float = 0.5) -> None:
        self.p = probability(self.op, p)

    def change(self, images: Array, draws: Array) -> Array:
        mirrored = (unit(draws) < self.p)[:, :, None, None]
        return np.where(mirrored, np.flip(images, self._axis), images)


class VerticalFlip(HorizontalFlip):
    """Mirror each image top to bottom with probability p."""

    _axis = 2
