"""A dataset whose images are changed at random: the numbers of one epoch, and what an augmentation makes of them."""

from __future__ import annotations

import copy
import operator
from typing import Any

import numpy as np

from ...random import generator_for
from ..dataset import Array, Dataset, Sized, at_epoch, sample_number
from .augmentation import Augmentation

_STREAM = 1  # keeps these numbers apart from the order of the epoch, which is drawn from (seed, epoch)


class Changed(Dataset):
    """A dataset of (image, label) as an augmentation makes it of another with these numbers."""

    def __init__(self, dataset: Sized, transform: Augmentation, chance: Any) -> None:
        self.dataset, self.transform, self.chance = dataset, transform, chance

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        images, labels = self.batch(np.array([sample_number(index, len(self))]))
        return images[0], labels[0]

    def batch(self, indices: Array) -> tuple[Any, Any]:
        return self.transform.batch(self.dataset, self.chance, indices)


class Augmented(Changed):
    """A dataset of (image, label) whose images are changed at random, in every epoch of a DataLoader in another way.

    Args:
        dataset: gives images (C, H, W), float32 or float64, with labels.
        transform: an augmentation such as `Affine()`, or several in a `Compose`.
        seed: decides the numbers, together with the epoch and the number of the sample.
    """

    def __init__(self, dataset: Sized, transform: Augmentation, seed: int) -> None:
        check_augmentation("Augmented: transform", transform)
        if operator.index(seed) < 0:
            raise ValueError(f"Augmented: seed must be a non-negative int; got {seed}")
        super().__init__(dataset, transform, None)
        self.seed = operator.index(seed)
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Let the samples that are read from here on be those of this epoch; a DataLoader asks for its own epoch."""
        if operator.index(epoch) < 0:
            raise ValueError(f"Augmented: epoch must be a non-negative int; got {epoch}")
        self.dataset = at_epoch(self.dataset, epoch)
        # New numbers beside the old ones, which copies of this dataset (and the threads that read them) go on using.
        self.chance = self.transform.draw(generator_for(self.seed, epoch, _STREAM), len(self))

    def at_epoch(self, epoch: int) -> Augmented:
        """The dataset as it is in an epoch, whatever `set_epoch` does to this one later."""
        other = copy.copy(self)
        other.set_epoch(epoch)
        return other


def check_augmentation(what: str, transform: Any) -> None:
    """TypeError for something else, above all for a class in place of its instance."""
    if not isinstance(transform, Augmentation):
        name = f"the class {transform.__name__}" if isinstance(transform, type) else f"a {type(transform).__name__}"
        raise TypeError(f"{what} is {name}; an augmentation such as Affine() is needed")
