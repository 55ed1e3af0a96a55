"""Recording: what a primitive does with arrays and Tensors, settings by name, and the observer."""

import threading

import numpy as np
import pytest

import rot180
from rot180 import Tensor, no_grad, observe, primitive, tensor
from rot180.tape.record import Node, Variable


@primitive(arrays=2, keep=("a", "b"))
def times(a, b, scale=1.0, shift=0.0):
    """scale * a * b + shift."""
    return scale * a * b + shift


@times.vjp
def _(g, needs, output, a, b, scale, shift):
    return (g * b * scale if needs[0] else None, g * a * scale if needs[1] else None)


@primitive(arrays=3, keep=("c", "output"))
def sum_of_three(a, b, c, factor):
    return (a + b + c) * factor


@sum_of_three.vjp
def _(g, needs, output, a, b, c, factor):
    assert a is None and b is None and c is not None and output is not None
    return tuple(g * factor if need else None for need in needs)


@primitive(keep=("output",))
def doubled(x, *, by=2.0):
    return x * by


@doubled.vjp
def _(g, needs, output, x, by):
    assert x is None
    return (g * by,)


def leaf(*values, dtype=np.float64):
    return tensor(values, dtype=dtype, requires_grad=True)


def test_arrays_only_give_what_the_function_gives_and_record_nothing():
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


def test_nothing_is_kept_that_the_vjp_does_not_read():
    x = leaf(1, 2)
    assert [kept is None for kept in (x + x).node.saved] == [True, True, True]
    assert [kept is None for kept in times(x, x).node.saved] == [True, False, False]
    assert [kept is None for kept in sum_of_three(x, x, x, 1.0).node.saved] == [False, True, True, False]
    assert [kept is None for kept in doubled(x).node.saved] == [False, True]


def test_nodes_never_point_to_tensors():
    x = leaf(1, 2)
    y = times(x, x) + x
    stack, seen = [y.node], 0
    while stack:
        node = stack.pop()
        seen += 1
        for name in Node.__slots__:
            value = getattr(node, name, None)
            assert not isinstance(value, Variable), name
            for part in value if isinstance(value, tuple) else ():
                assert not isinstance(part, Variable), name
        stack += [e for e in node.edges if e is not None]
    assert seen == 5


def test_data_is_always_an_ndarray():
    x = leaf(1, 2)
    for t in (x.sum(), x[0], x.sum() * 2, tensor(1.0), doubled(tensor(1.0)), times(x[0], x[1]), x.sum() == 1):
        assert type(t.data) is np.ndarray and t.data.shape == ()


@pytest.mark.parametrize(
    ("settings", "named"),
    [((2.0, 1.0), {}), ((2.0,), {"shift": 1.0}), ((), {"shift": 1.0, "scale": 2.0})],
)
def test_settings_may_be_given_by_name(settings, named):
    a, b = leaf(1, 2), leaf(3, 4)
    y = times(a, b, *settings, **named)
    assert y.data.tolist() == [7, 17]
    y.backward(np.ones(2))
    assert a.grad.data.tolist() == [6, 8] and b.grad.data.tolist() == [2, 4]
    assert times(a.data, b.data, *settings, **named).tolist() == [7, 17]


def test_settings_left_at_their_defaults_reach_the_vjp():
    a, b = leaf(1, 2), leaf(3, 4)
    times(a, b).backward(np.ones(2))
    assert a.grad.data.tolist() == [3, 4]


def test_an_unknown_setting_is_a_type_error():
    with pytest.raises(TypeError, match="speed"):
        times(leaf(1), leaf(2), speed=3)


def test_arrays_of_an_op_of_three_are_positional():
    with pytest.raises(TypeError, match=r"sum_of_three: pass its 3 arrays by position; got 2"):
        sum_of_three(leaf(1), leaf(2))


def test_keep_of_an_unknown_name_is_refused():
    with pytest.raises(
        ValueError, match=r"primitive times: keep names \['c'\], but its 2 arrays are \['a', 'b'\]; keep"
    ):

        @primitive(arrays=2, keep=("a", "c"), name="times")
        def _(a, b):
            return a * b


def test_more_arrays_than_parameters_are_refused():
    with pytest.raises(ValueError, match=r"primitive f: .*its 2 arrays are \['a'\]"):
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


# ---- the observer ----


def test_the_observer_sees_op_inputs_settings_and_output():
    seen, a, b = [], leaf(1, 2), np.array([3.0, 4])
    with observe(lambda *call: seen.append(call)):
        y = times(a, b, 2.0)
        z = doubled(y)
        times(b, b)  # arrays only: no tape, nothing to see
    doubled(z)
    assert [call[0].name for call in seen] == ["times", "doubled"]
    op, inputs, settings, output = seen[0]
    assert op is times.op and inputs[0] is a and inputs[1] is b and settings[0] == 2.0 and output is y
    assert seen[1][1][0] is y and seen[1][3] is z


def test_observers_nest_the_outer_first():
    seen, x = [], leaf(1)
    with observe(lambda op, *_: seen.append(("outer", op.name))):
        with observe(lambda op, *_: seen.append(("inner", op.name))):
            doubled(x)
        x.exp()
    assert seen == [("outer", "doubled"), ("inner", "doubled"), ("outer", "exp")]


def test_the_observer_sees_unrecorded_ops_and_does_not_switch_recording():
    seen, x = [], leaf(1)
    with no_grad(), observe(lambda op, *_: seen.append(op.name)):
        assert not doubled(x).requires_grad
    with observe(lambda op, *_: seen.append(op.name)), no_grad():
        doubled(x)
    with observe(lambda op, *_: seen.append(op.name)):
        assert doubled(x).requires_grad
    assert seen == ["doubled"] * 3


def test_the_observer_ends_with_its_block_also_by_an_error():
    seen, x = [], leaf(1)
    with pytest.raises(ZeroDivisionError), observe(lambda *call: seen.append(call)):
        raise ZeroDivisionError
    doubled(x)
    assert seen == []


def test_the_observer_belongs_to_its_thread():
    seen, x = [], leaf(1)
    with observe(lambda *call: seen.append(call)):
        thread = threading.Thread(target=lambda: doubled(x))
        thread.start()
        thread.join()
    assert seen == []


def test_the_observer_sees_the_ops_of_a_recorded_sweep_only():
    seen, x = [], leaf(2)
    y = times(x, x)
    with observe(lambda op, *_: seen.append(op.name)):
        rot180.grad(y, x, retain_graph=True)
        assert seen == []  # a first-order sweep runs on arrays
        rot180.grad(y, x, create_graph=True)
    assert "mul" in seen


def test_observing_the_kept_settings_of_an_op_of_three():
    seen, x = [], leaf(2)
    with observe(lambda op, inputs, settings, output: seen.append((len(inputs), settings))):
        sum_of_three(x, x, x, 4.0)
    assert seen == [(3, (4.0,))]
