"""Functions of one operand: values, gradients, special points; integers are refused."""

import math

import numpy as np
import pytest

import rot180
from rot180 import grad, tensor
from rot180.errors import DtypeError
from rot180.tape import elementary
from tests.tape.graphs import differences, leaf

UNARY = {
    name: (getattr(elementary, name), getattr(np, name)) for name in ("exp", "log", "sqrt", "sin", "cos", "absolute")
}
UNARY["neg"] = (lambda a: -a, np.negative)


@pytest.mark.parametrize("name", UNARY)
def test_unary_ops(name):
    ours, numpys = UNARY[name]
    x = leaf([[0.5, 1.5, 2.5]])
    y = ours(x)
    assert np.array_equal(y.data, numpys(x.data))
    g = np.array([[1.0, -2.0, 3.0]])
    np.testing.assert_allclose(grad(y, x, g)[0].data, differences(numpys, x.data, g), rtol=1e-7)
    if name != "neg":
        assert type(ours(x.data)) is np.ndarray
    assert ours(tensor([0.5])).dtype == np.float32


@pytest.mark.parametrize("name", [*UNARY, "erf", "clamp"])
def test_integers_are_refused(name):
    ours = UNARY[name][0] if name in UNARY else getattr(elementary, name)
    with pytest.raises(DtypeError, match=r"takes float32 or float64, got int64; convert with \.astype\(np\.float32\)"):
        ours(tensor(np.array([1, 2])))


def test_absolute_at_zero_and_clamp_at_its_limits():
    x = leaf([-1.0, 0.0, 1.0])
    assert grad(x.abs(), x, np.ones(3))[0].tolist() == [-1, 0, 1]
    assert grad(x.clamp(-0.5, 1.0), x, np.ones(3))[0].tolist() == [0, 1, 1]
    assert x.clamp(min=0.5).tolist() == [0.5, 0.5, 1] and x.clamp(max=0.5).tolist() == [-1, 0, 0.5]
    assert grad(x.clamp(max=0.5), x, np.ones(3))[0].tolist() == [1, 1, 0]


def test_the_bounds_of_clamp_are_weak():
    x = tensor([-3.0, 0.5, 3.0])
    y = x.clamp(np.float64(-1), np.array(2.0))
    assert y.dtype == np.float32 and y.tolist() == [-1.0, 0.5, 2.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_slope_of_erf_far_out_is_0(dtype):
    x = tensor(np.array([0.0, 1.0, 40.0, -np.finfo(dtype).max, np.inf, -np.inf], dtype), requires_grad=True)
    (slope,) = grad(x.erf().sum(), x, create_graph=True)
    expected = [2 / math.sqrt(math.pi), 2 / math.sqrt(math.pi) / math.e, 0, 0, 0, 0]
    np.testing.assert_allclose(slope.data, expected, rtol=1e-6 if dtype == np.float32 else 1e-15)
    (second,) = grad(slope.sum(), x)  # -2 x times the slope
    np.testing.assert_allclose(second.data, [0, -2 * expected[1], 0, 0, 0, 0], rtol=1e-6)


def test_erf_has_its_public_names():
    x = tensor([0.5])
    assert rot180.erf(x).tolist() == x.erf().tolist() == [pytest.approx(math.erf(0.5), rel=1e-7)]
    assert type(rot180.erf(x.data)) is np.ndarray and rot180.erf([0.5]).dtype == np.float32


def test_a_single_cell_keeps_float64():
    """Arithmetic on 0-d arrays gives NumPy scalars, and np.float64 is a Python float as well."""
    assert elementary.exp(np.float64(0.1)) == np.exp(0.1)
    x = tensor(np.float64(0.1), requires_grad=True)
    (slope,) = grad(x.erf(), x)
    assert slope.item() == pytest.approx(2 / math.sqrt(math.pi) * math.exp(-0.01), rel=1e-15)


def test_clamp_with_a_lower_bound_only():
    x = rot180.tensor([1.0, -2.0], requires_grad=True)
    x.clamp(0.0).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 0])
