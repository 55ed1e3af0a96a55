"""DataLoader: batches of a dataset, in an order that depends only on the seed and the epoch.

An interrupted epoch, or random numbers drawn elsewhere, do not change the order of a later epoch, so a run can be
resumed. Threads that prepare batches do not change the batches or their order.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from ..random import generator, generator_for
from .dataset import Array, Sized, at_epoch, batch_of
from .prefetch import prefetched


class DataLoader:
    """Batches of a dataset; a `for` loop over it is one epoch.

    If the dataset has a method `at_epoch`, as `Augmented` has, each loop reads `dataset.at_epoch(epoch)`.

    Args:
        dataset: an object with a length and samples by index; arrays are batched by one indexing operation.
        batch_size: samples per batch, at least 1.
        shuffle: use a different order in each epoch.
        drop_last: omit a last batch that is not full.
        seed: determines the order of every epoch; default: drawn from the random state of the library.
        collate_fn: makes a batch from a list of samples; default: they are stacked.
        num_workers: threads that prepare batches while the loop processes earlier ones; with 0, each batch is made when
            the loop needs it. The dataset must be thread-safe. The threads run in the context (`no_grad`, `engine`) in
            which the loop began. The threads end with the loop; if the loop is left early, each finishes its current
            batch first.
        prefetch_factor: batches that each thread prepares in advance, at least 1.

    An error while a batch is made is raised when the loop needs that batch, and ends the loop.
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
        """The number of batches per epoch."""
        size = len(self.dataset)
        return size // self.batch_size if self.drop_last else -(-size // self.batch_size)

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch of the next loop (the first is 0); each later loop uses the next epoch."""
        if operator.index(epoch) < 0:
            raise ValueError(f"DataLoader: epoch must be a non-negative int; got {epoch}")
        self.epoch = operator.index(epoch)

    def order(self, epoch: int) -> Array:
        """The indices of the samples in the order of an epoch, shape (len(dataset),)."""
        size = len(self.dataset)
        return generator_for(self.seed, epoch).permutation(size) if self.shuffle else np.arange(size)

    def __iter__(self) -> Iterator[Any]:
        order, dataset = self.order(self.epoch), at_epoch(self.dataset, self.epoch)
        self.epoch += 1  # counted at the start, so that a loop that is left early does not repeat its order
        end = len(order) - len(order) % self.batch_size if self.drop_last else len(order)
        parts = (order[start : start + self.batch_size] for start in range(0, end, self.batch_size))
        make = partial(_batch, dataset, self.collate_fn)
        if self.num_workers:
            return prefetched(make, parts, self.num_workers, self.num_workers * self.prefetch_factor)
        return (make(part) for part in parts)


def _batch(dataset: Sized, collate_fn: Callable[[list[Any]], Any] | None, indices: Array) -> Any:
    """The batch of the samples with these indices."""
    return batch_of(dataset, indices) if collate_fn is None else collate_fn([dataset[int(i)] for i in indices])
