"""The sweep: order, freeing, memory, in-place writes, and the errors of `backward`."""

import gc
import sys
import tracemalloc
import weakref

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180 import Tensor, grad, primitive, tensor
from rot180.errors import DtypeError, GradientError, ShapeError
from rot180.tape import mark_written
from rot180.tape.record import Node
from tests.tape.graphs import broken, leaf, product, requested_gradients, without_vjp

# ---- long chains, memory, cycles ----


@pytest.mark.parametrize("swept", [True, False])
def test_a_graph_of_a_hundred_thousand_ops_is_swept_and_freed(swept):
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y * 1.0
    if swept:
        y.backward()
        assert x.grad.item() == 1
    kept = weakref.ref(y)
    del y  # frees the chain; recursion would end the process
    assert kept() is None


def test_grad_of_a_long_chain_and_a_second_order_one():
    x = leaf(2.0)
    y = x
    for _ in range(20_000):
        y = y + 0.0
    (first,) = grad(y * y, x, create_graph=True)
    assert grad(first, x)[0].item() == 2
    assert sys.getrecursionlimit() < 20_000


def test_a_wide_fan_in_is_summed_once():
    x = leaf(1.0, 2.0)
    parts = [x * float(i) for i in range(300)]
    y = parts[0]
    for part in parts[1:]:
        y = y + part
    y.backward(np.ones(2))
    assert x.grad.data.tolist() == [sum(range(300))] * 2


def test_memory_returns_to_where_it_was():
    def step():
        y = x
        for _ in range(50):
            y = (y * 1.001).exp().log()
        y.sum().backward()
        x.grad = None

    x = Tensor(np.ones(10_000), requires_grad=True)
    step()
    tracemalloc.start()
    try:
        step()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(3):
            step()
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert after - before < 20_000  # one array is 80,000 bytes


def test_saved_arrays_are_freed_during_the_sweep():
    """The peak of a backward is a few arrays above the graph, and the graph is gone at its end, with y still alive."""
    x = Tensor(np.ones(100_000), requires_grad=True)
    tracemalloc.start()
    try:
        empty = tracemalloc.get_traced_memory()[0]
        y = x
        for _ in range(40):
            y = y.exp() * 0.1
        loss = y.sum()
        del y
        graph = tracemalloc.get_traced_memory()[0] - empty
        tracemalloc.reset_peak()
        loss.backward()
        now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    size = x.data.nbytes
    assert graph > 40 * size
    assert most - empty < graph + 6 * size
    assert now - empty < 3 * size  # x.grad and small objects


def test_there_are_no_reference_cycles():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        remove = x.register_post_accumulate_grad_hook(lambda t: None)
        y = (product(x, x).exp() + x.reshape(2, 1)[0]).sum()
        (first,) = grad(y, x, create_graph=True)
        first.sum().backward(retain_graph=True)
        z = rot180.cat([x, x]).sum()
        z.backward()
        unswept = product(x, x)
        remove()
        dying = [weakref.ref(t) for t in (x, y, first, z, unswept)]
        del x, y, first, z, unswept, remove
        assert [ref() for ref in dying] == [None] * 5
        assert not any(isinstance(o, Node) for o in gc.get_objects() if type(o) is Node and o.op is product.op)
        assert gc.collect() == 0
    finally:
        gc.enable()


# ---- backward ----


def test_gradients_add_over_uses_and_over_calls():
    x = leaf(3.0)
    (x * x + x).backward()
    assert x.grad.item() == 7
    (x * 2.0).backward()
    assert x.grad.item() == 9
    x.grad = None
    x.backward()
    assert x.grad.item() == 1


def test_gradients_that_are_not_needed_are_not_computed():
    requested_gradients.clear()
    data, w, v = tensor([1.0, 2.0], dtype=np.float64), leaf(3.0, 4.0), leaf(5.0, 6.0)
    product(product(data, w), v).backward(np.ones(2))
    assert requested_gradients == [(True, True), (False, True)]  # the input of the first op gets no gradient
    assert data.grad is None


def test_constant_branches_are_not_recorded():
    x, c = leaf(1.0), tensor(2.0, dtype=np.float64)
    assert broken(c).node is None
    (x * broken(c)).backward()
    assert x.grad.item() == 2


def test_gradients_never_share_memory():
    x, y, g = leaf(1.0, 2.0), leaf(3.0, 4.0), np.array([1.0, 1.0])
    (x + y).backward(g)
    x.grad.data[...] = 99
    assert y.grad.data.tolist() == [1, 1] and g.tolist() == [1, 1]
    z = leaf(1.0, 2.0)
    z.backward(g)  # a leaf is its own output
    z.grad.data[...] = 99
    assert g.tolist() == [1, 1]
    (x,) = (leaf([[1.0, 2.0]]),)
    x.reshape(2).backward(g)  # a view of g
    assert not np.shares_memory(x.grad.data, g)
    x.sum().backward()  # a broadcast of one cell
    x.grad.data[0, 0] = 7
    assert x.grad.data[0, 1] != 7


def test_created_gradients_do_not_share_memory_either():
    x, y, g = leaf(1.0, 2.0), leaf(3.0, 4.0), leaf(1.0, 1.0)
    (x + y).backward(g, create_graph=True)
    x.grad.data[...] = 99
    assert y.grad.data.tolist() == [1, 1] and g.data.tolist() == [1, 1]
    (y.grad * y.grad).sum().backward()  # they are still part of the graph
    assert g.grad.data.tolist() == [2, 2]


def test_grad_results_do_not_share_memory():
    x, y, g = leaf(1.0, 2.0), leaf(3.0, 4.0), np.ones(2)
    a, b, c = grad(x + y, [x, y, x], g)
    assert not any(np.shares_memory(p, q) for p, q in [(a.data, b.data), (a.data, c.data), (a.data, g)])


def test_a_sum_that_is_passed_on_twice_is_not_added_to_in_place():
    """z's gradient is a sum made by the sweep; both x and y get it, and x gets more."""
    x, y = leaf(1.0), leaf(1.0)
    z = x + y
    w = z * 2.0 + z * 3.0
    (w + x).backward()
    assert (x.grad.item(), y.grad.item()) == (6, 5)


def test_the_sweep_overwrites_only_arrays_that_it_owns():
    """Fresh gradients that are added, pass through views and are overwritten by an op equal those of create_graph."""
    rng = np.random.default_rng(0)
    x, w, v = (leaf(rng.standard_normal(shape)) for shape in ((4, 3), (5, 3), (5, 3)))

    def loss(retained):
        h, k = F.linear(x, w), F.relu(F.linear(x, v))
        both = F.relu(h) + k  # one cotangent for two
        seen = both.reshape(2, 10)
        retained[:] = [h, k, both]
        return (F.leaky_relu(h, 0.1) * k).sum() + seen.reshape(4, 5).sum() + F.relu(both).sum() + F.relu(h).sum()

    kept = []
    found = rot180.grad(loss(kept), [x, w, v], create_graph=True)
    value = loss(kept)
    before = [t.data.copy() for t in kept]
    value.backward(retain_graph=True)
    value.backward()
    for t, g in zip((x, w, v), found, strict=True):
        np.testing.assert_allclose(t.grad.data, 2 * g.data, rtol=1e-14)
    assert all(np.array_equal(t.data, a) for t, a in zip(kept, before, strict=True))


def test_the_cotangent_of_the_caller_is_not_overwritten():
    x, w, g = leaf(np.ones((2, 3))), leaf(np.ones((2, 3))), np.ones((2, 2))
    for function in (lambda: F.relu(F.linear(x, w)), lambda: F.relu(F.relu(F.linear(x, w)))):
        function().backward(g)
        middle = F.linear(x, w)
        (wanted,) = rot180.grad(F.relu(F.relu(middle)), [middle], g)
        assert np.array_equal(g, np.ones((2, 2))) and np.array_equal(wanted.data, g)


def test_retain_graph_allows_a_second_sweep():
    x = leaf(2.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 8
    with pytest.raises(
        GradientError, match=r"backward: the graph was freed by an earlier backward \(at op mul\); pass"
    ):
        y.backward()


def test_grad_frees_the_graph_of_every_output():
    x = leaf(2.0)
    y, z = x * x, x * x * x
    grad([y, z], x)
    for output in (y, z):
        with pytest.raises(GradientError, match="freed"):
            grad(output, x)


def test_a_freed_part_is_an_error_not_a_missing_gradient():
    """A freed node has no edges, so that its inputs are unknown: neither None nor a partial sum may be returned."""
    x = leaf(2.0)
    y = x * x
    z = y * 3.0 + x
    y.backward()
    for wanted in (x, [y, x]):
        with pytest.raises(GradientError, match=r"freed by an earlier backward \(at op mul\)"):
            grad(z, wanted, allow_unused=True)


def test_create_graph_retains_the_graph():
    x = leaf(2.0)
    y = x * x * x
    grad(y, x, create_graph=True)
    assert grad(y, x)[0].item() == 12


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_have_the_dtype_of_their_leaf(dtype):
    """0-d arrays become NumPy scalars inside a vjp; they must not turn into Python's floats there."""
    ones = leaf(1.5, dtype=dtype), leaf([1.5, 2.5], dtype=dtype)
    for x in ones:
        for y in (
            x * 2, 2.0**x, x**2, x**x, x / 3, 3 / x, rot180.where(x.data > 2, x, 0.0), rot180.maximum(x, 2.0),
            rot180.minimum(2.0, x), x.exp(), x.log(), x.sqrt(), x.abs(), x.sin(), x.cos(), x.clamp(0.0, 2.0), x.mean(),
            -x, 1 - x, x.amax(), x.sum() * np.float64(2),
        ):  # fmt: skip
            assert y.dtype == dtype
            (first,) = grad(y, x, np.ones(y.shape), create_graph=True)
            assert first.dtype == dtype
            y.backward(np.ones(y.shape))
            assert x.grad.dtype == dtype and type(x.grad.data) is np.ndarray and x.grad.shape == x.shape


def test_backward_errors():
    x = leaf(1.0, 2.0)
    with pytest.raises(
        GradientError, match="backward: this tensor does not depend on anything that requires a gradient"
    ):
        tensor([1.0]).backward()
    with pytest.raises(
        GradientError,
        match=r"backward: the output has shape \(2,\); pass a gradient of this shape, or reduce",
    ):
        (x * 2).backward()
    with pytest.raises(ShapeError, match=r"backward: gradient has shape \(3,\) but the output has \(2,\); they must"):
        (x * 2).backward(np.ones(3))
    with pytest.raises(DtypeError, match=r"backward: gradient is float32 but the output is float64; .*\.astype"):
        (x * 2).backward(tensor([1.0, 1.0]))
    with pytest.raises(GradientError, match=r"op without_vjp has no vjp; write one with @without_vjp\.vjp"):
        without_vjp(x).backward(np.ones(2))


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ([None, None], r"the vjp of f must return a tuple of 2, one entry per array; it returned list"),
        (None, r"must return a tuple of 2, .* it returned NoneType"),
        ((None,), r"must return a tuple of 2, .* it returned 1 entries"),
        ((np.ones(3), None), r"a vjp returned a gradient of shape \(3,\) for a leaf of shape \(2,\)"),
    ],
)
def test_wrong_vjps_are_named(returned, message):
    @primitive(arrays=2)
    def f(a, b):
        return a + b

    f.vjp(lambda g, needs, output, a, b: returned)
    with pytest.raises(GradientError, match=message):
        f(leaf(1.0, 2.0), leaf(1.0, 2.0)).backward(np.ones(2))


def test_a_failed_sweep_leaves_the_mode_as_it_was():
    with pytest.raises(AssertionError, match="must not be called"):
        broken(leaf(1.0)).backward()
    assert rot180.is_grad_enabled() and (leaf(1.0) * 2).requires_grad


def test_a_vjp_may_return_none_for_an_input():
    @primitive(arrays=2)
    def first_only(a, b):
        return a + b

    first_only.vjp(lambda g, needs, output, a, b: (g, None))
    x, y = leaf(1.0), leaf(2.0)
    first_only(x, y * 2).backward()
    assert x.grad.item() == 1 and y.grad is None


# ---- versions ----


def test_a_write_to_a_saved_array_is_an_error():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = (x * w).sum()
    w.data[...] = 0
    mark_written(w)
    with pytest.raises(
        GradientError,
        match=r"an array that op mul saved .* was changed in place .*run the forward pass again",
    ):
        y.backward()


def test_a_write_before_the_forward_or_to_an_array_that_is_not_saved_is_allowed():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    mark_written(w)
    y = (x * w).sum()
    z = (x + w).sum()
    other = leaf(1.0)
    mark_written(other)
    y.backward()
    w.data[...] = 5
    mark_written(w)
    z.backward()  # a sum keeps neither
    assert w.grad.data.tolist() == [2, 3]


def test_a_write_to_a_constant_is_allowed():
    x, c = leaf(1.0), tensor(2.0, dtype=np.float64)
    y = x * c
    mark_written(c)  # a constant has no version
    y.backward()
    assert x.grad.item() == 2


def test_a_write_between_two_retained_sweeps_is_an_error():
    x = leaf(2.0)
    y = x * x
    y.backward(retain_graph=True)
    x.data -= 1
    mark_written(x)
    with pytest.raises(GradientError, match="changed in place"):
        y.backward()


@pytest.mark.parametrize("view", [lambda w: w.T, lambda w: w.reshape(2, 2), lambda w: w[:], lambda w: w.T[None][0]])
def test_a_write_to_a_leaf_is_an_error_if_a_view_of_it_was_saved(view):
    w, x = leaf([[1.0, 1.0], [1.0, 1.0]]), leaf([[1.0, 1.0]])
    loss = (x @ view(w)).sum()
    loss.backward(retain_graph=True)
    w.data *= 2
    mark_written(w)
    with pytest.raises(GradientError, match="matmul saved for its gradient was changed in place"):
        loss.backward()


def test_a_write_to_a_leaf_is_allowed_if_a_copy_of_it_was_saved():
    w, x = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([[1.0, 1.0]])
    loss = (x @ w[np.array([1, 0])]).sum()
    w.data *= 2
    mark_written(w)
    loss.backward()
    assert x.grad.tolist() == [[7.0, 3.0]]
