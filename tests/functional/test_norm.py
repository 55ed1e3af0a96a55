"""Normalisation: values by hand, running statistics, empty inputs, error messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180 import Tensor
from rot180.errors import DtypeError, GradientError, ShapeError

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
ONE = np.ones(3, np.float32)


def running(dtype: Any = np.float32) -> list[np.ndarray]:
    return [np.array([0.5, -1, 2], dtype), np.array([1, 0.25, 4], dtype)]


# ---- by hand ----


def test_batch_norm_by_hand() -> None:
    x = np.array([[1.0, 10], [3, 10], [5, 16]])  # means 3, 12; variances 8/3, 8
    kept = [np.zeros(2), np.ones(2)]
    y = F.batch_norm(x, *kept, np.array([1.0, 2]), np.array([0.0, 1]), training=True, momentum=0.25, eps=1e-12)
    r = np.sqrt(1.5)
    np.testing.assert_allclose(y, [[-r, 1 - np.sqrt(2)], [0, 1 - np.sqrt(2)], [r, 1 + 2 * np.sqrt(2)]], atol=1e-11)
    np.testing.assert_allclose(kept[0], [0.75, 3])
    np.testing.assert_allclose(kept[1], [0.75 + 0.25 * 4, 0.75 + 0.25 * 12])  # unbiased: 4 and 12


def test_group_and_layer_norm_by_hand() -> None:
    x = np.array([[1.0, 3, 10, 30]])
    np.testing.assert_allclose(F.group_norm(x, 2, eps=0.0), [[-1, 1, -1, 1]])
    np.testing.assert_allclose(F.layer_norm(x.reshape(2, 2), (2,), eps=0.0), [[-1, 1], [-1, 1]])
    weight, bias = np.array([2.0, 3]), np.array([5.0, 7])
    np.testing.assert_allclose(F.layer_norm(x.reshape(2, 2), 2, weight, bias, 0.0), [[3, 10], [3, 10]])


def test_evaluation_uses_the_running_statistics_and_leaves_them_alone() -> None:
    kept = running(np.float64)
    y = F.batch_norm(X.astype(np.float64), *kept, eps=0.0)
    np.testing.assert_allclose(y[:, 1], (X[:, 1] + 1) / 0.5)
    assert [a.tolist() for a in kept] == [a.tolist() for a in running()]


# ---- running statistics ----


@pytest.mark.parametrize("wrap", [np.asarray, Tensor])
def test_running_statistics_over_several_batches(wrap: Any) -> None:
    rng = np.random.default_rng(0)
    batches = rng.standard_normal((4, 5, 3, 7)) * 2 + 1
    kept = [wrap(a) for a in running(np.float64)]
    mean, var = running(np.float64)
    for x in batches:
        F.batch_norm(wrap(x), *kept, training=True, momentum=0.3)
        mean = 0.7 * mean + 0.3 * x.mean((0, 2))
        var = 0.7 * var + 0.3 * x.var((0, 2), ddof=1)
    np.testing.assert_allclose(np.asarray(kept[0]), mean, rtol=1e-13)
    np.testing.assert_allclose(np.asarray(kept[1]), var, rtol=1e-13)


def test_running_statistics_of_instances_are_the_mean_over_the_samples() -> None:
    x, kept = np.random.default_rng(1).standard_normal((4, 3, 5)), running(np.float64)
    F.instance_norm(x, *kept, momentum=1.0)
    np.testing.assert_allclose(kept[0], x.mean(2).mean(0), rtol=1e-13)
    np.testing.assert_allclose(kept[1], x.var(2, ddof=1).mean(0), rtol=1e-13)


def test_running_statistics_may_be_views_and_numbers_of_numpy_keep_the_dtype() -> None:
    table = np.zeros((3, 2), np.float32)
    F.batch_norm(X, table[:, 0], table[:, 1], training=True, momentum=np.float64(1))
    np.testing.assert_allclose(table[:, 0], X.mean((0, 2)))
    np.testing.assert_allclose(table[:, 1], X.var((0, 2), ddof=1), rtol=1e-6)


def test_a_later_update_does_not_change_gradients_of_an_earlier_evaluation() -> None:
    x, kept = Tensor(X, requires_grad=True), running()
    y = F.batch_norm(x, *kept)
    before = rot180.grad(y.sum(), x, retain_graph=True)[0].data.copy()
    weight = Tensor(ONE, requires_grad=True)
    z = F.batch_norm(x, *kept, weight)
    expected = (X - kept[0][:, None]).sum((0, 2)) / np.sqrt(kept[1] + 1e-5)
    F.batch_norm(X, *kept, training=True, momentum=1.0)
    assert np.array_equal(rot180.grad(y.sum(), x)[0].data, before)
    np.testing.assert_allclose(rot180.grad(z.sum(), weight)[0].data, expected, rtol=1e-5)


# ---- gradients that the battery does not cover ----


def test_the_gradient_of_the_sum_is_0() -> None:
    """Shifting or scaling a group does not change its output."""
    x = Tensor(np.random.default_rng(2).standard_normal((3, 4, 5)), requires_grad=True)
    for y in (F.batch_norm(x, None, None, training=True), F.group_norm(x, 2), F.layer_norm(x, 5), F.instance_norm(x)):
        assert np.abs(rot180.grad(y.sum(), x)[0].data).max() < 1e-14


def test_only_required_gradients_are_computed() -> None:
    x = Tensor(X.astype(np.float64))
    weight, bias = Tensor(np.ones(3), requires_grad=True), Tensor(np.ones(3))
    for training in (True, False):
        y = F.batch_norm(x, *running(np.float64), weight, bias, training=training)
        y.backward(np.ones(X.shape))
        assert x.grad is None and bias.grad is None and weight.grad is not None
    bias.requires_grad_()
    weight.requires_grad_(False)
    F.batch_norm(x, *running(np.float64), weight, bias).sum().backward()
    assert bias.grad is not None and bias.grad.tolist() == [8, 8, 8]


@pytest.mark.parametrize("function", [lambda x: F.group_norm(x, 4, eps=0.1), lambda x: F.layer_norm(x, 1, eps=0.1)])
def test_a_group_of_one_value_becomes_0_and_has_gradient_0(function: Any) -> None:
    x = Tensor(np.random.default_rng(3).standard_normal((3, 4, 1)), requires_grad=True)
    y = function(x)
    y.backward(np.random.default_rng(4).standard_normal(y.shape))
    assert x.grad is not None and not y.data.any() and not x.grad.data.any()


@pytest.mark.parametrize("training", [True, False])
def test_an_empty_batch_gives_zeros_and_leaves_the_statistics_alone(training: bool) -> None:
    for shape in [(0, 3, 4), (2, 3, 0)]:
        kept = running()
        weight = Tensor(ONE, requires_grad=True)
        y = F.batch_norm(np.ones(shape, np.float32), *kept, weight, training=training)
        y.sum().backward()
        assert y.shape == shape and weight.grad is not None and not weight.grad.data.any()
        F.instance_norm(np.ones(shape, np.float32), *kept, use_input_stats=training)
        assert [a.tolist() for a in kept] == [a.tolist() for a in running()]
    assert F.group_norm(np.ones((0, 4), np.float32), 2).shape == (0, 4)
    assert F.layer_norm(np.ones((2, 0), np.float32), 0).shape == (2, 0)
    assert F.batch_norm(np.ones((2, 0, 3), np.float32), None, None, training=True).shape == (2, 0, 3)


def test_the_op_is_named_after_the_function() -> None:
    x = Tensor(X, requires_grad=True)
    assert "made_by=batch_norm" in repr(F.batch_norm(x, *running()))
    assert "made_by=layer_norm" in repr(F.layer_norm(x, 4))


# ---- error messages ----

NORMS: dict[str, Any] = {
    "batch_norm": lambda x=X, **named: F.batch_norm(
        x, **({"running_mean": None, "running_var": None, "training": True} | named)
    ),
    "instance_norm": lambda x=X, **named: F.instance_norm(x, **named),
    "group_norm": lambda x=X, **named: F.group_norm(x, 3, **named),
    "layer_norm": lambda x=X, **named: F.layer_norm(x, 4, **named),
}


@pytest.mark.parametrize("name", list(NORMS))
@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"x": X.astype(int)}, DtypeError, r"takes float32 or float64, got int64; convert with \.astype"),
        ({"x": "text"}, DtypeError, "takes Tensors and arrays; got str"),
        ({"x": np.float32(1)}, ShapeError, r"input has shape \(\); "),
        ({"eps": -1.0}, ValueError, "eps must be .*; got -1.0"),
        ({"eps": float("nan")}, ValueError, "eps must be .*; got nan"),
        ({"eps": "x"}, ValueError, "eps must be a number, .*; got 'x'"),
        ({"weight": np.ones(5, np.float32)}, ShapeError, r"weight has shape \(5,\); \([34],\) is needed"),
        ({"bias": np.ones((3, 1), np.float32)}, ShapeError, r"bias has shape \(3, 1\); \([34],\) is needed"),
        ({"weight": np.ones(3)}, DtypeError, r"weight is float64 but input is float32; convert one with \.astype"),
        ({"bias": np.ones(3, int)}, DtypeError, r"bias is int64 but input is float32; convert it with \.astype"),
        ({"weight": [1.0, 1, 1]}, DtypeError, "weight must be a Tensor or an array, got list; use np.asarray"),
    ],
)  # fmt: skip
def test_wrong_arguments_raise(name: str, changed: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{name}: {message}"):
        NORMS[name](**changed)


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
@pytest.mark.parametrize(
    ("mean", "var", "error", "message"),
    [
        (ONE, None, ValueError, "running_mean and running_var must be passed together or not at all"),
        (np.ones(4, np.float32), ONE, ShapeError, r"running_mean has shape \(4,\); \(3,\) is needed"),
        (ONE, np.ones(3), DtypeError, "running_var is float64 but input is float32"),
        (Tensor(ONE, requires_grad=True), ONE, GradientError, r"running_mean requires a gradient, .* \.detach\(\)"),
        (ONE, np.broadcast_to(np.float32(1), 3), ValueError, "running_var is a read-only array, .* pass a copy"),
        ([0.0, 0, 0], ONE, DtypeError, "running_mean must be a Tensor or an array, got list"),
    ],
)
def test_wrong_running_statistics_raise(name: str, mean: Any, var: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{name}: {message}"):
        NORMS[name](running_mean=mean, running_var=var)


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
def test_momentum_must_be_a_number(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: momentum must be a number; got None"):
        NORMS[name](momentum=None)


def test_evaluation_needs_running_statistics() -> None:
    with pytest.raises(ValueError, match=r"^batch_norm: running_mean and running_var are needed in evaluation"):
        F.batch_norm(X, None, None)
    with pytest.raises(ValueError, match=r"^instance_norm: .* are needed with use_input_stats=False"):
        F.instance_norm(X, use_input_stats=False)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: F.batch_norm(x, None, None, training=True), "batch_norm: .* per channel, .*; training needs"),
        (F.instance_norm, "instance_norm: .* one position per channel, so its variance is 0; more are needed"),
        (lambda x: F.group_norm(x, 3), "group_norm: .* one value per group, so its variance is 0; more are needed"),
    ],
)  # fmt: skip
def test_groups_of_one_value_raise(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(np.ones((1, 3, 1), np.float32))


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (2, "input has 3 channels; num_groups=2 must divide them"),
        (0, "num_groups must be an int of at least 1; got 0"),
        (1.5, "num_groups must be an int of at least 1; got 1.5"),
        (True, "num_groups must be an int of at least 1; got True"),
    ],
)
def test_wrong_numbers_of_groups_raise(groups: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^group_norm: {message}"):
        F.group_norm(X, groups)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((3,), r"input has shape \(2, 3, 4\); its last axes must have sizes \(3,\)"),
        ((1, 2, 3, 4), "its last axes must have sizes"),
        ((), r"normalized_shape must be a non-negative int or a sequence of at least one; got \(\)"),
        ((-4,), r"normalized_shape must be .* got \(-4,\)"),
        ("4", "normalized_shape must be .* got '4'"),
        (None, "normalized_shape must be .* got None"),
        (np.array([4]), r"normalized_shape must be .* got array\(\[4\]\)"),
    ],
)
def test_wrong_normalized_shapes_raise(sizes: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=f"^layer_norm: .*{message}"):
        F.layer_norm(X, sizes)
