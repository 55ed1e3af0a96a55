"""Elementwise arithmetic and matmul: dtypes, broadcasting and its adjoint, gradients at ties and at zero."""

import numpy as np
import pytest

import rot180
from rot180 import Tensor, grad, tensor
from rot180.errors import DtypeError, ShapeError
from rot180.tape import arithmetic
from tests.tape.graphs import differences, leaf

BINARY = {
    "add": (lambda a, b: a + b, np.add),
    "sub": (lambda a, b: a - b, np.subtract),
    "mul": (lambda a, b: a * b, np.multiply),
    "div": (lambda a, b: a / b, np.divide),
    "pow": (lambda a, b: a**b, np.power),
    "maximum": (rot180.maximum, np.maximum),
    "minimum": (rot180.minimum, np.minimum),
}


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize(
    ("a_shape", "b_shape"), [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 3)), ((2, 3), ())]
)
def test_binary_ops_broadcast_and_so_do_their_gradients(name, a_shape, b_shape):
    ours, numpys = BINARY[name]
    rng = np.random.default_rng(4)
    a, b = leaf(rng.uniform(0.5, 2, a_shape)), leaf(rng.uniform(0.5, 2, b_shape))
    y = ours(a, b)
    assert np.array_equal(y.data, numpys(a.data, b.data))
    g = rng.standard_normal(y.shape)
    da, db = grad(y, (a, b), g)
    assert da.shape == a_shape and db.shape == b_shape
    np.testing.assert_allclose(da.data, differences(lambda v: numpys(v, b.data), a.data, g), rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(db.data, differences(lambda v: numpys(a.data, v), b.data, g), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("number", [2, 2.0, np.float64(2), np.float32(2), np.array(2.0), np.array(2), np.int64(2)])
def test_numbers_are_weak(name, dtype, number):
    ours, numpys = BINARY[name]
    x = leaf([1.0, 3.0], dtype=dtype)
    assert ours(x, number).dtype == ours(number, x).dtype == dtype
    assert ours(x, number).tolist() == numpys(x.data, dtype(2)).tolist()
    assert ours(number, x).tolist() == numpys(dtype(2), x.data).tolist()
    assert ours(x[0], number).dtype == dtype


@pytest.mark.parametrize("name", BINARY)
def test_dtypes_are_not_mixed(name):
    ours, _ = BINARY[name]
    x = tensor([1.0, 2.0])
    for other in (np.ones(2), tensor(np.ones(2)), tensor(1.0, dtype=np.float64)):  # a 0-d Tensor is not weak
        for pair in ((x, other), (other, x)):
            with pytest.raises(
                DtypeError, match=rf"{name}: got float32 and float64 operands; convert one with \.astype"
            ):
                ours(*pair)
    for other in (np.array([1, 2]), tensor(np.array([1, 2])), np.array([True, False])):
        with pytest.raises(
            DtypeError, match=rf"{name}: takes float32 or float64, got (int64|bool); convert with \.astype"
        ):
            ours(x, other)
    with pytest.raises(DtypeError, match=f"{name}: takes Tensors, arrays and numbers; got str"):
        ours(x, "2")


@pytest.mark.parametrize("name", BINARY)
def test_shapes_that_do_not_broadcast_are_named(name):
    with pytest.raises(ShapeError, match=rf"{name}: shapes \(2, 3\) and \(2, 4\) do not broadcast; aligned"):
        BINARY[name][0](tensor(np.ones((2, 3))), np.ones((2, 4)))


def test_lists_are_float32():
    assert (tensor([1.0, 2.0]) * [2, 3]).tolist() == [2, 6]
    assert rot180.exp([0.0, 0.0]).dtype == np.float32


def test_ties_share_the_gradient():
    a, b = leaf([1.0, 2.0, 3.0]), leaf([3.0, 2.0, 1.0])
    for op, expected in ((rot180.maximum, [0, 0.5, 1]), (rot180.minimum, [1, 0.5, 0])):
        da, db = grad(op(a, b), (a, b), np.ones(3))
        assert da.tolist() == expected and db.tolist() == expected[::-1]


def test_gradients_of_a_power_at_zero():
    zero = leaf([0.0])
    for exponent, expected in ((0, 0), (1, 1), (2, 0), (3.0, 0)):
        assert grad((zero**exponent).sum(), zero)[0].tolist() == [expected]
    base, exponent = leaf([0.0, 0.0, 2.0]), leaf([0.0, 2.0, 0.0])
    to_base, to_exponent = grad(base**exponent, (base, exponent), np.ones(3))
    assert to_base.tolist() == [0, 0, 0]
    assert to_exponent.tolist() == [0, 0, np.log(2)]


def test_the_mixed_second_derivative_of_a_power():
    a, b = leaf([2.0, 3.0]), leaf([0.0, 2.0])
    (to_a,) = grad(a**b, a, np.ones(2), create_graph=True)
    (mixed,) = grad(to_a, b, np.ones(2))  # d (b a^(b-1)) / db = a^(b-1) (1 + b log a)
    np.testing.assert_allclose(mixed.data, a.data ** (b.data - 1) * (1 + b.data * np.log(a.data)), rtol=1e-14)


def test_where_chooses_and_routes_the_gradient():
    a, b = leaf([1.0, 2.0]), leaf(5.0)
    y = rot180.where(np.array([True, False]), a, b)
    assert y.tolist() == [1, 5]
    da, db = grad(y, (a, b), np.array([10.0, 20.0]))
    assert da.tolist() == [10, 0] and db.item() == 20
    assert rot180.where(a > 1.5, a, 0.0).tolist() == [0, 2]
    with pytest.raises(DtypeError, match="where: condition must be boolean, got float64; use a comparison"):
        rot180.where(a, a, b)


def test_where_keeps_nan_of_the_other_branch_out():
    x = leaf([0.0, 4.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        y = rot180.where(x.data > 0, 1 / x, 0.0)
        assert y.tolist() == [0, 0.25]


@pytest.mark.parametrize(
    ("a_shape", "b_shape"),
    [((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
     ((5, 1, 2, 3), (4, 3, 2)), ((3,), (5, 3, 2)), ((5, 2, 3), (3,))],
)  # fmt: skip
def test_matmul_is_numpys_for_every_number_of_axes(a_shape, b_shape):
    rng = np.random.default_rng(0)
    a, b = (leaf(rng.integers(-4, 5, shape).astype(float)) for shape in (a_shape, b_shape))
    y = a @ b
    assert np.array_equal(y.data, np.matmul(a.data, b.data)) and type(y.data) is np.ndarray
    g = rng.integers(-4, 5, y.shape).astype(float)
    for x, found, f in zip((a, b), grad(y, (a, b), g), (lambda v: v @ b.data, lambda v: a.data @ v), strict=True):
        expected = np.zeros_like(x.data)
        for i in np.ndindex(x.shape):
            unit = np.zeros_like(x.data)
            unit[i] = 1
            expected[i] = np.sum(f(unit) * g)
        assert np.array_equal(found.data, expected)


def test_matmul_errors():
    x = tensor(np.ones((2, 3)))
    with pytest.raises(
        ShapeError, match=r"matmul: shapes \(2, 3\) and \(2, 3\) do not match: the last axis of the first"
    ):
        x @ x
    with pytest.raises(ShapeError, match="matmul: needs operands of at least 1 dimension, got a number"):
        x @ 2
    with pytest.raises(DtypeError, match="matmul: got float32 and float64"):
        x @ np.ones((3, 2), np.float32)


def test_sum_to_and_broadcast_to_are_adjoint():
    rng = np.random.default_rng(1)
    for shape, was in [
        ((3,), (2, 3)),
        ((2, 1), (2, 4)),
        ((), (2, 3)),
        ((1, 3), (5, 2, 3)),
        ((2, 3), (2, 3)),
        ((1,), (1,)),
    ]:
        small, large = rng.integers(-4, 5, shape).astype(float), rng.integers(-4, 5, was).astype(float)
        spread, summed = arithmetic.broadcast_to_shape(small, was, shape), arithmetic.sum_to(large, shape, was)
        assert spread.shape == was and summed.shape == shape
        assert np.sum(spread * large) == np.sum(small * summed)


def test_inputs_are_never_changed():
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    for ours, _ in BINARY.values():
        x, y = Tensor(a, requires_grad=True), Tensor(b, requires_grad=True)
        ours(x, y).backward(np.ones(2))
    assert a.tolist() == [1, 2] and b.tolist() == [3, 4]


@pytest.mark.parametrize("size", [1e-25, 1e25])
def test_the_gradient_of_a_divisor_does_not_square_it(size):
    a, b = leaf(np.array([size], np.float32)), leaf(np.array([size], np.float32))
    (a / b).backward()
    np.testing.assert_allclose(b.grad.data, [-1 / size], rtol=1e-6)
