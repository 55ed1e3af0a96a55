"""Sums, means, extrema and their indices: against NumPy, with their gradients."""

import numpy as np
import pytest

from rot180 import grad, tensor
from rot180.errors import DtypeError, ShapeError
from rot180.tape import reduction

X = np.random.default_rng(0).integers(-4, 5, (2, 3, 4)).astype(float)
DIMS = [None, 0, 1, -1, (0, 2), (0, 1, 2), [1], ()]


def leaf(values=X, dtype=np.float64):
    return tensor(values, dtype=dtype, requires_grad=True)


def axes(dim):
    return tuple(dim) if isinstance(dim, list) else dim


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", DIMS, ids=str)
@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin"])
def test_reductions_are_numpys(name, dim, keepdim):
    x = leaf()
    y = getattr(x, name)(dim, keepdim=keepdim)
    assert np.array_equal(y.data, getattr(np, name)(X, axes(dim), keepdims=keepdim))
    assert type(y.data) is np.ndarray


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", DIMS, ids=str)
def test_the_gradient_of_a_sum_is_spread_and_of_a_mean_shared(dim, keepdim):
    x = leaf()
    y = x.sum(dim, keepdim)
    g = np.random.default_rng(1).integers(-4, 5, y.shape).astype(float)
    spread = np.broadcast_to(g.reshape(np.sum(X, axes(dim), keepdims=True).shape), X.shape)
    assert np.array_equal(grad(y, x, g)[0].data, spread)
    count = X.size // max(y.numel(), 1)
    np.testing.assert_allclose(grad(x.mean(dim, keepdim), x, g)[0].data, spread / count, rtol=1e-15)


def test_ties_share_the_gradient_of_amax_and_amin():
    x = leaf([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    assert grad(x.amax(1), x, np.array([2.0, 3.0]))[0].tolist() == [[0, 1, 1], [1, 1, 1]]
    assert grad(x.amin(), x)[0].tolist() == [[1, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("name", ["max", "min"])
def test_max_along_an_axis_gives_values_and_indices(name, dim, keepdim):
    x = leaf()
    values, indices = getattr(x, name)(dim, keepdim)
    search = getattr(np, f"arg{name}")(X, dim)
    assert np.array_equal(indices.data, np.expand_dims(search, dim) if keepdim else search)
    assert np.array_equal(values.data, getattr(np, name)(X, dim, keepdims=keepdim))
    g = np.random.default_rng(1).integers(1, 5, values.shape).astype(float)
    expected = np.zeros_like(X)
    np.put_along_axis(expected, np.expand_dims(search, dim), g if keepdim else np.expand_dims(g, dim), dim)
    assert np.array_equal(grad(values, x, g)[0].data, expected)  # the first of a tie takes it
    assert not indices.requires_grad


def test_max_of_all_cells():
    x = leaf([1.0, 5.0, 2.0])
    assert x.max().item() == 5 and x.min().item() == 1
    assert grad(x.max(), x)[0].tolist() == [0, 1, 0]


def test_indices():
    x = leaf()
    assert x.argmax().item() == X.argmax() and np.array_equal(x.argmin(1).data, X.argmin(1))
    assert x.argmax(2, keepdim=True).shape == (2, 3, 1) and not x.argmax().requires_grad
    assert x.argmax(0).dtype == np.intp


def test_sums_of_float32_stay_float32():
    x = leaf([1.0, 2.0], np.float32)
    assert x.sum().dtype == x.mean().dtype == x.amax().dtype == np.float32


def test_empty_axes():
    x = leaf(np.zeros((0, 3)))
    assert x.sum().item() == 0 and x.sum(0).tolist() == [0, 0, 0]
    assert np.isnan(x.mean(0).data).all()
    for name in ("amax", "amin", "argmax", "argmin"):
        with pytest.raises(ShapeError, match=rf"{name}: shape \(0, 3\) has no elements along the reduced axes"):
            getattr(x, name)(0)


def test_errors():
    x = leaf()
    with pytest.raises(ShapeError, match="sum: dim 3 is out of range for 3 axes"):
        x.sum(3)
    with pytest.raises(ShapeError, match=r"mean: dim \(0, -3\) contains an axis twice"):
        x.mean((0, -3))
    with pytest.raises(DtypeError, match="sum: takes float32 or float64, got int64"):
        tensor(np.array([1, 2])).sum()


def test_a_nan_takes_the_gradient_of_its_extremum():
    x = tensor([[1.0, np.nan, 3.0]], requires_grad=True)
    x.amax(1).sum().backward()
    assert x.grad.tolist() == [[0.0, 1.0, 0.0]]


REDUCTIONS = ["sum", "mean", "amax", "amin", "max", "min", "argmax", "argmin"]


@pytest.mark.parametrize("name", REDUCTIONS)
def test_keepdims_means_keepdim(name):
    x = tensor([[1.0, 3.0, 2.0], [4.0, 6.0, 5.0]])
    function, method = getattr(reduction, name), getattr(x, name)
    for call in (method, lambda *args, **named: function(x.data, *args, **named)):
        for keep in (False, True):
            found, expected = call(1, keepdims=keep), call(1, keepdim=keep)
            for a, b in zip(found, expected, strict=True) if name in ("max", "min") else [(found, expected)]:
                assert a.shape == b.shape == ((2, 1) if keep else (2,)) and a.tolist() == b.tolist()


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("option", ["keepdim", "keepdims"])
def test_a_reduction_over_all_axes_keeps_them_on_request(name, option):
    x = tensor([[1.0, 3.0, 2.0], [4.0, 6.0, 5.0]])
    assert getattr(x, name)(**{option: True}).shape == (1, 1)
    assert getattr(x, name)(**{option: False}).shape == ()


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("values", [(True, True), (False, True), (False, False)])
def test_keepdim_and_keepdims_together_are_refused(name, values):
    x = tensor([[1.0, 2.0]])
    for dim in (1, None):
        with pytest.raises(
            TypeError, match=rf"^{name}: got both keepdim and keepdims, which are the same option; pass"
        ):
            getattr(x, name)(dim, keepdim=values[0], keepdims=values[1])
