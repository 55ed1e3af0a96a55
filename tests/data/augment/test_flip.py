"""Mirrored images."""

from __future__ import annotations

import numpy as np
import pytest

from rot180.data import HorizontalFlip, VerticalFlip
from rot180.data.augment import ImageAugmentation

IMAGES = np.arange(12, dtype=np.float32).reshape(2, 1, 2, 3)


def test_left_and_right_are_swapped() -> None:
    got = HorizontalFlip()(IMAGES, np.array([[-0.5], [0.5]]))  # below 0 is the first half of the numbers
    np.testing.assert_array_equal(got[0, 0], [[2, 1, 0], [5, 4, 3]])
    np.testing.assert_array_equal(got[1], IMAGES[1])


def test_top_and_bottom_are_swapped() -> None:
    got = VerticalFlip()(IMAGES, np.array([[0.5], [-0.5]]))
    np.testing.assert_array_equal(got[0], IMAGES[0])
    np.testing.assert_array_equal(got[1, 0], [[9, 10, 11], [6, 7, 8]])


@pytest.mark.parametrize("flip", [HorizontalFlip, VerticalFlip])
@pytest.mark.parametrize("p", [0, 0.1, 0.5, 1])
def test_the_share_of_mirrored_images_is_p(flip: type[HorizontalFlip], p: float) -> None:
    transform: ImageAugmentation = flip(p)
    images = np.repeat(IMAGES[:1], 10_000, 0)
    got = transform(images, transform.draw(np.random.default_rng(0), 10_000))
    share = (got != images).any((1, 2, 3)).mean()
    assert abs(share - p) <= 4 * np.sqrt(p * (1 - p) / 10_000)  # none at all where p is 0 or 1


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_p_is_a_probability(p: float) -> None:
    with pytest.raises(ValueError, match=f"HorizontalFlip: p must lie between 0 and 1; got {p}"):
        HorizontalFlip(p)
    with pytest.raises(ValueError, match="VerticalFlip: p must"):
        VerticalFlip(p)
