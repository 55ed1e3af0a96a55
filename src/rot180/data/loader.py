"""DataLoader: a dataset in batches, in an order that only the seed and the number of the epoch decide.

Neither an interrupted epoch nor anything random that happens elsewhere changes the order of a later epoch, so a run
can be taken up in its midst.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..random import generator, generator_for
from .dataset import Array, Sized, batch_of


class DataLoader:
    """Batches of a dataset; a `for` loop over it is one epoch.

    Args:
        dataset: anything with a length and samples by number; arrays are batched by one indexing operation.
        batch_size: samples per batch, at least 1.
        shuffle: each epoch in an order of its own.
        drop_last: leave out a last batch that is not full.
        seed: decides the orders; drawn here from the library's random state if not given.
        collate_fn: makes a batch of a list of samples; by default they are stacked.
    """

    def __init__(
        self,
        dataset: Sized,
        batch_size: int = 1,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int | None = None,
        collate_fn: Callable[[list[Any]], Any] | None = None,
    ) -> None:
        if isinstance(batch_size, bool) or operator.index(batch_size) < 1:
            raise ValueError(f"DataLoader: batch_size must be at least 1; got {batch_size}")
        if seed is not None and operator.index(seed) < 0:
            raise ValueError(f"DataLoader: seed must be a non-negative int; got {seed}")
        self.dataset = dataset
        self.batch_size = operator.index(batch_size)
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.seed = int(generator().integers(2**32)) if seed is None else operator.index(seed)
        self.collate_fn = collate_fn
        self.epoch = 0

    def __len__(self) -> int:
        """The number of batches of an epoch."""
        size = len(self.dataset)
        return size // self.batch_size if self.drop_last else -(-size // self.batch_size)

    def set_epoch(self, epoch: int) -> None:
        """Let the next loop be this epoch (the first is 0); after it they count on from here."""
        if operator.index(epoch) < 0:
            raise ValueError(f"DataLoader: epoch must be a non-negative int; got {epoch}")
        self.epoch = operator.index(epoch)

    def order(self, epoch: int) -> Array:
        """The numbers of the samples in the order of an epoch, shape (len(dataset),)."""
        size = len(self.dataset)
        return generator_for(self.seed, epoch).permutation(size) if self.shuffle else np.arange(size)

    def __iter__(self) -> Iterator[Any]:
        order = self.order(self.epoch)
        self.epoch += 1  # when a loop begins: one that is left early does not repeat its order
        return self._batches(order)

    def _batches(self, order: Array) -> Iterator[Any]:
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            indices = order[start : start + self.batch_size]
            if self.collate_fn is None:
                yield batch_of(self.dataset, indices)
            else:
                yield self.collate_fn([self.dataset[int(i)] for i in indices])
