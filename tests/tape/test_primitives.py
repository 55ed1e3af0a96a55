"""Ops made by `primitive`: calls with arrays and Tensors, settings, names, residuals and the two vjps."""

import numpy as np
import pytest

import rot180
from rot180 import Tensor, check, no_grad, observe, primitive, tensor
from tests.tape.ops import doubled, leaf, sum_of_three, times


def test_arrays_give_the_result_of_the_function_and_record_nothing():
    a, b = np.array([1.0, 2]), np.array([3.0, 4])
    found = times(a, b)
    assert type(found) is np.ndarray and found.tolist() == [3, 8]
    same = np.arange(3.0)
    assert primitive()(lambda x: x)(same) is same  # no copy where none is needed


def test_any_tensor_among_the_inputs_gives_a_tensor():
    a, t = np.array([1.0, 2]), tensor([3.0, 4], dtype=np.float64)
    for found in (times(a, t), times(t, a), times(t, t), sum_of_three(a, a, t, 2.0), doubled(t)):
        assert type(found) is Tensor and not found.requires_grad


def test_a_result_requires_a_gradient_where_an_input_does():
    t, x = tensor([1.0, 2], dtype=np.float64), leaf(1, 2)
    for found in (times(t, x), times(x, t), sum_of_three(t, x, t, 1.0), doubled(x)):
        assert found.requires_grad and not found.is_leaf
        with no_grad():
            assert not (found * 2).requires_grad


@pytest.mark.parametrize(
    ("settings", "named", "expected"),
    [
        ((2.0, 1.0), {}, [7, 17]),
        ((2.0,), {"shift": 1.0}, [7, 17]),
        ((), {"shift": 1.0, "scale": 2.0}, [7, 17]),
        ((2.0,), {}, [6, 16]),
        ((), {"shift": 1.0}, [4, 9]),
        ((), {}, [3, 8]),
    ],
)
def test_the_vjp_and_the_observer_get_every_setting(settings, named, expected):
    """Settings may be passed by position, by name, or left at their defaults."""
    a, b, seen = leaf(1, 2), leaf(3, 4), []
    with observe(lambda op, inputs, settings, output: seen.append(settings)):
        y = times(a, b, *settings, **named)
    assert y.data.tolist() == times(a.data, b.data, *settings, **named).tolist() == expected
    y.backward(np.ones(2))
    scale = (y.data[1] - y.data[0]) / 5
    assert a.grad.data.tolist() == [3 * scale, 4 * scale] and b.grad.data.tolist() == [scale, 2 * scale]
    assert seen == [(scale, expected[0] - 3 * scale)]


@pytest.mark.parametrize("named", [{}, {"factor": 2.0}])
def test_defaults_of_an_op_of_three_reach_the_vjp(named):
    @primitive(arrays=3)
    def total(a, b, c, factor=2.0):
        return (a + b + c) * factor

    total.vjp(lambda g, needs, output, a, b, c, factor: (g * factor, None, None))
    x = leaf(1)
    total(x, 1.0, 1.0, **named).backward()
    assert x.grad.item() == 2


def test_an_unknown_setting_is_a_type_error():
    with pytest.raises(TypeError, match="speed"):
        times(leaf(1), leaf(2), speed=3)


def test_arrays_of_an_op_of_three_are_positional():
    with pytest.raises(TypeError, match=r"sum_of_three: pass its 3 arrays by position; got 2"):
        sum_of_three(leaf(1), leaf(2))


def test_keep_of_an_unknown_name_is_refused():
    with pytest.raises(
        ValueError, match=r"primitive times: keep has unknown names \['c'\]; choose from \['a', 'b', 'output'"
    ):

        @primitive(arrays=2, keep=("a", "c"), name="times")
        def product(a, b):
            return a * b


def test_more_arrays_than_parameters_are_refused():
    with pytest.raises(ValueError, match=r"primitive f: arrays is 2, but the parameters are only \['a'\]"):
        primitive(arrays=2, name="f")(lambda a: a)


def test_an_op_has_a_name_a_docstring_and_its_function():
    assert times.__name__ == times.op.name == "times" and times.__doc__ == "scale * a * b + shift."
    assert repr(times.op) == "<op times>" and times.__wrapped__(2.0, 3.0) == 6
    assert "made_by=times" in repr(times(leaf(1), leaf(2)))


def test_an_array_vjp_serves_the_first_order_and_vjp_the_others():
    called = []

    @primitive(keep=("x",))
    def square(x):
        return x * x

    @square.vjp
    def square_vjp(g, needs, output, x):
        called.append("vjp")
        return (g * x * 2.0,)

    @square.array_vjp
    def square_array_vjp(g, needs, overwrite, output, x):
        called.append("array")
        assert type(g) is np.ndarray and type(x) is np.ndarray
        return (2 * g * x,)

    x = leaf(3)
    square(x).backward()
    assert called == ["array"] and x.grad.item() == 6
    (first,) = rot180.grad(square(x), x, create_graph=True)
    assert called == ["array", "vjp"]
    assert rot180.grad(first, x)[0].item() == 2


@pytest.mark.parametrize("retain_graph", [False, True])
def test_overwrite_is_true_only_if_the_sweep_owns_the_cotangent(retain_graph):
    seen = []

    @primitive(keep=("x",), fresh=True)
    def square(x):
        return x * x

    @square.array_vjp
    def square_array_vjp(g, needs, overwrite, output, x):
        seen.append(overwrite)
        return (np.multiply(g, 2 * x, out=g if overwrite else None),)

    x, g = leaf(3, 4), np.ones(2)
    y = square(square(x))
    rot180.grad(y, x, g, retain_graph=True)  # grad may return the cotangents of intermediate results
    y.backward(g, retain_graph=retain_graph)
    assert seen == [False, False, False, True]
    assert g.tolist() == [1, 1] and x.grad.tolist() == [4 * 27, 4 * 64]


# ---- names ----


@primitive(keep=("x",), name=lambda n: f"power{n}")
def power(x, n):
    return x**n


@power.vjp
def power_vjp(g, needs, output, x, n):
    return (g * power(x, n - 1) * float(n),)


def test_a_name_may_depend_on_the_settings():
    x, seen = leaf(2, 3), []
    with observe(lambda op, *call: seen.append(op)):
        y = power(x, 3)
    assert "made_by=power3" in repr(y) and repr(seen) == "[<op power3>]" and power.op.name == "power"
    (first,) = rot180.grad(y, x, np.ones(2), create_graph=True)
    assert first.data.tolist() == [12, 27]
    y.backward(np.ones(2))
    with pytest.raises(rot180.GradientError, match=r"freed by an earlier backward \(at op power3\)"):
        y.backward(np.ones(2))


def test_a_missing_vjp_is_reported_with_both_names():
    @primitive(name=lambda n: f"times{n}")
    def multiple(x, n):
        return x * n

    with pytest.raises(rot180.GradientError, match=r"op times3 has no vjp; write one with @multiple\.vjp"):
        multiple(leaf(1), 3).backward()


# ---- residuals ----


@primitive(keep=("residuals",))
def sort(x):
    order = np.argsort(x)
    return x[order], np.argsort(order)


@sort.vjp
def sort_vjp(g, needs, output, ranks, x):
    assert output is None and x is None
    return (g[ranks],)


def test_residuals_reach_the_vjp_at_every_order():
    x, g = leaf(3, 1, 2), leaf(10, 20, 30)
    y = sort(x)
    assert y.data.tolist() == [1, 2, 3]
    (first,) = rot180.grad(y, x, g, create_graph=True)
    assert first.data.tolist() == [30, 10, 20]
    assert rot180.grad(first, g, np.array([1.0, 2, 3]))[0].tolist() == [2, 3, 1]
    y.backward(np.array([10.0, 20, 30]))
    assert x.grad.tolist() == [30, 10, 20] and y.node.saved is None
    check.assert_gradients(sort, np.array([3.0, 1, 2]), order=2)


def test_a_plain_call_returns_the_output_and_with_residuals_returns_both():
    x = np.array([3.0, 1, 2])
    assert sort(x).tolist() == [1, 2, 3]
    y, ranks = sort.with_residuals(x)
    assert y.tolist() == [1, 2, 3] and ranks.tolist() == [2, 0, 1]
    t, ranks = sort.with_residuals(leaf(3, 1, 2))
    assert t.requires_grad and ranks.tolist() == [2, 0, 1]
    with pytest.raises(TypeError, match=r"times: this op has no residuals; declare keep="):
        times.with_residuals(x, x)


@pytest.mark.parametrize("value", [np.ones(3), np.ones((2, 3)), (np.ones(3), 1, 2)], ids=["array", "two rows", "three"])
def test_a_forward_that_does_not_return_output_and_residuals_is_refused(value):
    @primitive(keep=("residuals",))
    def double(x):
        return value

    for x in (leaf(1, 2, 3), np.ones(3)):
        with pytest.raises(TypeError, match=r"double: with 'residuals' in keep, the forward must return \(output"):
            double(x)


def test_the_observer_sees_the_output_without_its_residuals():
    seen = []
    with observe(lambda *call: seen.append(call)):
        y = sort(leaf(2, 1))
    assert seen[0][2] == () and seen[0][3] is y


def test_lazy_residuals_are_computed_only_if_they_are_used():
    computed = []

    @primitive(keep=("residuals",))
    def absolute(x):
        return np.abs(x), lambda: computed.append(1) or np.sign(x)

    absolute.vjp(lambda g, needs, output, sign, x: (g * sign,))
    x = leaf(-1, 2)
    absolute(x.data), absolute(x.detach())
    with no_grad():
        absolute(x)
    assert computed == []
    absolute(x).backward(np.ones(2))
    assert computed == [1] and x.grad.tolist() == [-1, 1]
    for value in (x, x.data, x.detach()):
        assert absolute.with_residuals(value)[1].tolist() == [-1, 1]
