"""Gradient clipping: values worked out by hand, in-place updates, errors, and a comparison with PyTorch."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import rot180
from rot180 import Tensor, nn
from rot180.errors import DtypeError, GradientError
from rot180.nn.clip_grad import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm


def parameters(*gradients: Any, dtype: Any = np.float32) -> list[Tensor]:
    """One parameter for each gradient; None stands for a parameter without a gradient."""
    result = []
    for g in gradients:
        p = Tensor(np.zeros(np.shape([0.0] if g is None else g), dtype), requires_grad=True)
        p.grad = None if g is None else Tensor(np.array(g, dtype))
        result.append(p)
    return result


def values(params: list[Tensor]) -> list[Any]:
    return [None if p.grad is None else p.grad.tolist() for p in params]


def test_the_norm_is_taken_over_all_gradients_together() -> None:
    params = parameters([3.0, 0.0], None, [[0.0], [4.0]])
    arrays = [p.grad.data for p in params if p.grad is not None]
    total = clip_grad_norm_(params, 2.5)
    assert isinstance(total, Tensor) and total.shape == () and total.dtype == np.float32
    assert total.item() == 5
    np.testing.assert_allclose(arrays[0], [1.5, 0], rtol=1e-6)  # in place: 2.5 / (5 + 1e-6)
    np.testing.assert_allclose(arrays[1], [[0], [2]], rtol=1e-6)


def test_a_norm_within_bounds_changes_nothing() -> None:
    params = parameters([3.0, 4.0])
    assert clip_grad_norm_(params, 6).item() == 5
    assert clip_grad_norm_(params, float("inf")).item() == 5
    assert values(params) == [[3.0, 4.0]]


@pytest.mark.parametrize(
    ("norm_type", "norm"),
    [
        (1, 10.0),
        (2.0, 30**0.5),
        (3, 100 ** (1 / 3)),
        (float("inf"), 4.0),
        ("inf", 4.0),
        (float("-inf"), 1.0),
        (-1, 0.48),
    ],
)
def test_norms_of_other_orders(norm_type: Any, norm: float) -> None:
    params = parameters([1.0, -2.0], [-3.0, 4.0], dtype=np.float64)
    assert clip_grad_norm_(params, norm / 2, norm_type).item() == pytest.approx(norm, rel=1e-14)
    np.testing.assert_allclose(values(params), [[0.5, -1.0], [-1.5, 2.0]], rtol=1e-5)


def test_a_single_tensor_missing_gradients_and_empty_gradients() -> None:
    (p,) = parameters([3.0, 4.0])
    assert clip_grad_norm_(p, 1.0).item() == 5
    assert clip_grad_norm_(parameters(None), 1.0).item() == 0
    assert clip_grad_norm_([], 1.0).dtype == np.float32
    assert clip_grad_norm_(parameters(np.zeros((0, 3))), 1.0, float("inf")).item() == 0
    assert clip_grad_norm_(parameters(np.zeros(3)), 0.0).item() == 0


def test_dtypes_may_be_mixed() -> None:
    params = parameters([3.0]) + parameters([4.0], dtype=np.float64)
    total = clip_grad_norm_(params, 1.0)
    assert (total.dtype, total.item()) == (np.float64, 5)
    assert [p.grad.dtype for p in params if p.grad is not None] == [np.float32, np.float64]
    np.testing.assert_allclose(np.ravel(values(params)), [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("size", [1e-30, 1e-20, 1e18, 1e19, 1e30])
def test_norm_of_gradients_whose_square_overflows_or_underflows(size: float) -> None:
    params = parameters(np.full(100, size), np.full((3, 100), -size))
    assert get_total_norm([p.grad for p in params if p.grad is not None]).item() == pytest.approx(20 * size, rel=1e-6)
    clip_grad_norm_(params, 1.0)
    if size > 1:  # PyTorch makes these zeros, because their norm is infinite
        assert params[1].grad is not None
        np.testing.assert_allclose(params[1].grad.data, -1 / 20, rtol=1e-5)


def test_strided_gradients() -> None:
    p = Tensor(np.zeros((4, 3), np.float32), requires_grad=True)
    base = np.ones((3, 8), np.float32)
    p.grad = Tensor(base.T[::2])
    assert clip_grad_norm_(p, 1.0).item() == pytest.approx(12**0.5)
    np.testing.assert_allclose(base[:, ::2], 12**-0.5, rtol=1e-6)
    assert np.array_equal(base[:, 1::2], np.ones((3, 4)))


def test_a_norm_that_is_infinite_or_nan() -> None:
    for bad in (np.inf, np.nan):
        params = parameters([1.0, bad])
        with pytest.raises(GradientError, match=f"clip_grad_norm_: the norm of order 2.0 is {bad}"):
            clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
        assert values(params)[0][0] == 1.0
    assert np.isnan(clip_grad_norm_(params, 1.0).item())
    assert np.isnan(values(params)).all()  # as in PyTorch
    params = parameters([1.0, np.inf])
    with pytest.warns(RuntimeWarning, match="invalid value"):
        assert clip_grad_norm_(params, 1.0).item() == np.inf
    np.testing.assert_array_equal(values(params), [[0.0, np.nan]])


def test_clip_grad_value() -> None:
    params = parameters([-3.0, 0.5, np.nan], None, [[2.0]])
    array = params[0].grad.data if params[0].grad is not None else None
    clip_grad_value_(params, 1)
    np.testing.assert_array_equal(array, [-1.0, 0.5, np.nan])
    assert values(params)[1:] == [None, [[1.0]]]
    clip_grad_value_(params[2], 0.25)
    assert values(params)[2] == [[0.25]]


def test_scaling_by_a_precomputed_norm() -> None:
    params = parameters([3.0, 4.0], dtype=np.float64)
    clip_grads_with_norm_(params, 1.0, Tensor(np.float64(10.0)))
    np.testing.assert_allclose(values(params), [[0.3, 0.4]], rtol=1e-6)
    clip_grads_with_norm_(params, 1.0, 0.5)  # type: ignore[arg-type]
    np.testing.assert_allclose(values(params), [[0.3, 0.4]], rtol=1e-6)


def test_a_gradient_that_belongs_to_a_graph_is_replaced() -> None:
    x = rot180.tensor([3.0], requires_grad=True)
    (x * x * x).sum().backward(create_graph=True)
    recorded = x.grad
    assert recorded is not None
    clip_grad_norm_(x, 1.0)
    assert x.grad is not None and x.grad.item() == pytest.approx(1.0)
    assert rot180.grad((recorded * recorded).sum(), x)[0].item() == 2 * 27 * 18  # as if nothing had been clipped


def test_clipping_the_gradients_of_a_model() -> None:
    model = nn.Linear(3, 2)
    model(np.ones((4, 3), np.float32)).sum().backward()
    assert nn.utils.clip_grad_norm_(model.parameters(), 0.5).item() == pytest.approx((4 * 4 * 8) ** 0.5)
    assert nn.utils.get_total_norm([p.grad for p in model.parameters()]).item() == pytest.approx(0.5)


def test_errors() -> None:
    with pytest.raises(
        TypeError, match=re.escape("takes a Tensor or an iterable of Tensors; got Linear; pass its parameters()")
    ):
        clip_grad_norm_(nn.Linear(1, 1), 1.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="clip_grad_value_: entry 1 is a ndarray; a Tensor is needed"):
        clip_grad_value_([*parameters([1.0]), np.ones(2)], 1.0)  # type: ignore[list-item]
    with pytest.raises(TypeError, match="get_total_norm: entry 0 is a NoneType; a Tensor is needed"):
        get_total_norm([None])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="clip_grad_norm_: max_norm must be at least 0; got -1"):
        clip_grad_norm_(parameters([1.0]), -1)
    with pytest.raises(ValueError, match="clip_grad_value_: clip_value must be at least 0; got nan"):
        clip_grad_value_(parameters([1.0]), float("nan"))
    with pytest.raises(ValueError, match="clip_grad_norm_: norm_type must be a number or inf; got nan"):
        clip_grad_norm_(parameters([1.0]), 1.0, float("nan"))
    with pytest.raises(DtypeError, match="clip_grad_norm_: max_norm must be a number; got None"):
        clip_grad_norm_(parameters([1.0]), None)  # type: ignore[arg-type]
    with pytest.raises(DtypeError, match="clip_grad_norm_: norm_type must be a number; got 'max'"):
        clip_grad_norm_(parameters([1.0]), 1.0, "max")  # type: ignore[arg-type]
    with pytest.warns(UserWarning, match="clip_grad_norm_: got an empty generator; it may have been used up"):
        clip_grad_norm_((p for p in parameters()), 1.0)


# ---- compared with PyTorch ----


@pytest.mark.peers
@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, 0.5, 0.0, -1.0, float("inf"), float("-inf")])
@pytest.mark.parametrize("dtypes", [("float32", "float32"), ("float64", "float64"), ("float32", "float64")])
@pytest.mark.parametrize("max_norm", [0.0, 0.7, 1e6])
def test_norms_and_gradients_equal_pytorchs(norm_type: float, dtypes: tuple[str, str], max_norm: float) -> None:
    import torch

    rng = np.random.default_rng(0)
    gradients = [rng.normal(size=shape).astype(t) for shape, t in zip([(30, 7), (11,)], dtypes, strict=True)]
    ours = [p for g in gradients for p in parameters(g, dtype=g.dtype)]
    theirs = [torch.nn.Parameter(torch.zeros_like(torch.tensor(g))) for g in gradients]
    for q, g in zip(theirs, gradients, strict=True):
        q.grad = torch.tensor(g)
    tolerance = 1e-14 if dtypes == ("float64", "float64") else 2e-6
    total = clip_grad_norm_(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert str(total.dtype) == str(expected.dtype).removeprefix("torch.")
    np.testing.assert_allclose(total.data, expected.numpy(), rtol=tolerance)
    for p, q in zip(ours, theirs, strict=True):
        assert p.grad is not None
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=tolerance, atol=1e-30)
    clip_grad_value_(ours, 0.01)
    torch.nn.utils.clip_grad_value_(theirs, 0.01)
    for p, q in zip(ours, theirs, strict=True):
        assert p.grad is not None
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=tolerance, atol=1e-30)
