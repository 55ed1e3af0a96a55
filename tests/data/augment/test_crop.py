"""Random crops, and shifts by whole cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rot180 import ShapeError
from rot180.data import Crop, Shift
from rot180.data.augment import ImageAugmentation

IMAGE = np.arange(1.0, 10).reshape(1, 1, 3, 3)
FIRST, LAST = -1.0, np.nextafter(1, 0)  # the ends of the random numbers


def changed(transform: ImageAugmentation, *draws: float) -> Any:
    return transform(IMAGE, np.array([draws]))[0, 0].tolist()


def test_a_crop_lies_within_the_image() -> None:
    assert changed(Crop(2), FIRST, FIRST) == [[1, 2], [4, 5]]
    assert changed(Crop(2), LAST, LAST) == [[5, 6], [8, 9]]
    assert changed(Crop((1, 2)), 0, FIRST) == [[4, 5]]
    assert changed(Crop(3), 0.3, -0.2) == IMAGE[0, 0].tolist()


def test_padding_is_added_before_cropping() -> None:
    assert changed(Crop(3, padding=1), FIRST, 0) == [[0, 0, 0], [1, 2, 3], [4, 5, 6]]
    assert changed(Crop(3, padding=1, fill=-1), LAST, LAST) == [[5, 6, -1], [8, 9, -1], [-1, -1, -1]]
    assert changed(Crop(3, 1, padding_mode="edge"), FIRST, FIRST) == [[1, 1, 2], [1, 1, 2], [4, 4, 5]]
    assert changed(Crop(3, 1, padding_mode="reflect"), FIRST, 0) == [[4, 5, 6], [1, 2, 3], [4, 5, 6]]
    assert changed(Crop(5, padding=1), 0, 0)[1] == [0, 1, 2, 3, 0]


def test_a_shift_moves_whole_cells() -> None:
    assert changed(Shift(1), 0, 0) == IMAGE[0, 0].tolist()
    assert changed(Shift(1), FIRST, FIRST) == [[0, 0, 0], [0, 1, 2], [0, 4, 5]]
    assert changed(Shift(1), LAST, 0) == [[4, 5, 6], [7, 8, 9], [0, 0, 0]]
    assert changed(Shift((0, 2)), LAST, LAST) == [[3, 0, 0], [6, 0, 0], [9, 0, 0]]
    assert changed(Shift((0, 2), "edge"), LAST, FIRST) == [[1, 1, 1], [4, 4, 4], [7, 7, 7]]
    assert changed(Shift(0), LAST, LAST) == IMAGE[0, 0].tolist()


@pytest.mark.parametrize("transform", [Crop(3, padding=2), Shift(2)])
def test_all_places_are_equally_likely(transform: ImageAugmentation) -> None:
    got = transform(np.repeat(IMAGE, 25_000, 0), transform.draw(np.random.default_rng(0), 25_000))
    keys, counts = np.unique(got.reshape(len(got), -1), axis=0, return_counts=True)
    assert len(keys) == 25  # 5 x 5 places, all different
    assert abs(counts - 1000).max() < 5 * np.sqrt(1000)


def test_the_result_is_a_new_array() -> None:
    for transform in (Crop(3), Shift(0)):
        got = transform(IMAGE, np.zeros((1, 2)))
        assert not np.shares_memory(got, IMAGE)
        assert got.flags.c_contiguous


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Crop(0), "Crop: size must be an int of at least 1, or two of them; got 0"),
        (lambda: Crop((4, 4, 4)), r"Crop: size must be an int .*; got \(4, 4, 4\)"),  # type: ignore[arg-type]
        (lambda: Crop(True), "Crop: size must be an int .*; got True"),
        (lambda: Crop(3, padding=-1), "Crop: padding must be an int of at least 0; got -1"),
        (
            lambda: Crop(3, padding_mode="wrap"),
            "Crop: unknown padding mode 'wrap'; the padding modes are const",
        ),  # type: ignore[arg-type]
        (lambda: Shift(-1), "Shift: cells must be an int of at least 0, or two of them; got -1"),
        (lambda: Shift(1, "zero"), "Shift: unknown padding mode 'zero'"),  # type: ignore[arg-type]
        (lambda: changed(Crop((6, 3), padding=1), 0, 0), "Crop: images of 3 x 3 cells with padding=1 are smaller than"),
    ],
)
def test_invalid_settings_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_an_image_that_is_too_small_is_a_shape_error() -> None:
    with pytest.raises(ShapeError):
        changed(Crop(4), 0, 0)
