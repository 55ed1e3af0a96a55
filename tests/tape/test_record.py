"""The record: what nodes hold, and the observer."""

import threading

import numpy as np
import pytest

import rot180
from rot180 import no_grad, observe, tensor
from rot180.tape.record import Node, Variable
from tests.tape.ops import doubled, leaf, sum_of_three, times


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
