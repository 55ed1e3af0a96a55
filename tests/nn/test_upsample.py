"""The upsampling layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import nn
from rot180.errors import ShapeError

X = np.random.default_rng(0).standard_normal((2, 3, 5, 4)).astype(np.float32)


@pytest.mark.parametrize(
    "settings",
    [
        {"scale_factor": 2},
        {"size": (7, 3)},
        {"size": [7, 3], "mode": "area"},
        {"scale_factor": (1.3, 2), "mode": "bilinear", "recompute_scale_factor": True},
        {"scale_factor": [1.3, 2], "mode": "bicubic", "align_corners": True},
    ],
)
def test_forward_calls_the_function_with_the_settings(settings: dict[str, Any]) -> None:
    assert np.array_equal(nn.Upsample(**settings)(X).data, F.interpolate(X, **settings))


def test_the_layers_with_a_fixed_mode() -> None:
    assert np.array_equal(nn.UpsamplingNearest2d(scale_factor=2)(X).data, X.repeat(2, 2).repeat(2, 3))
    expected = F.interpolate(X, (9, 7), mode="bilinear", align_corners=True)
    assert np.array_equal(nn.UpsamplingBilinear2d((9, 7))(X).data, expected)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "Upsample: pass either size or scale_factor; got neither"),
        ({"size": 2, "scale_factor": 2}, "Upsample: pass either size or scale_factor; got both"),
        ({"scale_factor": 2, "mode": "cubic"}, "Upsample: mode must be one of 'nearest', .*; got 'cubic'"),
        ({"scale_factor": 2, "align_corners": True}, "Upsample: align_corners works only with the modes 'linear'"),
        ({"size": 2, "recompute_scale_factor": True}, "Upsample: recompute_scale_factor=True needs a scale_factor"),
    ],
)
def test_the_constructor_rejects_bad_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        nn.Upsample(**settings)


def test_settings_that_depend_on_the_input_are_checked_with_it() -> None:
    with pytest.raises(ShapeError, match="scale_factor must be a finite number or 2 of them, one per spatial axis"):
        nn.Upsample(scale_factor=(2, 2, 2))(X)
    with pytest.raises(ShapeError, match=r"scale_factor must be a finite number.*; got 'two'"):
        nn.Upsample(scale_factor="two")(X)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=r"mode 'trilinear' needs an input of shape \(N, C, D, H, W\)"):
        nn.Upsample(scale_factor=2, mode="trilinear")(X)


def test_repr_equals_pytorchs() -> None:
    assert repr(nn.Upsample(scale_factor=2)) == "Upsample(scale_factor=2.0, mode='nearest')"
    assert repr(nn.Upsample(scale_factor=(2, 3.5))) == "Upsample(scale_factor=(2.0, 3.5), mode='nearest')"
    assert repr(nn.Upsample((3, 4), mode="bilinear")) == "Upsample(size=(3, 4), mode='bilinear')"
    assert repr(nn.UpsamplingBilinear2d(3)) == "UpsamplingBilinear2d(size=3, mode='bilinear')"
