"""Pixel and channel shuffles: the position of every cell, and error messages."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180.errors import DtypeError, ShapeError


def test_pixel_shuffle_follows_its_definition() -> None:
    r, x = 2, np.arange(96.0).reshape(2, 8, 2, 3)
    y = F.pixel_shuffle(x, r)
    assert y.shape == (2, 2, 4, 6)
    for n, c, i, j, h, w in product(range(2), range(2), range(r), range(r), range(2), range(3)):
        assert y[n, c, r * h + i, r * w + j] == x[n, c * r * r + r * i + j, h, w]
    assert np.array_equal(F.pixel_unshuffle(y, r), x)


def test_channel_shuffle_interleaves_the_groups() -> None:
    x = np.arange(6.0).reshape(1, 6, 1)
    assert F.channel_shuffle(x, 2).ravel().tolist() == [0, 3, 1, 4, 2, 5]
    assert np.array_equal(F.channel_shuffle(F.channel_shuffle(x, 2), 3), x)


def test_empty_leading_axes() -> None:
    assert F.pixel_shuffle(np.ones((0, 2, 4, 1, 3)), 2).shape == (0, 2, 1, 2, 6)
    assert F.pixel_unshuffle(np.ones((0, 2, 4)), 2).shape == (0, 1, 2)
    assert F.channel_shuffle(np.ones((0, 4, 2)), 2).shape == (0, 4, 2)


@pytest.mark.parametrize(
    ("function", "shape", "factor", "message"),
    [
        (F.pixel_shuffle, (4, 2), 2, r"input has shape \(4, 2\); \(\*, channels, height, width\) is needed"),
        (F.pixel_shuffle, (6, 2, 2), 2, r"input of shape \(6, 2, 2\) has 6 channels; .* 2 needs a multiple of 4"),
        (F.pixel_shuffle, (4, 2, 2), 0, r"upscale_factor must be an int of at least 1; got 0"),
        (F.pixel_shuffle, (4, 2, 2), 2.0, r"upscale_factor must be an int of at least 1; got 2.0"),
        (F.pixel_unshuffle, (1, 3, 4), 2, r"input of shape \(1, 3, 4\) has height 3; .* 2 must divide it"),
        (F.pixel_unshuffle, (1, 4, 3), 2, r"input of shape \(1, 4, 3\) has width 3"),
        (F.pixel_unshuffle, (1, 4, 4), True, r"downscale_factor must be an int of at least 1; got True"),
        (F.channel_shuffle, (2, 4), 2, r"input has shape \(2, 4\); \(batch, channels, space\) is needed"),
        (F.channel_shuffle, (2, 4, 3), 3, r"input has 4 channels; groups=3 must divide them"),
        (F.channel_shuffle, (2, 4, 3), 0, r"groups must be an int of at least 1; got 0"),
    ],
)
def test_wrong_arguments_raise(function: Any, shape: tuple[int, ...], factor: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^{function.__name__}: {message}"):
        function(np.ones(shape), factor)


def test_integer_arrays_raise() -> None:
    for function in (F.pixel_shuffle, F.pixel_unshuffle, F.channel_shuffle):
        with pytest.raises(DtypeError, match=f"^{function.__name__}: takes float32 or float64, got int64"):
            function(np.ones((1, 4, 2, 2), int), 2)
