"""Several augmentations, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..dataset import Array, Sized
from .augmentation import Augmentation, pairs_of
from .augmented import TransformedDataset, check_augmentation


class Compose(Augmentation):
    """Augmentations applied in order, each with its own random numbers.

    Args:
        transforms: a list of augmentations; those after a MixUp get mixed images.
    """

    def __init__(self, transforms: Sequence[Augmentation]) -> None:
        if not isinstance(transforms, list | tuple):
            raise TypeError(f"Compose: transforms is a {type(transforms).__name__}; a list of augmentations is needed")
        for number, transform in enumerate(transforms):
            check_augmentation(f"Compose: transforms[{number}]", transform)
        self.transforms = list(transforms)

    def draw(self, generator: np.random.Generator, samples: int) -> list[Any]:
        """Draw the random numbers of each augmentation, from independent streams."""
        streams = generator.spawn(len(self.transforms))
        return [step.draw(stream, samples) for step, stream in zip(self.transforms, streams, strict=True)]

    def batch(self, dataset: Sized, draws: list[Any], indices: Array) -> tuple[Any, Any]:
        for step, numbers in zip(self.transforms, draws, strict=True):
            dataset = TransformedDataset(dataset, step, numbers)
        return pairs_of(self.op, dataset, indices)

    def about(self) -> dict[str, Any]:
        return {"name": "compose", "transforms": [transform.about() for transform in self.transforms]}
