"""Functions of one operand: values, gradients, corners; integers are refused."""

import numpy as np
import pytest

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


@pytest.mark.parametrize("name", [*UNARY, "clamp"])
def test_integers_are_refused(name):
    ours = UNARY[name][0] if name in UNARY else lambda a: a.clamp(0, 1)
    with pytest.raises(DtypeError, match=r"takes float32 or float64, got int64; convert with \.astype\(np\.float32\)"):
        ours(tensor(np.array([1, 2])))


def test_absolute_and_clamp_at_their_corners():
    x = leaf([-1.0, 0.0, 1.0])
    assert grad(x.abs(), x, np.ones(3))[0].tolist() == [-1, 0, 1]
    assert grad(x.clamp(-0.5, 1.0), x, np.ones(3))[0].tolist() == [0, 1, 1]
    assert x.clamp(min=0.5).tolist() == [0.5, 0.5, 1] and x.clamp(max=0.5).tolist() == [-1, 0, 0.5]
    assert grad(x.clamp(max=0.5), x, np.ones(3))[0].tolist() == [1, 1, 0]


def test_the_bounds_of_clamp_are_weak():
    x = tensor([-3.0, 0.5, 3.0])
    y = x.clamp(np.float64(-1), np.array(2.0))
    assert y.dtype == np.float32 and y.tolist() == [-1.0, 0.5, 2.0]
