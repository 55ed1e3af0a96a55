"""The gradients that `grad` returns share no memory with other arrays, although they are not always copies."""

import numpy as np

import rot180
import rot180.functional as F


def test_gradients_of_leaves_share_no_memory():
    rng = np.random.default_rng(0)
    x, w, b = (rot180.tensor(rng.standard_normal(s), requires_grad=True) for s in ((2, 3, 6, 6), (4, 3, 3, 3), (4,)))
    y = F.conv2d(x, w, b)
    dy = rng.standard_normal(y.shape)
    first = rot180.grad(y, [x, w, b], rot180.tensor(dy), retain_graph=True)
    again = rot180.grad(y, [x, w, b], rot180.tensor(dy))
    arrays = [x.data, w.data, b.data, y.data, dy, *[g.data for g in (*first, *again)]]
    for i, a in enumerate(arrays):
        assert not any(np.shares_memory(a, other) for other in arrays[i + 1 :])
    for one, two in zip(first, again, strict=True):
        assert np.array_equal(one.data, two.data) and one.data.flags.c_contiguous


def test_a_repeated_input_gets_two_gradients():
    x = rot180.tensor(np.arange(6.0), requires_grad=True)
    one, two = rot180.grad((x * x).sum(), [x, x])
    assert np.array_equal(one.data, two.data) and not np.shares_memory(one.data, two.data)


def test_an_unused_input_may_be_repeated():
    x, y = (rot180.tensor(np.ones(3), requires_grad=True) for _ in range(2))
    assert rot180.grad((x * 2.0).sum(), [y, y], allow_unused=True) == (None, None)


def test_the_cotangent_itself_as_a_gradient_is_copied():
    x = rot180.tensor(np.ones((3, 4)), requires_grad=True)
    g = np.full((3, 4), 2.0)
    (found,) = rot180.grad(x + 1.0, [x], rot180.tensor(g))
    assert np.array_equal(found.data, g) and not np.shares_memory(found.data, g)
    middle = x * 3.0
    dm, dx = rot180.grad((middle + 1.0).reshape(12), [middle, x], rot180.tensor(g.reshape(12)))
    assert not np.shares_memory(dm.data, g) and not np.shares_memory(dm.data, dx.data)


def test_gradients_of_numbers_are_arrays():
    x = rot180.tensor(np.float64(3.0), requires_grad=True)
    (g,) = rot180.grad(x * x, [x])
    assert isinstance(g.data, np.ndarray) and g.item() == 6.0
