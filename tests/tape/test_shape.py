"""Ops that move elements: compared with NumPy; their gradients move each element back."""

import numpy as np
import pytest

import rot180
from rot180 import grad, tensor
from rot180.errors import DtypeError, ShapeError
from rot180.tape import shape as cells

X = np.arange(24.0).reshape(2, 3, 4)
MOVES = {
    "reshape": (lambda t: cells.reshape(t, (4, 6)), lambda a: a.reshape(4, 6)),
    "reshape with -1": (lambda t: cells.reshape(t, (-1, 2)), lambda a: a.reshape(-1, 2)),
    "permute": (lambda t: rot180.permute(t, (2, 0, 1)), lambda a: a.transpose(2, 0, 1)),
    "permute backwards": (lambda t: rot180.permute(t, (-1, 0, -2)), lambda a: a.transpose(2, 0, 1)),
    "swapaxes": (lambda t: cells.swapaxes(t, 0, -1), lambda a: a.swapaxes(0, -1)),
    "broadcast_to": (lambda t: cells.broadcast_to(t, (5, 2, 3, 4)), lambda a: np.broadcast_to(a, (5, 2, 3, 4))),
    "flatten": (lambda t: cells.flatten(t), lambda a: a.reshape(-1)),
    "flatten from 1": (lambda t: cells.flatten(t, 1), lambda a: a.reshape(2, 12)),
    "flatten to 1": (lambda t: cells.flatten(t, 0, 1), lambda a: a.reshape(6, 4)),
    "unsqueeze": (lambda t: cells.unsqueeze(t, 1), lambda a: a[:, None]),
    "unsqueeze last": (lambda t: cells.unsqueeze(t, -1), lambda a: a[..., None]),
    "squeeze": (lambda t: cells.squeeze(cells.unsqueeze(t, 0)), lambda a: a),
    "squeeze nothing": (lambda t: cells.squeeze(t, 1), lambda a: a),
    "cat with itself": (lambda t: rot180.cat([t, t], 1), lambda a: np.concatenate([a, a], 1)),
    "stack": (lambda t: rot180.stack([t, t], -1), lambda a: np.stack([a, a], -1)),
    "stack first": (lambda t: rot180.stack([t, t]), lambda a: np.stack([a, a])),
}
KEYS = [
    0, -1, np.s_[0, 1, 2], np.s_[1:], np.s_[:, ::2], np.s_[..., -1], np.s_[:, None, 1], np.s_[::-1, :, ::-2], Ellipsis,
    None, [1, 0, 1], np.s_[:, [0, 0, 2]], np.s_[[0, 1], [2, 2]], np.s_[[0, 0], :, [1, 1]], X > 5,
    np.array([True, False]), np.s_[:, np.array([True, False, True])], np.int64(1), np.s_[np.array([[0, 1], [1, 1]])],
    np.s_[0:0], True,
]  # fmt: skip


def check(ours, numpys):
    """The forward, the gradient (a permutation of cells: exact) and the second order, of a move."""
    x = tensor(X, requires_grad=True)
    y = ours(x)
    assert np.array_equal(y.data, numpys(X)) and y.shape == numpys(X).shape
    g = tensor(np.random.default_rng(0).integers(-4, 5, y.shape).astype(float), requires_grad=True)
    (found,) = grad(y, x, g, create_graph=True)
    numbers = numpys(np.arange(X.size).reshape(X.shape))  # which cell of x lies where
    expected = np.bincount(numbers.ravel(), g.data.ravel(), X.size).reshape(X.shape)
    assert np.array_equal(found.data, expected)
    z = np.random.default_rng(1).integers(-4, 5, X.shape).astype(float)
    assert np.array_equal(grad(found, g, z)[0].data, numpys(z))


@pytest.mark.parametrize("name", MOVES)
def test_moves(name):
    ours, numpys = MOVES[name]
    check(ours, numpys)
    assert type(ours(X)) is np.ndarray and np.array_equal(ours(X), numpys(X))


@pytest.mark.parametrize("key", KEYS, ids=lambda key: str(key).replace("\n", "")[:40])
def test_indexing_is_numpys(key):
    check(lambda t: t[key], lambda a: a[key])


def test_tensors_of_integers_and_booleans_are_indices():
    x = tensor(X, requires_grad=True)
    assert np.array_equal(x[tensor(np.array([1, 0]))].data, X[[1, 0]])
    assert np.array_equal(x[x > 5].data, X[X > 5])
    assert np.array_equal(x[:, tensor(np.array([1]))].data, X[:, [1]])


def test_index_errors_name_the_shape():
    with pytest.raises(IndexError, match=r"getitem: .*out of bounds.* \(shape \(2, 3, 4\)\)"):
        tensor(X)[2]
    with pytest.raises(IndexError, match="getitem: too many indices"):
        tensor(X)[0, 0, 0, 0]


def test_cat_of_different_sizes_gives_each_its_part():
    a, b = tensor(np.ones((2, 1)), requires_grad=True), tensor(np.ones((2, 3)), requires_grad=True)
    y = rot180.cat([a, np.zeros((2, 2)), b], -1)
    assert y.shape == (2, 6)
    da, db = grad(y, (a, b), np.arange(12.0).reshape(2, 6))
    assert da.tolist() == [[0], [6]] and db.tolist() == [[3, 4, 5], [9, 10, 11]]


def test_errors_of_cat_and_stack():
    a, b = tensor(np.ones((2, 3))), tensor(np.ones((2, 4)))
    with pytest.raises(ShapeError, match="cat: needs at least one tensor, got none"):
        rot180.cat([])
    with pytest.raises(ShapeError, match=r"cat: shapes \[\(2, 3\), \(2, 4\)\] must be equal on every axis except 0"):
        rot180.cat([a, b])
    with pytest.raises(DtypeError, match=r"cat: got float32 and float64; convert with \.astype"):
        rot180.cat([a, a.float()])
    with pytest.raises(ShapeError, match="cat: dim 2 is out of range for 2 axes"):
        rot180.cat([a], 2)
    with pytest.raises(ShapeError, match=r"stack: shapes \[\(2, 3\), \(2, 4\)\] must be equal"):
        rot180.stack([a, b])
    with pytest.raises(ShapeError, match="stack: needs at least one tensor"):
        rot180.stack([])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: t.reshape(5, 5), r"reshape: \(2, 3, 4\) cannot become \(5, 5\)"),
        (lambda t: t.permute(0, 1), r"permute: dims \(0, 1\) must contain each of the 3 axes once"),
        (lambda t: t.permute(0, 0, 1), r"permute: dims \(0, 0, 1\) must contain"),
        (lambda t: t.transpose(0, 3), "transpose: dim 3 is out of range for 3 axes"),
        (lambda t: t.broadcast_to((2, 3, 5)), r"broadcast_to: \(2, 3, 4\) does not broadcast to \(2, 3, 5\)"),
        (lambda t: t.unsqueeze(5), "unsqueeze: dim 5 is out of range for 4 axes"),
        (lambda t: t.squeeze(3), "squeeze: dim 3 is out of range"),
        (lambda t: t.flatten(2, 1), "flatten: start_dim 2 comes after end_dim 1"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ShapeError, match=message):
        call(tensor(X))


def test_flatten_of_a_number():
    assert tensor(1.0).flatten().shape == (1,)


def test_a_shape_of_floats_is_an_error():
    with pytest.raises(ShapeError, match=r"reshape: the sizes must be ints; got \(1\.5, 2\)"):
        tensor([1.0, 2.0, 3.0]).reshape(1.5, 2)
