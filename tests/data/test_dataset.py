"""Samples by index, batches in one operation, and clear errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import ShapeError
from rot180.data import (
    Dataset,
    LabelledImages,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
    stratified_split,
)

X = np.arange(12.0).reshape(6, 2)
Y = np.arange(6)


class Squares(Dataset):
    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: int) -> tuple[float, int]:
        return float(index**2), index


def test_samples_are_tuples_and_batches_are_stacked() -> None:
    data = TensorDataset(X, Y)
    assert len(data) == 6
    x, y = data[-1]
    np.testing.assert_array_equal(x, [10, 11])
    assert y == 5
    x, y = data.batch(np.array([2, 0]))
    np.testing.assert_array_equal(x, [[4, 5], [0, 1]])
    np.testing.assert_array_equal(y, [2, 0])


def test_tensors_stay_tensors_and_arrays_arrays() -> None:
    x, y = TensorDataset(rot180.tensor(X), Y).batch(np.array([1]))
    assert isinstance(x, rot180.Tensor)
    assert isinstance(y, np.ndarray)


def test_the_samples_of_a_custom_dataset_are_stacked() -> None:
    x, y = Squares().batch(np.array([3, 1]))
    np.testing.assert_array_equal(x, [9, 1])
    np.testing.assert_array_equal(y, [3, 1])


def test_collate_keeps_the_kind_and_the_dtype() -> None:
    t, (a, b) = default_collate(
        [(rot180.tensor([1.0]), (np.float32(1), 2)), (rot180.tensor([3.0]), (np.float32(4), 5))]
    )
    assert isinstance(t, rot180.Tensor)
    assert t.tolist() == [[1], [3]]
    assert a.dtype == np.float32
    assert b.tolist() == [2, 5]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((), "TensorDataset: at least one array is needed"),
        ((X, Y[:4]), "TensorDataset: the arrays have 6, 4 samples; all need the same number"),
        ((np.array(1.0),), "TensorDataset: a 0-d array has no samples"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        TensorDataset(*arrays)


@pytest.mark.parametrize("index", [6, -7])
def test_a_sample_out_of_range_is_an_index_error(index: int) -> None:
    with pytest.raises(IndexError, match=f"sample {index} is out of range; the dataset has 6, 0 to 5"):
        TensorDataset(X, Y)[index]


def test_a_dataset_can_be_looped_over() -> None:
    assert [int(y) for _, y in TensorDataset(X, Y)] == [0, 1, 2, 3, 4, 5]


def test_a_subset_has_its_own_indices() -> None:
    part = Subset(Subset(TensorDataset(X, Y), [5, 3, 1]), [2, 0])
    assert len(part) == 2
    assert part[0][1] == 1
    np.testing.assert_array_equal(part.batch(np.array([1, 0]))[1], [5, 1])
    assert Subset(Squares(), [4])[0] == (16, 4)
    with pytest.raises(IndexError, match="Subset: index 6 is out of range; the dataset has 6 samples, 0 to 5"):
        Subset(TensorDataset(X, Y), [0, 6])
    with pytest.raises(ShapeError, match=r"Subset: indices have shape \(1, 2\); one axis is needed"):
        Subset(TensorDataset(X, Y), [[0, 1]])  # type: ignore[list-item]


def test_random_split_uses_every_sample_once_and_repeats_with_a_seed() -> None:
    parts = random_split(Squares(), [2, 3], seed=4)
    assert [len(part) for part in parts] == [2, 3]
    assert sorted(int(i) for part in parts for i in part.indices) == [0, 1, 2, 3, 4]
    again = random_split(Squares(), [2, 3], seed=4)
    np.testing.assert_array_equal(parts[0].indices, again[0].indices)
    with pytest.raises(ValueError, match=r"random_split: lengths \[2, 2\] add up to 4; the dataset has 5 samples"):
        random_split(Squares(), [2, 2])


@pytest.mark.parametrize(
    ("images", "labels", "error", "message"),
    [
        (np.zeros((2, 8, 8)), [0, 1], ShapeError, r"images are float64 of shape \(2, 8, 8\); floats \(N, C, H, W\)"),
        (np.zeros((2, 1, 8, 8), int), [0, 1], ShapeError, "images are int64 of shape"),
        (np.zeros((2, 1, 8, 8)), [0.0, 1], ShapeError, "labels are float64 of shape"),
        (np.zeros((2, 1, 8, 8)), [0, 2], ValueError, "labels run from 0 to 2 but there are 2 classes, 0 to 1"),
        (np.zeros((2, 1, 8, 8)), [-1, 1], ValueError, "labels run from -1 to 1 but there are 2 classes"),
    ],
)
def test_images_and_labels_are_checked(images: Any, labels: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"LabelledImages: {message}"):
        LabelledImages(images, np.array(labels), ["a", "b"])


def labelled(labels: list[int]) -> LabelledImages:
    return LabelledImages(np.arange(len(labels), dtype=float).reshape(-1, 1, 1, 1), np.array(labels), "abc", {"x": 1})


def test_the_checksum_does_not_depend_on_the_memory_layout() -> None:
    cells = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)
    data = LabelledImages.from_bytes(cells, np.array([1, 0], np.uint8), "ab", {"name": "n"})
    assert (data.images.dtype, data.labels.dtype) == (np.float32, np.int64)
    np.testing.assert_array_equal(data.images, cells.astype(np.float32) / 255)
    assert (data.about["name"], data.about["images"]) == ("n", 2)
    again = LabelledImages.from_bytes(np.asfortranarray(cells), [1, 0], "ab")
    assert again.about["sha256"] == data.about["sha256"]
    assert LabelledImages.from_bytes(cells, [0, 1], "ab").about["sha256"] != data.about["sha256"]


def test_a_stratified_split_holds_out_a_share_of_each_class() -> None:
    data = labelled([0] * 10 + [1] * 4 + [2])
    data.skipped = (("a.png", "why"),)
    train, test = stratified_split(data, 0.3, seed=5)
    assert np.bincount(test.labels, minlength=3).tolist() == [3, 1, 0]
    assert sorted([*train.images.ravel(), *test.images.ravel()]) == list(range(15))
    assert np.all(np.diff(test.images.ravel()) > 0)  # in their old order
    assert train.about == {"x": 1, "split": "train", "split_seed": 5, "held_out": 0.3}
    assert (test.classes, test.skipped) == (data.classes, data.skipped)
    again = stratified_split(labelled([0] * 10), 0.3, seed=5)[1]
    np.testing.assert_array_equal(again.images, test.images[:3])  # other classes have no influence
    assert stratified_split(data, 0.3, seed=6)[1].images.tolist() != test.images.tolist()


def test_a_stratified_split_keeps_a_training_image_of_every_class() -> None:
    for share in (0.01, 0.99):
        train, test = stratified_split(labelled([0, 0, 1, 1, 1]), share)
        assert set(train.labels) == set(test.labels) == {0, 1}


@pytest.mark.parametrize("share", [0, 1, -0.1, float("nan")])
def test_a_share_lies_between_0_and_1(share: float) -> None:
    with pytest.raises(ValueError, match="stratified_split: share must lie between 0 and 1; got"):
        stratified_split(labelled([0, 0]), share)


def test_a_split_needs_a_class_with_two_images() -> None:
    with pytest.raises(ValueError, match="stratified_split: no class has two images, so none can be held out"):
        stratified_split(labelled([0, 1, 2]))
