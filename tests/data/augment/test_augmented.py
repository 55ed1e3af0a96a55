"""Every augmentation: it depends only on (seed, epoch, index) and keeps inputs, dtypes and settings."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import DtypeError, ShapeError
from rot180.data import (
    Affine,
    Augmentation,
    Augmented,
    Compose,
    Crop,
    DataLoader,
    Dataset,
    Erase,
    HorizontalFlip,
    ImageAugmentation,
    MixUp,
    Rotate,
    Shift,
    Subset,
    TensorDataset,
    VerticalFlip,
)

ALL = [
    Affine(),
    Rotate(30),
    HorizontalFlip(),
    VerticalFlip(0.3),
    Shift(2),
    Shift((1, 3), "edge"),
    Crop(7, padding=2),
    Crop((5, 8), padding_mode="reflect", padding=1),
    Erase(),
    Erase(p=1, value=[0.5, 1]),
    Erase(p=0.9, value="random"),
    MixUp(alpha=0.4, num_classes=5),
    Compose([HorizontalFlip(), Crop(9, padding=2), MixUp(num_classes=5), Affine(), Erase(value="random")]),
    Compose([Compose([Shift(1), VerticalFlip()]), Compose([]), Rotate(9)]),
]
CASES = pytest.mark.parametrize("transform", ALL, ids=repr)
COUNT = 101
RNG = np.random.default_rng(0)
IMAGES = RNG.random((COUNT, 2, 9, 11)).astype(np.float32)
LABELS = RNG.integers(0, 5, COUNT)
DATA = TensorDataset(IMAGES, LABELS)


def whole(transform: Augmentation, seed: int = 1, epoch: int = 2, data: Any = DATA) -> tuple[Any, Any]:
    augmented = Augmented(data, transform, seed)
    augmented.set_epoch(epoch)
    return augmented.batch(np.arange(len(data)))


@CASES
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 64, 100])
def test_a_sample_is_the_same_to_the_bit_in_any_batch(transform: Augmentation, dtype: Any, size: int) -> None:
    data = TensorDataset(IMAGES.astype(dtype), LABELS)
    images, labels = whole(transform, data=data)
    augmented = Augmented(data, transform, 1)
    augmented.set_epoch(2)
    order = np.random.default_rng(size).permutation(COUNT)
    for start in range(0, COUNT, size):
        part = order[start : start + size]
        some, theirs = augmented.batch(part)
        assert some.tobytes() == images[part].tobytes()
        assert theirs.tobytes() == labels[part].tobytes()


@CASES
@pytest.mark.parametrize("workers", [1, 3])
def test_a_sample_is_the_same_to_the_bit_from_any_thread(transform: Augmentation, workers: int) -> None:
    images, labels = whole(transform, epoch=4)
    loader = DataLoader(Augmented(DATA, transform, 1), 8, shuffle=True, seed=9, num_workers=workers)
    loader.set_epoch(4)
    order = loader.order(4)
    got = [np.concatenate(parts) for parts in zip(*loader, strict=True)]
    assert got[0].tobytes() == images[order].tobytes()
    assert got[1].tobytes() == labels[order].tobytes()


@CASES
def test_another_seed_or_epoch_gives_another_change(transform: Augmentation) -> None:
    first = whole(transform)[0]
    assert first.tobytes() == whole(transform)[0].tobytes()
    for other in (whole(transform, epoch=3)[0], whole(transform, seed=2)[0]):
        assert other.tobytes() != first.tobytes()


@pytest.mark.parametrize("transform", [t for t in ALL if "MixUp" not in repr(t)], ids=repr)
def test_the_draws_do_not_depend_on_later_samples(transform: Augmentation) -> None:
    shorter = TensorDataset(IMAGES[:40], LABELS[:40])
    assert whole(transform, data=shorter)[0].tobytes() == whole(transform)[0][:40].tobytes()


@CASES
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inputs_are_not_modified_and_dtypes_are_kept(transform: Augmentation, dtype: Any) -> None:
    images = IMAGES.astype(dtype)
    before = images.copy()
    got, _ = whole(transform, data=TensorDataset(images, LABELS))
    assert got.dtype == dtype
    assert not np.shares_memory(got, images)
    np.testing.assert_array_equal(images, before)
    got[:] = -1
    np.testing.assert_array_equal(images, before)


@CASES
def test_strided_images_give_the_same_result(transform: Augmentation) -> None:
    strided = np.asfortranarray(IMAGES)
    assert whole(transform, data=TensorDataset(strided, LABELS))[0].tobytes() == whole(transform)[0].tobytes()


@CASES
def test_tensors_stay_tensors(transform: Augmentation) -> None:
    got, _ = whole(transform, data=TensorDataset(rot180.tensor(IMAGES), LABELS))
    assert isinstance(got, rot180.Tensor)
    np.testing.assert_array_equal(got.data, whole(transform)[0])


@CASES
def test_empty_batches_and_datasets_work(transform: Augmentation) -> None:
    images, labels = Augmented(DATA, transform, 0).batch(np.arange(0))
    assert len(images) == len(labels) == 0
    assert images.shape[1:] == whole(transform)[0].shape[1:]
    assert list(DataLoader(Augmented(TensorDataset(IMAGES[:0], LABELS[:0]), transform, 0), 4)) == []


@CASES
def test_a_single_sample_is_changed_as_in_its_batch(transform: Augmentation) -> None:
    data = Augmented(DATA, transform, 0)
    for index in (3, -98):
        image, label = data[index]
        assert image.tobytes() == data.batch(np.arange(COUNT))[0][3].tobytes()
        assert label.tobytes() == data.batch(np.arange(COUNT))[1][3].tobytes()
    with pytest.raises(IndexError, match="sample 101 is out of range; the dataset has 101, 0 to 100"):
        data[COUNT]


@CASES
def test_the_settings_are_plain_values_that_make_it_again(transform: Augmentation) -> None:
    about = transform.about()
    assert json.loads(json.dumps(about))["name"] == about["name"]
    again = eval(repr(transform))
    assert again.about() == about
    np.testing.assert_array_equal(whole(again)[0], whole(transform)[0])


def test_the_names_of_settings() -> None:
    assert Affine().about() == {"name": "affine", "rotation": 0.2, "scale": 0.1, "slant": 0.15, "shift": 0.1}
    assert HorizontalFlip().about() == {"name": "horizontal_flip", "p": 0.5}
    assert MixUp(num_classes=3).about() == {"name": "mix_up", "alpha": 1.0, "num_classes": 3}
    assert Compose([Rotate(5)]).about() == {"name": "compose", "transforms": [{"name": "rotate", "degrees": 5.0}]}


def test_copies_of_another_epoch_and_this_one_do_not_disturb_each_other() -> None:
    data = Augmented(DATA, Affine(), 1)
    copy = data.at_epoch(2)
    data.set_epoch(3)
    assert copy.batch(np.arange(COUNT))[0].tobytes() == whole(Affine())[0].tobytes()
    assert data.batch(np.arange(COUNT))[0].tobytes() == whole(Affine(), epoch=3)[0].tobytes()


def test_a_loader_brings_each_epoch_its_changes_also_below_other_datasets() -> None:
    inner = Augmented(DATA, Shift(2), 1)
    for data in (inner, Subset(inner, range(COUNT)), Subset(Augmented(inner, Compose([]), 5), range(COUNT))):
        loader = DataLoader(data, COUNT)
        for epoch in range(3):
            ((images, _),) = loader
            assert images.tobytes() == whole(Shift(2), epoch=epoch)[0].tobytes()
    assert inner.batch(np.arange(COUNT))[0].tobytes() == whole(Shift(2), epoch=0)[0].tobytes()  # itself left alone


def test_a_custom_augmentation() -> None:
    class Brighter(ImageAugmentation):
        numbers = 1

        def __init__(self, most: float) -> None:
            self.most = most

        def change(self, images: Any, draws: Any) -> Any:
            return images + (draws * self.most).astype(images.dtype)[:, :, None, None]

    got, _ = whole(Compose([Brighter(0.5), Brighter(0.25)]))
    change = (got - IMAGES).reshape(COUNT, -1)
    np.testing.assert_allclose(change.max(1), change.min(1), atol=1e-6)
    assert 0.6 < abs(change).max() <= 0.75
    assert Brighter(0.5).about() == {"name": "brighter", "most": 0.5}


class Pictures(Dataset):
    """Images that are not (C, H, W) floats."""

    def __init__(self, sample: Any) -> None:
        self.sample = sample

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        return self.sample


@CASES
def test_images_that_do_not_fit_are_refused(transform: Augmentation) -> None:
    with pytest.raises(ShapeError, match=r": a batch of images has shape \(1, 8, 8\); \(N, C, H, W\) is needed"):
        Augmented(Pictures((np.zeros((8, 8), np.float32), 0)), transform, 0)[0]
    with pytest.raises(DtypeError, match=r": images are uint8; float32 or float64 is needed; convert with .astype"):
        Augmented(Pictures((np.zeros((2, 8, 8), np.uint8), 0)), transform, 0)[0]
    with pytest.raises(ShapeError, match=r": a sample of the dataset is not a pair \(image, label\)"):
        Augmented(Pictures(np.zeros((2, 8, 8))), transform, 0)[0]


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(
        TypeError, match=r"Augmented: transform is the class Affine; an augmentation such as Affine\(\)"
    ):
        Augmented(DATA, Affine, 0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Augmented: transform is a function; an augmentation"):
        Augmented(DATA, lambda images: images, 0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Augmented: seed must be a non-negative int; got -1"):
        Augmented(DATA, Affine(), -1)
    with pytest.raises(ValueError, match="Augmented: epoch must be a non-negative int; got -1"):
        Augmented(DATA, Affine(), 0).set_epoch(-1)
    with pytest.raises(ShapeError, match=r"Affine: draws has shape \(3, 5\); 2 images need \(2, 5\)"):
        Affine()(IMAGES[:2], np.zeros((3, 5)))


def test_an_augmentation_without_its_methods_is_an_error() -> None:
    with pytest.raises(NotImplementedError, match="Augmentation has no `draw` method"):
        Augmented(DATA, Augmentation(), 0)
    with pytest.raises(NotImplementedError, match="ImageAugmentation has no `change` method"):
        Augmented(DATA, ImageAugmentation(), 0)[0]
