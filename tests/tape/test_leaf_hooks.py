"""Leaf hooks: called once per backward pass, when the gradient is final."""

import pytest

from rot180 import grad, primitive, tensor
from rot180.errors import GradientError
from rot180.tape import leaf_hooks, mark_written
from tests.tape.graphs import leaf


def test_a_hook_fires_once_per_backward_when_the_gradient_is_final():
    seen, x, w = [], leaf(2.0), leaf(3.0)
    x.register_post_accumulate_grad_hook(lambda t: seen.append((t is x, t.grad.item())))
    (x * x + x * w + x).backward()
    assert seen == [(True, 8.0)]
    (x * 2.0).backward()
    assert seen[1:] == [(True, 10.0)]
    grad(x * x, x)
    assert len(seen) == 2


def test_a_hook_fires_before_the_sweep_reaches_older_ops():
    """A cluster can then send the gradients of the last layers while those of the first are still computed."""
    order = []

    @primitive()
    def noted(x):
        return x * 1

    @noted.vjp
    def noted_vjp(g, needs, output, x):
        order.append("older op")
        return (g,)

    x, w = leaf(1.0), leaf(2.0)
    w.register_post_accumulate_grad_hook(lambda t: order.append(("hook", t.grad.item())))
    (noted(x) * w).backward()
    assert order == [("hook", 1.0), "older op"]


def test_a_hook_is_called_once_if_a_branch_returns_no_gradient():
    @primitive()
    def blocked(x):
        return x * 1

    blocked.vjp(lambda g, needs, output, x: (None,))
    seen, x = [], leaf(2.0)
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.item()))
    (blocked(x * 3.0) + x).backward()
    assert seen == [1.0]


def test_a_hook_on_a_leaf_that_is_the_output():
    seen, x = [], leaf(2.0)
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.item()))
    x.backward()
    assert seen == [1.0]


def test_hooks_are_called_in_order_until_they_are_removed():
    before = leaf_hooks.hook_count
    seen, x = [], leaf(2.0)
    hook = seen.append
    first = x.register_post_accumulate_grad_hook(hook)
    second = x.register_post_accumulate_grad_hook(hook)  # the same function twice
    last = x.register_post_accumulate_grad_hook(lambda t: seen.append("last"))
    (x * x).backward()
    assert [t is x for t in seen[:2]] == [True, True] and seen[2:] == ["last"]
    first()
    first()  # again: nothing
    seen.clear()
    (x * x).backward()
    assert len(seen) == 2
    second()
    last()
    seen.clear()
    (x * x).backward()
    assert seen == [] and leaf_hooks.hook_count == before


def test_a_hook_may_write_to_its_leaf():
    """An optimiser may step in a hook: no remaining op of the sweep reads the array."""
    x, w = leaf(2.0), leaf(3.0)

    def step(t):
        t.data -= 0.5 * t.grad.data
        mark_written(t)
        t.grad = None

    remove = w.register_post_accumulate_grad_hook(step)
    ((x * 2.0) * w).backward()
    remove()
    assert w.item() == 3 - 0.5 * 4 and w.grad is None and x.grad.item() == 6


def test_only_leaves_can_have_hooks():
    x = leaf(2.0)
    for t in (x * x, tensor(1.0)):
        with pytest.raises(GradientError, match="register_post_accumulate_grad_hook: only a leaf that requires"):
            t.register_post_accumulate_grad_hook(print)


def test_freeing_a_leaf_removes_its_hooks():
    before = leaf_hooks.hook_count
    x = leaf(1.0)
    x.register_post_accumulate_grad_hook(lambda t: None)
    remove = x.register_post_accumulate_grad_hook(lambda t: None)
    assert leaf_hooks.hook_count == before + 2
    del x
    assert leaf_hooks.hook_count == before
    remove()
    assert leaf_hooks.hook_count == before


def test_a_hook_may_remove_itself():
    seen, x = [], leaf(1.0)
    remove = x.register_post_accumulate_grad_hook(lambda t: (seen.append("first"), remove()))
    x.register_post_accumulate_grad_hook(lambda t: seen.append("second"))
    (x * 2.0).backward()
    (x * 2.0).backward()
    assert seen == ["first", "second", "second"]
