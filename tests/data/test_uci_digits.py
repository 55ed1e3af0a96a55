"""The digits in the package equal the source, with a fixed split."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

import rot180.data
from rot180.data import digits

FIRST = [1, 4, 4, 6, 3, 6, 4, 8, 4, 9, 9, 0]  # of the test labels


def test_the_cells_are_those_of_the_source() -> None:
    with np.load(Path(rot180.data.__file__).with_name("digits.npz"), allow_pickle=False) as file:
        x, y = file["x"], file["y"]
    assert (x.shape, x.dtype, y.shape) == ((1797, 8, 8), np.uint8, (1797,))
    assert (
        hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()
        == "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"
    )
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_attribution_is_beside_the_file() -> None:
    text = Path(rot180.data.__file__).with_name("DIGITS.md").read_text(encoding="utf-8")
    for words in ("Alpaydin", "10.24432/C50P49", "CC BY 4.0"):
        assert words in text


def test_images_are_float32_from_0_to_1() -> None:
    data = digits()
    assert (data.images.shape, data.images.dtype) == ((1438, 1, 8, 8), np.float32)
    assert (data.labels.shape, data.labels.dtype) == ((1438,), np.int64)
    assert (data.images.min(), data.images.max()) == (0, 1)
    assert data.classes == tuple("0123456789")


def test_a_fifth_is_held_out_and_nothing_is_in_both_parts() -> None:
    train, test = digits("train"), digits("test")
    assert (len(train), len(test)) == (1438, 359)
    seen = {image.tobytes() for image in train.images}
    assert len({image.tobytes() for image in test.images} - seen) == 359  # no image occurs twice in the source
    assert np.bincount(test.labels).min() >= 20


def test_the_split_is_fixed_and_another_seed_gives_another() -> None:
    assert digits("test").labels[:12].tolist() == FIRST
    assert digits("test", seed=1).labels[:12].tolist() != FIRST
    np.testing.assert_array_equal(digits("test").images, digits("test", seed=0).images)


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(ValueError, match="digits: split must be 'train' or 'test'; got 'valid'"):
        digits("valid")
