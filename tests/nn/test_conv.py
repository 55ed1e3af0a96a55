"""The convolution layers: weights, errors of the constructor, output_size, padding modes, 'same' with a stride."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import nn
from rot180.errors import DtypeError, ShapeError

PLAIN = [nn.Conv1d, nn.Conv2d, nn.Conv3d]
TRANSPOSED = [nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d]


def data(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_weights_have_pytorchs_layout(ndim: int) -> None:
    plain = PLAIN[ndim - 1](4, 6, 3, groups=2)
    assert {name: t.shape for name, t in plain.state_dict().items()} == {"weight": (6, 2, *(3,) * ndim), "bias": (6,)}
    transposed = TRANSPOSED[ndim - 1](4, 6, 3, groups=2, bias=False)
    assert {name: t.shape for name, t in transposed.state_dict().items()} == {"weight": (4, 3, *(3,) * ndim)}
    assert transposed.bias is None


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_forward_calls_the_function_with_the_settings(ndim: int) -> None:
    settings = {"stride": 2, "padding": 1, "dilation": 2, "groups": 2}
    x = data(2, 4, *(7, 6, 8)[:ndim])
    plain = PLAIN[ndim - 1](4, 6, 3, **settings)
    expected = getattr(F, f"conv{ndim}d")(x, plain.weight, plain.bias, **settings)
    assert np.array_equal(plain(x).data, expected.data)
    assert np.array_equal(plain(x[0]).data.shape, expected.data.shape[1:])
    transposed = TRANSPOSED[ndim - 1](4, 6, 3, output_padding=1, **settings)
    expected = getattr(F, f"conv_transpose{ndim}d")(x, transposed.weight, transposed.bias, output_padding=1, **settings)
    assert np.array_equal(transposed(x).data, expected.data)


def test_ints_become_tuples() -> None:
    layer = nn.ConvTranspose2d(1, 1, 3, stride=[2, 1], padding=1, output_padding=[1, 0])
    assert (layer.kernel_size, layer.stride, layer.padding) == ((3, 3), (2, 1), (1, 1))
    assert (layer.output_padding, layer.dilation) == ((1, 0), (1, 1))


@pytest.mark.parametrize("make", [nn.Conv2d, nn.ConvTranspose2d])
@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"groups": 2}, ShapeError, "in_channels is 3; groups=2 must divide it"),
        ({"in_channels": 2, "groups": 2}, ShapeError, "out_channels is 5; groups=2 must divide it"),
        ({"in_channels": 0}, ShapeError, "in_channels must be an int of at least 1; got 0"),
        ({"out_channels": 2.5}, ShapeError, "out_channels must be an int of at least 1; got 2.5"),
        ({"groups": True}, ShapeError, "groups must be an int of at least 1; got True"),
        ({"stride": 0}, ShapeError, "stride must be at least 1 on every axis; got (0, 0)"),
        ({"dilation": (1, 0)}, ShapeError, "dilation must be at least 1 on every axis; got (1, 0)"),
        ({"kernel_size": 0}, ShapeError, "kernel size must be at least 1 on every axis; got (0, 0)"),
        ({"kernel_size": (3, 3, 3)}, ShapeError, "kernel_size must be an int or 2 ints, one per spatial axis"),
        ({"padding": -1}, ShapeError, "padding must not be negative"),
        ({"padding": "full"}, ShapeError, "padding must be 'same', 'valid', an int or a sequence of ints; got 'full'"),
        ({"padding": (1, 2, 3)}, ShapeError, "padding must be an int or 2 ints"),
        ({"padding": ((1, 2),)}, ShapeError, "padding has 1 (before, after) pairs; 2 are needed"),
        (
            {"padding_mode": "mirror"},
            ValueError,
            "padding_mode must be one of 'zeros', 'reflect', 'replicate', 'circular'; got 'mirror'",
        ),
        ({"stride": (1.0, 1)}, ShapeError, "stride must be an int or 2 ints, one per spatial axis; got (1.0, 1)"),
        ({"dtype": np.int32}, DtypeError, "dtype is <class 'numpy.int32'>; np.float32 or np.float64 is needed"),
        ({"dtype": None}, DtypeError, "dtype is None; np.float32 or np.float64 is needed"),
    ],
)
def test_the_constructor_rejects_bad_settings(
    make: Any, settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(f"{make.__name__}: {message}")):
        make(**{"in_channels": 3, "out_channels": 5, "kernel_size": 3, **settings})


@pytest.mark.parametrize("settings", [{"output_padding": 2, "stride": 2}, {"output_padding": -1}])
def test_output_padding_must_be_smaller_than_a_step(settings: dict[str, int]) -> None:
    with pytest.raises(ShapeError, match=r"ConvTranspose2d: output_padding is .* must be at least 0 and smaller than"):
        nn.ConvTranspose2d(1, 1, 3, **settings)
    nn.ConvTranspose2d(1, 1, 3, output_padding=2, dilation=3, padding=9)  # a large padding only needs a large input


def test_the_output_size_of_padding_same() -> None:
    x = data(1, 2, 7, 9)
    assert nn.Conv2d(2, 3, 4, padding="same")(x).shape == (1, 3, 7, 9)
    assert nn.Conv2d(2, 3, 4, stride=2, padding="same")(x).shape == (1, 3, 4, 5)
    assert nn.ConvTranspose2d(2, 3, 4, stride=2, padding="same")(x).shape == (1, 3, 14, 18)
    assert nn.Conv2d(2, 3, 3, padding=((1, 0), (2, 2)))(x).shape == (1, 3, 6, 11)
    assert nn.Conv2d(2, 3, 3, padding="valid")(x).shape == (1, 3, 5, 7)


def test_a_wrong_input_raises_the_error_of_the_function() -> None:
    with pytest.raises(ShapeError, match="conv2d: input has 3 channels but weight of shape"):
        nn.Conv2d(4, 8, 3)(data(1, 3, 5, 5))
    with pytest.raises(DtypeError, match="got float64 and float32"):
        nn.Conv2d(3, 8, 3)(data(1, 3, 5, 5, dtype=np.float64))
    assert nn.Conv2d(3, 8, 3, dtype=np.float64)(data(1, 3, 5, 5, dtype=np.float64)).dtype == np.float64


# ---- padding_mode ----

MODES = ["zeros", "reflect", "replicate", "circular"]
SETTINGS: list[dict[str, Any]] = [
    {"padding": 1},
    {"padding": 2, "stride": 2, "dilation": 2},
    {"padding": 1, "stride": 3, "groups": 2},
    {"padding": "same", "stride": 2},
    {"padding": "same", "dilation": 2},
    {"padding": "valid", "stride": 2},
]


def whole(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(np.float64)


@pytest.mark.parametrize("settings", [*SETTINGS, {"padding": "asymmetric", "stride": 2}], ids=str)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_the_transposed_layer_is_the_adjoint_of_the_plain_one(ndim: int, mode: str, settings: dict[str, Any]) -> None:
    """<conv(x), y> = <x, conv_transpose(y)>, exactly, with one weight array and nothing flipped."""
    if settings["padding"] == "asymmetric":
        settings = {**settings, "padding": ((2, 1), (0, 1), (1, 0))[:ndim]}
    if settings == {"padding": "same", "stride": 2}:
        sizes = [(6, 8, 4)]  # the transposed layer produces multiples of the stride
    else:
        sizes = [(6, 7, 5), (7, 8, 6), (8, 6, 7)]
    w, bias = whole(4, 4 // settings.get("groups", 1), *(3, 2, 3)[:ndim]), whole(4, seed=1)
    for space in sizes:
        x = whole(2, 4, *space[:ndim], seed=2)
        common = {"kernel_size": w.shape[2:], "padding_mode": mode, "dtype": np.float64, **settings}
        plain = PLAIN[ndim - 1](4, 4, bias=False, **common)
        transposed = TRANSPOSED[ndim - 1](4, 4, **common)
        plain.weight.data, transposed.weight.data, transposed.bias.data = w, w, bias
        there = plain(x).data
        y = whole(*there.shape, seed=3)
        back = transposed(y, output_size=x.shape).data - bias.reshape(-1, *(1,) * ndim)
        assert back.shape == x.shape
        assert np.sum(there * y) == np.sum(x * back)
        assert np.array_equal(transposed(y[0], output_size=x.shape[2:]).data, transposed(y, x.shape).data[0])


@pytest.mark.parametrize("mode", MODES[1:])
def test_padding_modes_equal_a_pad_followed_by_a_layer_without_padding(mode: str) -> None:
    x = data(2, 3, 6, 7)
    layer = nn.Conv2d(3, 4, (3, 2), padding=((2, 0), (1, 3)), padding_mode=mode)
    expected = F.conv2d(F.pad(x, (1, 3, 2, 0), mode), layer.weight, layer.bias)
    assert np.array_equal(layer(x).data, expected.data)
    assert np.array_equal(layer(x[0]).data.shape, expected.data[0].shape)


def test_a_transposed_layer_adds_the_border_back_to_its_source_cells() -> None:
    y = np.array([[[1.0, 2.0, 3.0, 4.0]]])
    for mode, expected in [("zeros", [2, 3]), ("reflect", [6, 4]), ("replicate", [3, 7]), ("circular", [6, 4])]:
        layer = nn.ConvTranspose1d(1, 1, 1, padding=1, bias=False, padding_mode=mode, dtype=np.float64)
        layer.weight.data = np.ones((1, 1, 1))
        assert layer(y).data.tolist() == [[expected]], mode


def test_a_border_wider_than_the_input_raises_an_error() -> None:
    message = r"^{}: a border of 3 on axis 2 of shape \(1, 1, 3, 5\) is too wide for mode 'reflect'; .* smaller than 3"
    with pytest.raises(ShapeError, match=message.format("Conv2d")):
        nn.Conv2d(1, 1, 3, padding=3, padding_mode="reflect")(data(1, 1, 3, 5))
    with pytest.raises(ShapeError, match=message.format("ConvTranspose2d")):
        nn.ConvTranspose2d(1, 1, 3, padding=3, padding_mode="reflect")(data(1, 1, 7, 9))


@pytest.mark.parametrize(("make", "name"), [(nn.Conv2d, "conv2d"), (nn.ConvTranspose2d, "conv_transpose2d")])
def test_padding_modes_leave_input_errors_to_the_function(make: Any, name: str) -> None:
    layer = make(3, 3, 3, padding=1, padding_mode="circular")
    for shape, message in [
        ((4, 5, 5), "input has 4 channels"),
        ((5, 5), "input has shape"),
        ((1, 3, 0, 5), "no empty"),
    ]:
        with pytest.raises(ShapeError, match=f"^{name}: .*{message}"):
            layer(data(*shape))
    with pytest.raises(DtypeError, match=f"^{name}: input must be a Tensor or an array, got list"):
        layer([1.0])
    with pytest.raises(DtypeError, match=f"^{name}: got float64 and float32"):
        layer(data(1, 3, 5, 5, dtype=np.float64))


# ---- output_size ----


def test_output_size_determines_the_output_padding() -> None:
    layer = nn.ConvTranspose2d(2, 3, 3, stride=3, padding=1)
    x = data(2, 2, 4, 5)
    for extra in [(0, 0), (2, 1)]:
        size = (10 + extra[0], 13 + extra[1])
        expected = F.conv_transpose2d(x, layer.weight, layer.bias, stride=3, padding=1, output_padding=extra)
        for given in (size, list(size), (2, 3, *size)):
            assert np.array_equal(layer(x, output_size=given).data, expected.data)
        assert layer(x[0], size).shape == (3, *size)
    assert layer(x).shape == (2, 3, 10, 13)


def test_output_size_can_restore_the_input_size_of_a_plain_layer() -> None:
    x = data(1, 2, 12)
    y = nn.Conv1d(2, 3, 3, stride=2, padding=1)(x)
    assert nn.ConvTranspose1d(3, 2, 3, stride=2, padding=1)(y, output_size=x.shape).shape == x.shape


def test_output_size_out_of_range_names_the_range() -> None:
    layer = nn.ConvTranspose2d(2, 3, 3, stride=2)
    message = (
        "ConvTranspose2d: output_size is (9, 13), but valid sizes range from (9, 11) to (10, 12) "
        "(for an input of (4, 5))"
    )
    with pytest.raises(ShapeError, match=re.escape(message)):
        layer(data(1, 2, 4, 5), output_size=(9, 13))
    with pytest.raises(ShapeError, match=re.escape("output_size (9,) must have 2 sizes, or 4 as the input has")):
        layer(data(1, 2, 4, 5), output_size=(9,))
    with pytest.raises(ShapeError, match=re.escape("valid sizes range from (8, 10) to (8, 10)")):
        nn.ConvTranspose2d(2, 3, 3, stride=2, padding="same")(data(1, 2, 4, 5), output_size=(9, 10))


# ---- initial values ----


@pytest.mark.parametrize(
    ("make", "fan_in"),
    [(lambda: nn.Conv2d(8, 16, 5, groups=2), 4 * 25), (lambda: nn.ConvTranspose2d(8, 16, 5), 16 * 25)],
)
def test_initial_values_are_uniform_within_one_over_sqrt_of_fan_in(make: Any, fan_in: int) -> None:
    from rot180 import manual_seed

    manual_seed(1)
    layer, bound = make(), fan_in**-0.5
    for values in (layer.weight.data, layer.bias.data):
        assert np.abs(values).max() <= bound
    w = layer.weight.data
    assert np.abs(w).max() > 0.99 * bound
    assert w.std() == pytest.approx(bound / 3**0.5, rel=0.05)
    assert abs(w.mean()) < 0.1 * bound
    manual_seed(1)
    assert np.array_equal(make().weight.data, w)
    layer.reset_parameters()
    assert not np.array_equal(layer.weight.data, make().weight.data)


def test_repr_equals_pytorchs() -> None:
    assert repr(nn.Conv2d(1, 2, 3, padding="same", bias=False)) == (
        "Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1), padding=same, bias=False)"
    )
    assert repr(nn.Conv1d(1, 2, 3, padding=1, bias=False, padding_mode="circular")) == (
        "Conv1d(1, 2, kernel_size=(3,), stride=(1,), padding=(1,), bias=False, padding_mode=circular)"
    )
    assert repr(nn.ConvTranspose1d(4, 2, 3, 2, 1, 1, 2, dilation=2)) == (
        "ConvTranspose1d(4, 2, kernel_size=(3,), stride=(2,), padding=(1,), dilation=(2,), output_padding=(1,), "
        "groups=2)"
    )
