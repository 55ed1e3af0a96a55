"""The adaptive pooling layers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import nn
from rot180.errors import ShapeError


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("kind", ["Avg", "Max"])
def test_forward_calls_the_function_with_the_setting(kind: str, ndim: int) -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, *(9, 8, 7)[:ndim])).astype(np.float32)
    function = getattr(F, f"adaptive_{kind.lower()}_pool{ndim}d")
    for size in (1, 4, (None, 3, 2)[-ndim:]):
        layer = getattr(nn, f"Adaptive{kind}Pool{ndim}d")(size)
        assert np.array_equal(layer(x).data, function(x, size))
        assert layer(x[0]).shape == function(x, size).shape[1:]


@pytest.mark.parametrize("make", [nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool1d, nn.AdaptiveAvgPool3d])
@pytest.mark.parametrize("size", [-1, (2, 2), 1.5, None, True])
def test_the_constructor_rejects_bad_sizes(make: Any, size: Any) -> None:
    with pytest.raises(ShapeError, match="output_size must"):
        make(size)


def test_return_indices_is_not_supported() -> None:
    with pytest.raises(ValueError, match="AdaptiveMaxPool2d: return_indices=True is not supported"):
        nn.AdaptiveMaxPool2d(2, return_indices=True)


def test_repr_equals_pytorchs() -> None:
    assert repr(nn.AdaptiveAvgPool2d((None, 3))) == "AdaptiveAvgPool2d(output_size=(None, 3))"
    assert repr(nn.AdaptiveMaxPool3d([1, 2, 3])) == "AdaptiveMaxPool3d(output_size=(1, 2, 3))"
    assert re.search("None to keep", nn.AdaptiveAvgPool1d.__doc__ or "")


def test_a_network_with_a_global_pool_accepts_images_of_any_size() -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    for size in (3, 8, 17):
        assert net(np.ones((2, 1, size, size + 1), np.float32)).shape == (2, 2)
