"""The course's layer is right for every stride, and the derivations by padding and rotating agree with it."""

from __future__ import annotations

import numpy as np
import pytest

from rot180 import ShapeError
from tests.examples.programs import load

layer = load("conv_layer")
every_setting = pytest.mark.parametrize("conv_param", layer.SETTINGS, ids=str)


def test_the_settings_are_strides_1_to_3_and_pads_0_to_3() -> None:
    assert [tuple(s.values()) for s in layer.SETTINGS] == [(s, p) for s in (1, 2, 3) for p in (0, 1, 2, 3)]


@every_setting
def test_gradients_agree_with_differences(conv_param: dict[str, int]) -> None:
    assert max(layer.errors(conv_param, layer.TEXT_STEP)) < 5e-8  # the text: 7.49e-9, 1.38e-10, 1.13e-10
    assert max(layer.errors(conv_param, 1.0)) < 1e-11  # the layer is linear: a step of 1 leaves rounding alone


@every_setting
def test_spreading_padding_and_rotating_is_the_gradient(conv_param: dict[str, int]) -> None:
    assert layer.distance(layer.backward_for_any_stride, conv_param) < 1e-13


@pytest.mark.parametrize("pad", [0, 1, 2, 3])
def test_the_texts_backward_holds_for_stride_1(pad: int) -> None:
    assert layer.distance(layer.backward_of_the_text, {"stride": 1, "pad": pad}) < 1e-13


def test_the_texts_backward_does_not_hold_for_stride_2() -> None:
    x, w, b, dout = layer.example({"stride": 2, "pad": 1})
    _, cache = layer.conv_forward(x, w, b, {"stride": 2, "pad": 1})
    assert layer.backward_of_the_text(dout, cache).dx.shape != x.shape


def test_cells_that_the_stride_skips_have_gradient_zero() -> None:
    x, w, b, dout = layer.example({"stride": 3, "pad": 0})  # one row of outputs fits twice into 7 rows, once into 6
    _, cache = layer.conv_forward(x, w, b, {"stride": 3, "pad": 0})
    for backward in (layer.conv_backward, layer.backward_for_any_stride):
        dx = backward(dout, cache)[0]
        assert dx[:, :, :6, :6].all()
        assert not dx[:, :, 6:].any()


def test_the_cache_is_the_texts_tuple() -> None:
    x, w, b, _ = layer.example({"stride": 1, "pad": 1})
    out, (cx, cw, cb, param) = layer.conv_forward(x, w, b, {"stride": 1, "pad": 1})
    assert out.shape == (2, 2, 7, 6)
    assert (cx is x, cw is w, cb is b, param) == (True, True, True, {"stride": 1, "pad": 1})


def test_a_cotangent_of_the_wrong_size_is_refused() -> None:
    x, w, b, dout = layer.example({"stride": 2, "pad": 1})
    _, cache = layer.conv_forward(x, w, b, {"stride": 1, "pad": 1})
    with pytest.raises(ShapeError, match="dy has shape"):
        layer.conv_backward(dout, cache)


def test_the_program_prints_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    layer.main()
    lines = capsys.readouterr().out.splitlines()
    assert "  dx [ 10.   1. -20.  -2.], padded dy correlated with inverted w [ 10.   1. -20.  -2.]" in lines
    assert len(lines) - lines.index(next(line for line in lines if line.startswith("stride pad"))) == 13


def test_differences_put_the_array_back() -> None:
    a = np.array([0.1, 0.2, 0.3])
    np.testing.assert_allclose(layer.numerical_gradient(lambda: a**2, a, np.ones(3)), [0.2, 0.4, 0.6], rtol=1e-9)
    np.testing.assert_array_equal(a, [0.1, 0.2, 0.3])
