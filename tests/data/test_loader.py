"""Batches whose order depends only on the seed and the epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180
from rot180.data import DataLoader, Dataset, TensorDataset

DATA = TensorDataset(np.arange(10.0), np.arange(10))


def epoch(loader: DataLoader) -> list[int]:
    return [int(y) for _, labels in loader for y in labels]


@pytest.mark.parametrize(
    ("batch_size", "drop_last", "sizes"),
    [
        (1, False, [1] * 10),
        (4, False, [4, 4, 2]),
        (4, True, [4, 4]),
        (5, True, [5, 5]),
        (99, False, [10]),
        (99, True, []),
    ],
)
def test_batches_have_their_sizes(batch_size: int, drop_last: bool, sizes: list[int]) -> None:
    loader = DataLoader(DATA, batch_size, drop_last=drop_last)
    assert [len(labels) for _, labels in loader] == sizes
    assert len(loader) == len(sizes)


def test_without_shuffle_the_order_is_that_of_the_dataset() -> None:
    loader = DataLoader(DATA, 3)
    assert epoch(loader) == epoch(loader) == list(range(10))


def test_every_epoch_has_every_sample_once_in_another_order() -> None:
    loader = DataLoader(DATA, 3, shuffle=True, seed=1)
    first, second = epoch(loader), epoch(loader)
    assert sorted(first) == sorted(second) == list(range(10))
    assert len({tuple(first), tuple(second), tuple(range(10))}) == 3


def test_the_order_depends_only_on_seed_and_epoch() -> None:
    a, b = DataLoader(DATA, 3, shuffle=True, seed=1), DataLoader(DATA, 4, shuffle=True, seed=1)
    orders = [epoch(a) for _ in range(3)]
    next(iter(b))  # left early
    rot180.manual_seed(7)  # other random draws have no influence
    assert epoch(b) == orders[1]
    b.set_epoch(0)
    assert epoch(b) == orders[0]
    b.set_epoch(2)
    assert epoch(b) == orders[2]
    assert epoch(DataLoader(DATA, shuffle=True, seed=2)) != orders[0]


def test_without_a_seed_the_random_state_decides() -> None:
    rot180.manual_seed(3)
    first = epoch(DataLoader(DATA, shuffle=True))
    second = epoch(DataLoader(DATA, shuffle=True))
    rot180.manual_seed(3)
    assert epoch(DataLoader(DATA, shuffle=True)) == first
    assert first != second


def test_two_concurrent_loops_are_independent() -> None:
    loader = DataLoader(DATA, 1, shuffle=True, seed=1)
    pairs = [(int(a[1][0]), int(b[1][0])) for a, b in zip(loader, loader, strict=True)]
    loader.set_epoch(0)
    assert [a for a, _ in pairs] == epoch(loader)
    assert [b for _, b in pairs] == epoch(loader)


def test_collate_fn_gets_the_samples() -> None:
    loader = DataLoader(DATA, 4, collate_fn=lambda samples: [int(y) for _, y in samples])
    assert list(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_arrays_are_batched_by_one_indexing_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any) -> None:
        raise AssertionError("one sample was read")

    monkeypatch.setattr(TensorDataset, "__getitem__", forbidden)
    assert len(epoch(DataLoader(DATA, 4, shuffle=True, seed=0))) == 10


def test_any_object_with_a_length_and_samples_is_a_dataset() -> None:
    assert [batch.tolist() for batch in DataLoader([1, 2, 3], 2)] == [[1, 2], [3]]


@pytest.mark.parametrize("size", [0, -1, True])
def test_a_batch_has_at_least_one_sample(size: int) -> None:
    with pytest.raises(ValueError, match=f"DataLoader: batch_size must be at least 1; got {size}"):
        DataLoader(DATA, size)


def test_negative_seeds_and_epochs_are_refused() -> None:
    with pytest.raises(ValueError, match="DataLoader: seed must be a non-negative int; got -1"):
        DataLoader(DATA, seed=-1)
    with pytest.raises(ValueError, match="DataLoader: epoch must be a non-negative int; got -2"):
        DataLoader(DATA).set_epoch(-2)


def test_a_dataset_without_its_methods_is_an_error() -> None:
    class Half(Dataset):
        def __len__(self) -> int:
            return 1

    with pytest.raises(NotImplementedError, match="Half: a Dataset needs __getitem__"):
        list(DataLoader(Half()))


def test_the_order_of_the_first_epoch_is_independent_of_initial_weights() -> None:
    weights = rot180.manual_seed(5).permutation(100)
    order = DataLoader(np.zeros(100), shuffle=True, seed=5).order(0)
    assert order.tolist() != weights.tolist()
