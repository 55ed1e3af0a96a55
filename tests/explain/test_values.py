"""The values that fill the arrays of a trace: small, reproducible, and an impulse that shows the kernel."""

import numpy as np
import pytest

from rot180.explain import trace
from rot180.explain.values import KINDS, draw

SHAPES = {"x": (2, 3, 5, 4), "w": (3, 3, 2, 2), "b": (3,), "dy": (2, 3, 4, 3)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", list(SHAPES))
def test_the_same_seed_gives_the_same_numbers(kind, name):
    one, again, other = (draw(kind, seed, name, SHAPES[name]) for seed in (3, 3, 4))
    assert np.array_equal(one, again) and one.dtype == np.float64 and one.shape == SHAPES[name]
    assert kind == "impulse" or not np.array_equal(one, other) or name == "b"
    assert not np.signbit(one[one == 0]).any()


def test_integers_are_small_and_no_weight_is_zero():
    for name, shape in SHAPES.items():
        values = draw("integers", 0, name, (50, *shape[1:]))
        assert np.array_equal(values, values.round()) and abs(values).max() <= 4
        assert name == "x" or values.all()


def test_random_numbers_have_two_decimals():
    values = draw("random", 1, "w", (4, 4, 3, 3))
    assert np.array_equal(values, values.round(2)) and len(np.unique(values)) > 50


def test_an_impulse_shows_the_kernel_and_its_orientation():
    t = trace("conv2d", input=5, padding=1, values="impulse")
    w = t.arrays["w"][0, 0]
    assert w.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert np.array_equal(t.arrays["y"][0, 0, 1:4, 1:4], w[::-1, ::-1])  # a correlation shows the kernel rotated
    assert np.array_equal(t.arrays["dx"][0, 0, 1:4, 1:4], w)  # its adjoint shows the kernel unrotated
    t = trace("conv_transpose2d", input=3, values="impulse", bias=True)
    assert np.array_equal(t.arrays["y"][0, 0, 1:4, 1:4], w) and not t.arrays["b"].any()
    assert np.array_equal(t.arrays["dx"][0, 0], w[::-1, ::-1])


def test_adding_a_bias_does_not_change_the_other_arrays():
    plain, biased = trace("conv2d", seed=5), trace("conv2d", seed=5, bias=True)
    assert all(np.array_equal(plain.arrays[name], biased.arrays[name]) for name in ("x", "w", "dy"))
