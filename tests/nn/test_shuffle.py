"""The shuffling layers: forward, repr, and errors for bad factors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import nn
from rot180.errors import ShapeError

LAYERS = [
    (nn.PixelShuffle, F.pixel_shuffle, "upscale_factor"),
    (nn.PixelUnshuffle, F.pixel_unshuffle, "downscale_factor"),
    (nn.ChannelShuffle, F.channel_shuffle, "groups"),
]


@pytest.mark.parametrize(("layer", "function", "argument"), LAYERS)
def test_layers(layer: Any, function: Any, argument: str) -> None:
    x = np.arange(32, dtype=np.float32).reshape(1, 8, 2, 2)
    assert np.array_equal(layer(2)(x).data, function(x, 2))
    assert repr(layer(2)) == f"{layer.__name__}({argument}=2)"
    for factor in (0, 2.0, True):
        with pytest.raises(
            ShapeError, match=f"^{layer.__name__}: {argument} must be an int of at least 1; got {factor}"
        ):
            layer(factor)
