"""Unfold and Fold: stored settings, repr, and the errors of the constructors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import nn
from rot180.errors import ShapeError


def test_forward_calls_the_function_with_the_settings() -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5)).astype(np.float32)
    settings = {"kernel_size": (2, 1), "dilation": 2, "padding": (1, 0), "stride": 2}
    columns = nn.Unfold(**settings)(x)
    assert np.array_equal(columns.data, F.unfold(x, **settings))
    image = nn.Fold((4, 5), **settings)(columns)
    assert np.array_equal(image.data, F.fold(columns.data, (4, 5), **settings))


def test_repr_shows_the_settings_as_passed() -> None:
    assert repr(nn.Unfold(3, padding=[1, 2])) == "Unfold(kernel_size=3, dilation=1, padding=(1, 2), stride=1)"
    expected = "Fold(output_size=(4, 5), kernel_size=(2, 2), dilation=1, padding=0, stride=1)"
    assert repr(nn.Fold((4, 5), (2, 2))) == expected


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Unfold((2, 2, 2)), r"Unfold: kernel_size must be an int or 2 ints"),
        (lambda: nn.Unfold(2.0), r"Unfold: kernel_size must be an int or 2 ints, one per spatial axis; got 2.0"),
        (lambda: nn.Unfold(0), r"Unfold: kernel size must be at least 1"),
        (lambda: nn.Unfold(2, padding=-1), r"Unfold: padding must not be negative"),
        (lambda: nn.Fold(4, 2, stride=0), r"Fold: stride must be at least 1"),
        (lambda: nn.Fold((4,), 2), r"Fold: output_size must be an int or 2 ints"),
    ],
)
def test_the_constructor_rejects_bad_settings(make: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^{message}"):
        make()
