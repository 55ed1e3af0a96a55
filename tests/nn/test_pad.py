"""The padding layers."""

from __future__ import annotations

import numpy as np
import pytest

from rot180 import nn
from rot180.errors import ShapeError


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_the_last_axis_comes_first(ndim: int) -> None:
    x = np.ones((1, 1, *(2,) * ndim), np.float32)
    padding = tuple(range(2 * ndim))
    y = getattr(nn, f"ConstantPad{ndim}d")(padding, 5.0)(x).data
    widths = [(2 * axis, 2 * axis + 1) for axis in reversed(range(ndim))]
    assert np.array_equal(y, np.pad(x, [(0, 0), (0, 0), *widths], constant_values=5))


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize(
    ("name", "mode"),
    [("ReflectionPad", "reflect"), ("ReplicationPad", "edge"), ("CircularPad", "wrap"), ("ZeroPad", "constant")],
)
def test_the_layers_equal_numpys_pad_modes(name: str, mode: str, ndim: int) -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, *(4, 5, 3)[:ndim])).astype(np.float32)
    sides = (2, 1, 0, 2, 1, 1)[: 2 * ndim]
    widths = [sides[2 * axis : 2 * axis + 2] for axis in reversed(range(ndim))]
    layer = getattr(nn, f"{name}{ndim}d")(sides)
    assert np.array_equal(layer(x).data, np.pad(x, [(0, 0), (0, 0), *widths], mode))
    assert np.array_equal(layer(x[0]).data, layer(x).data[0])
    assert repr(layer) == f"{name}{ndim}d({sides})"
    with pytest.raises(ShapeError, match=f"{name}{ndim}d: padding must be an int or {2 * ndim} ints"):
        getattr(nn, f"{name}{ndim}d")((1, 2, 3))


def test_an_int_pads_all_sides() -> None:
    assert nn.ZeroPad2d(1)(np.ones((1, 1, 1, 1), np.float32)).tolist() == [[[[0, 0, 0], [0, 1, 0], [0, 0, 0]]]]
    assert nn.ConstantPad2d(-1, 0.0)(np.ones((1, 1, 3, 4), np.float32)).shape == (1, 1, 1, 2)
    assert repr(nn.ConstantPad1d(2, 0.5)) == "ConstantPad1d(padding=(2, 2), value=0.5)"
    assert repr(nn.ZeroPad2d(2)) == "ZeroPad2d((2, 2, 2, 2))"


def test_the_number_of_sides_is_checked() -> None:
    with pytest.raises(ShapeError, match="ConstantPad2d: padding must be an int or 4 ints"):
        nn.ConstantPad2d((1, 2), 0.0)
