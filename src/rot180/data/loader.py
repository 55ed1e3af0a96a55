"""DataLoader: a dataset in batches, in an order that only the seed and the number of the epoch decide.

Neither an interrupted epoch nor anything random that happens elsewhere changes the order of a later epoch, so a run
can be taken up in its midst. Batches made ahead by threads are the same, in the same order.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from ..random import generator, generator_for
from .dataset import Array, Sized, at_epoch, batch_of
from .prefetch import made_ahead


class DataLoader:
    """Batches of a dataset; a `for` loop over it is one epoch.

    A dataset that differs from epoch to epoch (one with a method `at_epoch`, as `Augmented`) is read as it is in the
    epoch of the loop.

    Args:
        dataset: anything with a length and samples by number; arrays are batched by one indexing operation.
        batch_size: samples per batch, at least 1.
        shuffle: each epoch in an order of its own.
        drop_last: leave out a last batch that is not full.
        seed: decides the orders; drawn here from the library's random state if not given.
        collate_fn: makes a batch of a list of samples; by default they are stacked.
        num_workers: threads that make batches while the loop is busy with earlier ones; 0 makes each when it is asked
            for. The dataset must bear being read by several threads at once. They run in the context (`no_grad`,
            `engine`) in which the loop began, and end with it; left early, as soon as the batch at hand is made.
        prefetch_factor: batches that each thread may be ahead, at least 1.

    An error while a batch is made is raised where the loop asks for that batch, and ends the loop.
    """

    def __init__(
        self,
        dataset: Sized,
        batch_size: int = 1,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int | None = None,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        num_workers: int = 0,
        prefetch_factor: int = 2,
    ) -> None:
        for name, number, least in (
            ("batch_size", batch_size, 1),
            ("num_workers", num_workers, 0),
            ("prefetch_factor", prefetch_factor, 1),
        ):
            if isinstance(number, bool) or operator.index(number) < least:
                raise ValueError(f"DataLoader: {name} must be at least {least}; got {number}")
        if seed is not None and operator.index(seed) < 0:
            raise ValueError(f"DataLoader: seed must be a non-negative int; got {seed}")
        self.dataset = dataset
        self.batch_size = operator.index(batch_size)
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.seed = int(generator().integers(2**32)) if seed is None else operator.index(seed)
        self.collate_fn = collate_fn
        self.num_workers, self.prefetch_factor = operator.index(num_workers), operator.index(prefetch_factor)
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
        order, dataset = self.order(self.epoch), at_epoch(self.dataset, self.epoch)
        self.epoch += 1  # when a loop begins: one that is left early does not repeat its order
        end = len(order) - len(order) % self.batch_size if self.drop_last else len(order)
        parts = (order[start : start + self.batch_size] for start in range(0, end, self.batch_size))
        make = partial(_batch, dataset, self.collate_fn)
        if self.num_workers:
            return made_ahead(make, parts, self.num_workers, self.num_workers * self.prefetch_factor)
        return (make(part) for part in parts)


def _batch(dataset: Sized, collate_fn: Callable[[list[Any]], Any] | None, indices: Array) -> Any:
    """The samples of these numbers."""
    return batch_of(dataset, indices) if collate_fn is None else collate_fn([dataset[int(i)] for i in indices])
