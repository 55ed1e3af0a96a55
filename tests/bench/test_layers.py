"""A layer under measurement computes the layer."""

from __future__ import annotations

import numpy as np
import pytest

import rot180
from rot180.bench import layers
from rot180.bench.shapes import Layer
from rot180.kernels import extension

PLAIN = Layer("", False, 2, 4, 6, 3, 3, stride=2, padding=1)
TRANSPOSED = Layer("", True, 2, 4, 5, 3, 4, stride=2, padding=1)
DEPTHWISE = Layer("", False, 2, 4, 6, 4, 3, padding=1, groups=4)


@pytest.mark.parametrize("layer", [PLAIN, TRANSPOSED, DEPTHWISE])
def test_results_and_gradients_match_float64(layer: Layer) -> None:
    forward, backward = layers.forward_backward(layer)
    y = forward()
    results = [y.data, *backward(y)]
    exact = layers.exact_results(layer)
    assert [a.dtype for a in results] == [np.float32] * 4 and [a.dtype for a in exact] == [np.float64] * 4
    assert 0 < layers.largest_error(results, exact) < 1e-5


def test_the_error_is_relative_to_the_standard_deviation() -> None:
    exact = [np.array([1.0, 3.0]), np.array([0.0, 20.0])]
    assert layers.largest_error([exact[0] + 0.5, exact[1] + 1], exact) == 0.5


def test_algorithms_of_the_numpy_engine() -> None:
    with rot180.engine("numpy"):
        assert layers.algorithms(PLAIN) == ("index_table",) * 3
        assert layers.algorithms(DEPTHWISE._replace(size=64)) == ("depthwise",) * 3


@pytest.mark.skipif(extension.unavailable() is not None, reason="the native engine is not here")
def test_algorithms_of_the_native_engine_are_in_the_order_of_the_layer() -> None:
    with rot180.engine("native"):
        assert layers.algorithms(DEPTHWISE) == ("depthwise",) * 3
        wide = Layer("", True, 1, 64, 32, 64, 3, padding=1)  # the input of a transposed layer is y
        names = layers.algorithms(wide)
        geometry = wide.window, 1, 64, 64, np.float32
        assert names == tuple(extension.chosen_algorithm(kernel, *geometry) for kernel in "xyw")
