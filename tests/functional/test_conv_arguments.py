"""Convolutions: the error messages for their arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import Tensor
from rot180.errors import DtypeError, ShapeError


def ones(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    return np.ones(shape, dtype)


X, W = ones(2, 3, 5, 5), ones(4, 3, 3, 3)
V = ones(3, 2, 3, 3)  # the weight of a transposed layer


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X, ones(8, 4, 3, 3)), r"input has 3 channels but weight of shape \(8, 4, 3, 3\) with groups=1 needs 4"),
        (
            (X, ones(4, 3, 6, 3)),
            r"the kernel is 6 on spatial axis 0, but the input has only 5 there \(size 5, padding 0 \+ 0\)",
        ),
        (
            (X[0, 0], W),
            r"input has shape \(5, 5\); 4 dimensions \(batch, channels, space\) or 3 \(no batch\) are needed",
        ),
        ((X, W[0]), r"weight has shape \(3, 3, 3\); 4 dimensions are needed: \(out, in, kernel\)"),
        ((X, W, ones(3)), r"bias has shape \(3,\); \(4,\) is needed, one per output channel"),
        ((ones(2, 3, 0, 5), W), "must have no empty axis but the batch"),
        ((X, ones(0, 3, 3, 3)), "must have no empty axis but the batch"),
    ],
)
def test_shapes(arguments: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^conv2d: .*{message}"):
        F.conv2d(*arguments)
    with pytest.raises(ShapeError, match=f"^conv2d: .*{message}"):
        F.conv2d(*[Tensor(a) for a in arguments])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stride": 0}, r"stride must be at least 1 on every axis; got \(0, 0\)"),
        ({"stride": (1, 1, 1)}, r"stride must be an int or 2 ints, one per spatial axis; got \(1, 1, 1\)"),
        ({"stride": 1.5}, "stride must be an int or 2 ints, one per spatial axis; got 1.5"),
        ({"stride": True}, "stride must be an int or 2 ints, one per spatial axis; got True"),
        ({"stride": None}, "stride must be an int or 2 ints"),
        ({"stride": [2, "a"]}, "stride must be an int or 2 ints"),
        ({"padding": -1}, "padding must not be negative; got -1"),
        ({"padding": "full"}, "padding must be 'same', 'valid', an int or a sequence of ints; got 'full'"),
        ({"padding": ((1, 1),)}, r"padding has 1 \(before, after\) pairs; 2 are needed, one per axis"),
        ({"padding": None}, "padding must be an int or 2 ints"),
        ({"dilation": 0}, "dilation must be at least 1 on every axis"),
        ({"dilation": 3}, "the kernel spans 7 cells on spatial axis 0, but the input has only 5 there"),
        ({"groups": 2}, r"input has 3 channels but weight of shape \(4, 3, 3, 3\) with groups=2 needs 6"),
        ({"groups": 0}, "groups must be an int of at least 1; got 0"),
        ({"groups": 1.0}, "groups must be an int of at least 1; got 1.0"),
    ],
)
def test_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ShapeError, match=f"^conv2d: {message}"):
        F.conv2d(X, W, **settings)
    with pytest.raises(ShapeError, match=f"^conv2d_backward: {message}"):
        F.conv2d_backward(X, X, W, **settings)


@pytest.mark.parametrize("odd", [(1.0, 1.0), (1, True), ((1, 1), (1, 1.0)), 1.0, True, [1.0, 1]])
@pytest.mark.parametrize("name", ["stride", "padding", "dilation", "output_padding"])
def test_a_value_that_equals_one_is_not_an_int(name: str, odd: Any) -> None:
    """Even if the settings that it equals are in the cache."""
    function, w = (F.conv_transpose2d, V) if name == "output_padding" else (F.conv2d, W)
    room = {"stride": 2} if name == "output_padding" else {}
    for ones in (1, (1, 1), *([((1, 1), (1, 1))] if name == "padding" else [])):
        function(X, w, **{name: ones}, **room)
    with pytest.raises(ShapeError, match=f"^{function.__name__}: {name} must be an int or 2 ints"):
        function(X, w, **{name: odd}, **room)


def test_groups_must_divide_the_output_channels() -> None:
    message = r"^conv2d: weight of shape \(4, 1, 3, 3\) has 4 output channels; groups=3 must divide them"
    with pytest.raises(ShapeError, match=message):
        F.conv2d(X, ones(4, 1, 3, 3), groups=3)


@pytest.mark.parametrize("function", [F.conv2d, F.conv_transpose2d])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (X.astype(int), W),
            r"input has dtype int64; float32 or float64 is needed: convert with \.astype\(np\.float32\)",
        ),
        ((X, W.astype(np.float64)), r"got float32 and float64; all must have the same dtype: convert with \.astype"),
        ((X, W.astype(np.float16)), "weight has dtype float16; float32 or float64 is needed"),
        ((X, W, ones(4, dtype=np.float64)), "got float32 and float32 and float64; all must have the same dtype"),
        (([1.0], W), "input must be a Tensor or an array, got list; use np.asarray"),
        ((X, None), "weight must be a Tensor or an array, got NoneType"),
        ((X, W, [1.0]), "bias must be a Tensor or an array, got list"),
    ],
)
def test_dtypes(function: Any, arguments: Any, message: str) -> None:
    with pytest.raises(DtypeError, match=f"^{function.__name__}: {message}"):
        function(*arguments)


@pytest.mark.parametrize(
    ("weight", "settings", "message"),
    [
        (
            W,
            {},
            r"input has 3 channels but weight of shape \(4, 3, 3, 3\) needs 4 \(a transposed layer's",
        ),
        (
            V,
            {"output_padding": 1},
            r"output_padding is 1 on spatial axis 0; .* smaller than stride \(1\) or dilation \(1\)",
        ),
        (V, {"stride": 2, "output_padding": -1}, "output_padding is -1 on spatial axis 0; it must be at least 0"),
        (V, {"stride": 2, "output_padding": (0, 2)}, "output_padding is 2 on spatial axis 1"),
        (ones(3, 2, 1, 1), {"padding": 3}, r"the output would have size -1 on spatial axis 0 \(input 5, kernel 1"),
        (V, {"padding": "same", "stride": 2, "output_padding": 1}, "padding='same' fixes the output size"),
        (V, {"groups": 2}, "input has 3 channels; groups=2 must divide them"),
        (V, {"bias": ones(3)}, r"bias has shape \(3,\); \(2,\) is needed, one per output channel"),
    ],
)
def test_transposed(weight: np.ndarray, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ShapeError, match=f"^conv_transpose2d: {message}"):
        F.conv_transpose2d(X, weight, **settings)


def test_output_padding_may_reach_the_dilation() -> None:
    assert F.conv_transpose2d(X, V, dilation=2, output_padding=1).shape == (2, 2, 10, 10)


@pytest.mark.parametrize(
    ("function", "w", "need"),
    [(F.conv2d_backward, W, r"\(2, 4, 3, 3\)"), (F.conv_transpose2d_backward, V, r"\(2, 2, 7, 7\)")],
)
def test_the_cotangent(function: Any, w: np.ndarray, need: str) -> None:
    name = function.__name__
    with pytest.raises(
        ShapeError, match=f"^{name}: dy has shape .*; {need} is needed, the shape of the layer's output"
    ):
        function(ones(2, 4, 3, 4), X, w)
    with pytest.raises(ShapeError, match=f"^{name}: dy has shape None; {need} is needed"):
        function(None, X, w)
    with pytest.raises(DtypeError, match=f"^{name}: got .* all must have the same dtype"):
        function(ones(2, 4, 3, 3, dtype=np.float64), X, w)
    with pytest.raises(DtypeError, match=f"^{name}: w has dtype int64; float32 or float64 is needed"):
        function(X, X, w.astype(int))


@pytest.mark.parametrize("ndim", [1, 3])
def test_other_dimensions_name_themselves(ndim: int) -> None:
    x, w = ones(2, 3, *(4,) * ndim), ones(4, 2, *(2,) * ndim)
    for name, message in [(f"conv{ndim}d", "needs 2"), (f"conv_transpose{ndim}d", "needs 4")]:
        with pytest.raises(ShapeError, match=f"^{name}: input has 3 channels .*{message}"):
            getattr(F, name)(x, w)


def test_groups_may_be_an_integer_of_numpy() -> None:
    x, w = ones(1, 4, 5), ones(4, 2, 3)
    np.testing.assert_array_equal(F.conv1d(x, w, groups=np.int64(2)), F.conv1d(x, w, groups=2))
    np.testing.assert_array_equal(F.conv_transpose1d(x, w, groups=np.int64(2)), F.conv_transpose1d(x, w, groups=2))
