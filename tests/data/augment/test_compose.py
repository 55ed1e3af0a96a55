"""Augmentations one after the other, each with its own random numbers."""

from __future__ import annotations

import numpy as np
import pytest

from rot180.data import Augmented, Compose, Crop, Erase, HorizontalFlip, MixUp, TensorDataset, VerticalFlip

IMAGES = np.random.default_rng(0).random((400, 1, 4, 4)).astype(np.float32)
DATA = TensorDataset(IMAGES, np.arange(400) % 10)
ALL = np.arange(400)


def test_they_are_applied_in_their_order() -> None:
    crop, shrink = Crop(2), Crop((4, 3))
    assert Augmented(DATA, Compose([shrink, crop]), 0)[0][0].shape == (1, 2, 2)
    with pytest.raises(ValueError, match="Crop: images of 2 x 2 cells"):
        Augmented(DATA, Compose([crop, shrink]), 0)[0]


def test_none_changes_nothing() -> None:
    images, labels = Augmented(DATA, Compose([]), 0).batch(ALL)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, DATA.tensors[1])


def test_each_augmentation_has_its_own_draws() -> None:
    images, _ = Augmented(DATA, Compose([HorizontalFlip(), VerticalFlip()]), 0).batch(ALL)
    kinds = [IMAGES, IMAGES[..., ::-1], IMAGES[..., ::-1, :], IMAGES[..., ::-1, ::-1]]
    counts = [int((images == kind).all((1, 2, 3)).sum()) for kind in kinds]
    assert sum(counts) == 400
    assert min(counts) > 60  # 100 on average: the two do not go together


def test_the_same_augmentation_twice_is_drawn_twice() -> None:
    images, _ = Augmented(DATA, Compose([HorizontalFlip(), HorizontalFlip()]), 0).batch(ALL)
    assert 150 < (images == IMAGES).all((1, 2, 3)).sum() < 250


def test_an_augmentation_after_mix_up_changes_the_mixed_image() -> None:
    """Erasing after MixUp leaves cells that are zero, erasing before it hardly any."""
    steps = [MixUp(num_classes=10), Erase(p=1, scale=(0.2, 0.3))]
    after, labels = Augmented(DATA, Compose(steps), 0).batch(ALL)
    before, _ = Augmented(DATA, Compose(steps[::-1]), 0).batch(ALL)
    assert labels.shape == (400, 10)
    assert (after == 0).any((1, 2, 3)).mean() > 0.95
    assert (before == 0).sum() < (after == 0).sum() / 2


def test_a_compose_may_hold_a_compose() -> None:
    nested = Compose([Compose([HorizontalFlip(1)]), Compose([VerticalFlip(1), MixUp(alpha=0.3, num_classes=10)])])
    assert Augmented(DATA, nested, 0).batch(ALL[:7])[0].shape == (7, 1, 4, 4)
    assert [t["name"] for t in nested.about()["transforms"]] == ["compose", "compose"]


def test_only_augmentations_are_accepted() -> None:
    with pytest.raises(TypeError, match="Compose: transforms is a HorizontalFlip; a list of augmentations is needed"):
        Compose(HorizontalFlip())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"Compose: transforms\[1\] is the class VerticalFlip; an augmentation such as"):
        Compose([HorizontalFlip(), VerticalFlip])  # type: ignore[list-item]
