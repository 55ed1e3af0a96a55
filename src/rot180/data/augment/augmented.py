"""Datasets whose images are changed by an augmentation."""

from __future__ import annotations

import copy
import operator
from typing import Any

import numpy as np

from ...random import generator_for
from ..dataset import Array, Dataset, Sized, at_epoch, sample_number
from .augmentation import Augmentation

_STREAM = 1  # the random stream of the augmentation; the shuffling uses another stream of the same seed


class TransformedDataset(Dataset):
    """A dataset of (image, label), changed by an augmentation with the given random numbers (`draws`)."""

    def __init__(self, dataset: Sized, transform: Augmentation, draws: Any) -> None:
        self.dataset, self.transform, self.draws = dataset, transform, draws

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        images, labels = self.batch(np.array([sample_number(index, len(self))]))
        return images[0], labels[0]

    def batch(self, indices: Array) -> tuple[Any, Any]:
        return self.transform.batch(self.dataset, self.draws, indices)


class Augmented(TransformedDataset):
    """A dataset of (image, label) whose images are changed at random, differently in every epoch of a DataLoader.

    Args:
        dataset: pairs of an image (C, H, W), float32 or float64, and a label.
        transform: an augmentation such as `Affine()`, or several in a `Compose`.
        seed: the random numbers depend only on the seed, the epoch and the index of the sample.
    """

    def __init__(self, dataset: Sized, transform: Augmentation, seed: int) -> None:
        check_augmentation("Augmented: transform", transform)
        if operator.index(seed) < 0:
            raise ValueError(f"Augmented: seed must be a non-negative int; got {seed}")
        super().__init__(dataset, transform, None)
        self.seed = operator.index(seed)
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Change the images with the random numbers of this epoch. A DataLoader does this on a copy of the dataset."""
        if operator.index(epoch) < 0:
            raise ValueError(f"Augmented: epoch must be a non-negative int; got {epoch}")
        self.dataset = at_epoch(self.dataset, epoch)
        # A new array: copies of this dataset, and the threads that read them, still use the old one.
        self.draws = self.transform.draw(generator_for(self.seed, epoch, _STREAM), len(self))

    def at_epoch(self, epoch: int) -> Augmented:
        """A copy of the dataset at this epoch; a later `set_epoch` does not affect it."""
        other = copy.copy(self)
        other.set_epoch(epoch)
        return other


def check_augmentation(what: str, transform: Any) -> None:
    """Raise TypeError unless `transform` is an augmentation; often a class is passed instead of its instance."""
    if not isinstance(transform, Augmentation):
        name = f"the class {transform.__name__}" if isinstance(transform, type) else f"a {type(transform).__name__}"
        raise TypeError(f"{what} is {name}; an augmentation such as Affine() is needed")
