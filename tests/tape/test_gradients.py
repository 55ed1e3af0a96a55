"""`grad`: its results, its errors, the ops that it skips, and derivatives of higher orders."""

import numpy as np
import pytest

import rot180
from rot180 import grad, tensor
from rot180.errors import GradientError, ShapeError
from tests.tape.graphs import broken, leaf, product, requested_gradients, without_vjp

# ---- grad ----


def test_grad_does_not_change_the_grad_of_leaves():
    x, y = leaf(2.0), leaf(3.0)
    found = grad(x * y, (x, y))
    assert isinstance(found, tuple) and [g.item() for g in found] == [3, 2]
    assert x.grad is None and y.grad is None
    assert isinstance(grad(x * y, x), tuple) and not found[0].requires_grad


def test_several_outputs_add_up():
    x = leaf(2.0, 3.0)
    y = x * x
    outputs = [y.sum(), y, x]
    (found,) = grad(outputs, x, [None, np.array([1.0, 10.0]), np.array([100.0, 100.0])])
    assert found.data.tolist() == [4 + 4 + 100, 6 + 60 + 100]
    y = x * x
    (twice,) = grad([y[0], y[0]], x)
    assert twice.data.tolist() == [8, 0]
    with pytest.raises(ShapeError, match="grad: 2 outputs but 1 grad_outputs; pass one for each"):
        grad([y, y], x, [np.ones(2)])


def test_an_output_may_depend_on_another():
    x = leaf(3.0)
    y = x * x
    z = y * 2.0
    assert grad([z, y], [x, y])[0].item() == 18
    y = x * x
    assert grad([y * 2.0, y], [y])[0].item() == 3


def test_inputs_may_be_intermediate_or_the_output_itself():
    x = leaf(2.0)
    y = x * x
    z = y * y
    dy, dx, dz = grad(z, [y, x, z])
    assert (dy.item(), dx.item(), dz.item()) == (8, 32, 1)
    y = x * x
    assert grad(y, y)[0].item() == 1


def test_ops_that_lead_to_no_input_are_skipped():
    requested_gradients.clear()
    x, w = leaf(2.0), leaf(3.0)
    y = product(x, w) + broken(w)
    assert grad(y, x)[0].item() == 3
    assert requested_gradients == [(True, False)]


def test_ops_below_an_intermediate_input_are_skipped():
    x = leaf(2.0)
    y = broken(x)
    assert grad(y * y, y)[0].item() == 4
    z = without_vjp(x)
    assert grad(z * z, z)[0].item() == 4
    y = x * x
    u, v = y * 3.0, y * 5.0
    grad(u, x)  # frees y's graph
    assert grad(v, y)[0].item() == 5


def test_unused_inputs():
    x, unused = leaf(2.0), leaf(1.0)
    with pytest.raises(GradientError, match="grad: the outputs do not depend on input 1; pass allow_unused=True"):
        grad(x * x, [x, unused])
    found = grad(x * x, [x, unused], allow_unused=True)
    assert found[0].item() == 4 and found[1] is None


def test_grad_errors():
    x = leaf(2.0)
    with pytest.raises(GradientError, match=r"grad: input 1 does not require a gradient; call requires_grad_\(\)"):
        grad(x * x, [x, tensor(1.0)])
    with pytest.raises(GradientError, match="grad: output 1 does not depend on anything that requires a gradient"):
        grad([x * x, tensor(1.0)], x)
    with pytest.raises(GradientError, match="grad: input 0 does not require"):
        grad(x * x, np.ones(1))
    with pytest.raises(GradientError, match=r"grad: the output has shape \(2,\); pass a gradient of this shape"):
        grad(rot180.stack([x, x]), x)


# ---- higher orders ----


@pytest.mark.parametrize(
    ("f", "closed"),
    [
        (lambda x: x**4, lambda x: (4 * x**3, 12 * x**2, 24 * x)),
        (lambda x: x.exp(), lambda x: (np.exp(x),) * 3),
        (lambda x: x.sin(), lambda x: (np.cos(x), -np.sin(x), -np.cos(x))),
        (lambda x: x.log(), lambda x: (1 / x, -1 / x**2, 2 / x**3)),
        (lambda x: 1 / x, lambda x: (-1 / x**2, 2 / x**3, -6 / x**4)),
        (lambda x: x.sqrt(), lambda x: (0.5 * x**-0.5, -0.25 * x**-1.5, 0.375 * x**-2.5)),
        (lambda x: 2.0**x, lambda x: tuple(np.log(2) ** k * 2**x for k in (1, 2, 3))),
        (lambda x: x * x.exp(), lambda x: tuple((x + k) * np.exp(x) for k in (1, 2, 3))),
    ],
    ids=["power", "exp", "sin", "log", "reciprocal", "sqrt", "exponential", "product"],
)
def test_derivatives_to_third_order_are_the_closed_forms(f, closed):
    x = leaf(0.7, 1.3)
    ones = np.ones(2)
    (first,) = grad(f(x), x, ones, create_graph=True)
    (second,) = grad(first, x, ones, create_graph=True)
    (third,) = grad(second, x, ones)
    for found, expected in zip((first, second, third), closed(x.data), strict=True):
        np.testing.assert_allclose(found.data, expected, rtol=1e-12)


def test_backward_through_a_created_gradient():
    x = leaf(3.0)
    (first,) = grad(x * x * x, x, create_graph=True)
    (first * first).backward()  # d (3 x^2)^2 / dx = 36 x^3
    assert x.grad.item() == 36 * 27


def test_the_cotangent_is_an_input_of_the_second_order():
    x, g = leaf(3.0), leaf(2.0)
    (first,) = grad(x * x, x, g, create_graph=True)  # 2 x g
    dx, dg = grad(first, (x, g))
    assert (dx.item(), dg.item()) == (4, 6)


def test_without_create_graph_nothing_is_recorded():
    x = leaf(3.0)
    assert not grad(x * x, x)[0].requires_grad
    (x * x).backward()
    assert not x.grad.requires_grad
