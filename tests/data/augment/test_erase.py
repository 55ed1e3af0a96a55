"""Erased rectangles: their size, shape, frequency and contents."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

from rot180 import ShapeError
from rot180.data import Erase


def erased(transform: Erase, images: np.ndarray[Any, Any], seed: int = 0) -> np.ndarray[Any, Any]:
    return np.asarray(transform(images, transform.draw(np.random.default_rng(seed), len(images))))


def rectangles(mask: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(top, left, height, width) of the rectangle in each of the masks (N, H, W)."""
    rows, columns = mask.any(2), mask.any(1)
    return np.stack([rows.argmax(1), columns.argmax(1), rows.sum(1), columns.sum(1)], 1)


def test_a_rectangle_worked_by_hand() -> None:
    """A quarter of the area of 4x8 with height / width 2: 4 x 2 is too high; with 1/2 it is 2 x 4."""
    image = np.ones((1, 2, 4, 8))
    draws = np.zeros((1, Erase.numbers))
    draws[0, :3] = -1, 0, 0.5  # chosen; in the middle row of three, in column 3 of 0 to 4
    draws[0, 14:] = 1, *[-1] * 9  # the first shape is the highest, the others are the widest
    got = Erase(scale=(0.25, 0.25), ratio=(0.5, 2), value=[5, 7])(image, draws)
    want = np.ones((1, 2, 4, 8))
    want[0, :, 1:3, 3:7] = [[[5]], [[7]]]
    np.testing.assert_array_equal(got, want)


def test_an_image_without_a_fitting_rectangle_is_not_changed() -> None:
    image = np.ones((4, 1, 6, 6))
    np.testing.assert_array_equal(erased(Erase(p=1, scale=(1, 1), ratio=(1, 1)), image), image)
    np.testing.assert_array_equal(erased(Erase(p=1, scale=(0, 0)), image), image)


def test_areas_ratios_and_places_follow_the_settings() -> None:
    count, side = 4000, 40
    got = erased(Erase(p=1, scale=(0.05, 0.2), ratio=(0.5, 2)), np.ones((count, 1, side, side), np.float32))
    mask = got[:, 0] == 0
    top, left, height, width = rectangles(mask).T
    np.testing.assert_array_equal(mask.sum((1, 2)), height * width)  # one whole rectangle each
    area = height * width / side**2
    assert 0.045 < area.min() < 0.06 and 0.19 < area.max() < 0.22  # sides are rounded to cells
    assert abs(area.mean() - 0.125) < 0.003
    logarithm = np.log(height / width)
    assert abs(logarithm).max() < np.log(2) + 0.11
    assert abs(logarithm.mean()) < 0.03
    assert abs((np.histogram(logarithm, 4, (-0.7, 0.7))[0] / count) - 0.25).max() < 0.04
    for start, extent in ((top, height), (left, width)):
        share = start / (side - extent)
        assert (share.min(), share.max()) == (0, 1)
        assert abs(share.mean() - 0.5) < 0.02


@pytest.mark.parametrize("p", [0, 0.25, 1])
def test_the_share_of_erased_images_is_p(p: float) -> None:
    got = erased(Erase(p=p), np.ones((8000, 1, 28, 28), np.float32))
    assert abs((got == 0).any((1, 2, 3)).mean() - p) <= 4 * np.sqrt(p * (1 - p) / 8000)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_random_contents_are_uniform_and_differ_in_every_cell_channel_and_image(dtype: Any) -> None:
    got = erased(Erase(p=1, scale=(0.3, 0.3), value="random"), np.full((200, 3, 32, 32), -1, dtype))
    assert got.dtype == dtype
    fresh = got[got != -1]
    assert len(fresh) > 150_000
    assert len(np.unique(fresh)) > 0.98 * len(fresh)  # float32 has some twice
    assert 0 <= fresh.min() and fresh.max() <= 1
    counts = np.histogram(fresh, 10, (0, 1))[0]
    assert abs(counts / len(fresh) - 0.1).max() < 0.004
    inside = (got != -1).all(1)
    red, green = got[:, 0][inside], got[:, 1][inside]
    assert abs(np.corrcoef(red, green)[0, 1]) < 0.02
    assert abs(np.corrcoef(red[1:], red[:-1])[0, 1]) < 0.02


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"p": 2}, "p must lie between 0 and 1; got 2"),
        ({"scale": (0.5, 0.1)}, r"scale must be two numbers, the smallest and the largest; got \(0.5, 0.1\)"),
        ({"scale": 0.1}, "scale must be two numbers"),
        ({"scale": (0.1, 1.5)}, "scale must be between 0 and 1, a fraction of the area"),
        ({"ratio": (0, 1)}, "ratio must be positive"),
        ({"ratio": (1, float("inf"))}, "ratio must be two numbers"),
        ({"value": "noise"}, "value must be a number, one per channel or 'random'; got 'noise'"),
    ],
)
def test_settings_are_checked(settings: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"Erase: {message}"):
        Erase(**settings)


def test_one_value_per_channel_or_one_for_all() -> None:
    with pytest.raises(ShapeError, match="Erase: value has 2 numbers but images have 3 channels"):
        erased(Erase(p=1, value=(0, 1)), np.ones((1, 3, 8, 8)))
    assert (erased(Erase(p=1, value=(9,)), np.ones((1, 3, 8, 8))) == 9).any()


def one_by_one(scale: tuple[float, float], ratio: tuple[float, float], side: int, seed: int) -> tuple[int, ...]:
    """(top, left, height, width) by Algorithm 1 of the paper with PyTorch's limits: ten tries, then give up."""
    draw = random.Random(seed)
    for _ in range(10):
        area, shape = draw.uniform(*scale) * side**2, math.exp(draw.uniform(math.log(ratio[0]), math.log(ratio[1])))
        height, width = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
        if height < side and width < side:
            return draw.randrange(side - height + 1), draw.randrange(side - width + 1), height, width
    return 0, 0, 0, 0


def test_rectangles_have_the_distribution_of_the_published_algorithm() -> None:
    scale, ratio = (0.1, 0.9), (0.2, 5.0)  # many do not fit at the first try
    want = np.array([one_by_one(scale, ratio, 28, seed) for seed in range(5000)])
    got = rectangles(erased(Erase(1, scale, ratio), np.ones((5000, 1, 28, 28)))[:, 0] == 0)
    assert abs((got[:, 2] == 0).mean() - (want[:, 2] == 0).mean()) < 0.01
    tenths = np.linspace(0.1, 0.9, 9)
    for ours, theirs in zip(got.T, want.T, strict=True):
        assert abs(np.quantile(ours, tenths) - np.quantile(theirs, tenths)).max() <= 1
        assert abs(ours.mean() - theirs.mean()) < 5 * theirs.std() / np.sqrt(2500)
