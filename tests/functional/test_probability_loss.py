"""Losses of probabilities: values by hand, error messages, extreme inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import Tensor
from rot180.errors import DtypeError, ShapeError


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


@pytest.mark.parametrize("value", [1.5, -0.1, np.nan])
def test_binary_cross_entropy_needs_probabilities(value: float) -> None:
    with pytest.raises(
        ValueError, match=r"^binary_cross_entropy: input must hold probabilities .* apply sigmoid first"
    ):
        F.binary_cross_entropy(np.array([value]), np.ones(1))


@pytest.mark.parametrize("name", ["weight", "pos_weight"])
@pytest.mark.parametrize("shape", [(2,), (1, 1, 3), (3, 3, 3)])
def test_binary_weights_must_broadcast_to_the_input(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ShapeError, match=rf"{name} has shape .*; it must broadcast to the shape of the input, \(2, 3\)"
    ):
        F.binary_cross_entropy_with_logits(ones(2, 3), ones(2, 3), **{name: ones(*shape)})
    if name == "weight":
        with pytest.raises(ShapeError, match=r"^binary_cross_entropy: weight has shape"):
            F.binary_cross_entropy(ones(2, 3) / 2, ones(2, 3), ones(*shape))


@pytest.mark.parametrize("loss", [F.binary_cross_entropy, F.binary_cross_entropy_with_logits])
def test_weights_must_be_numbers(loss: Any) -> None:
    with pytest.raises(DtypeError, match=f"^{loss.__name__}: weight must hold numbers; got 'balanced'"):
        loss(ones(2, 3) / 2, ones(2, 3), weight="balanced")


def test_weights_are_converted_to_the_dtype_of_the_input() -> None:
    x, weight = ones(2, 3) / 2, np.full(3, 2.0)
    for loss in (F.binary_cross_entropy, F.binary_cross_entropy_with_logits):
        y = loss(Tensor(x, requires_grad=True), x, weight)
        y.backward()
        assert y.dtype == np.float32


def test_the_gradient_of_the_target_for_extreme_inputs() -> None:
    x = np.array([-1000.0, 1000.0], np.float32)
    t = Tensor(np.array([0.0, 1.0], np.float32), requires_grad=True)
    F.binary_cross_entropy_with_logits(x, t, reduction="sum", pos_weight=np.float32(2)).backward()
    assert t.grad is not None and t.grad.tolist() == [2000.0, -1000.0]
    t = Tensor(np.array([0.0, 1.0], np.float32), requires_grad=True)
    F.binary_cross_entropy(np.array([0.0, 1.0], np.float32), t, reduction="sum").backward()
    assert t.grad is not None
    np.testing.assert_allclose(t.grad.data, [100.0, -100.0], rtol=1e-5)


# ---- Kullback-Leibler divergence ----

P, Q = np.array([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]]), np.array([[0.2, 0.3, 0.5], [0.4, 0.5, 0.1]])


def test_the_divergence_by_hand() -> None:
    """The sum of p log(p / q), where p is the target and log(q) the input."""
    per_sample = (P * np.log(P / Q)).sum(1)
    np.testing.assert_allclose(F.kl_div(np.log(Q), P, "none").sum(1), per_sample, rtol=1e-14)
    for target, log_target in ((P, False), (np.log(P), True)):
        total = F.kl_div(np.log(Q), target, "sum", log_target)
        assert total == pytest.approx(per_sample.sum(), rel=1e-14)
        assert F.kl_div(np.log(Q), target, "batchmean", log_target) == pytest.approx(total / 2, rel=1e-14)
        assert F.kl_div(np.log(Q), target, "mean", log_target) == pytest.approx(total / 6, rel=1e-14)
    assert F.kl_div(np.log(P), P, "sum") == 0


def test_a_target_of_0_has_loss_0() -> None:
    x = Tensor(np.log(np.array([0.5, 0.25, 0.25])), requires_grad=True)
    losses = F.kl_div(x, np.array([0.0, 0.0, 1.0]), "none")
    losses.sum().backward()
    np.testing.assert_allclose(losses.data, [0, 0, np.log(4)])
    assert x.grad is not None and x.grad.tolist() == [0, 0, -1]


def test_the_gradient_of_the_target_of_kl_div() -> None:
    t = Tensor(P.copy(), requires_grad=True)
    F.kl_div(np.log(Q), t, "sum").backward()
    assert t.grad is not None
    np.testing.assert_allclose(t.grad.data, np.log(P / Q) + 1, rtol=1e-13)


def test_batchmean_of_an_empty_batch_is_nan_and_of_a_0d_input_its_loss() -> None:
    assert np.isnan(F.kl_div(ones(0, 3), ones(0, 3), "batchmean"))
    assert F.kl_div(np.zeros(()), np.full((), 0.5), "batchmean") == 0.5 * np.log(0.5)


def test_only_kl_div_accepts_batchmean() -> None:
    with pytest.raises(ValueError, match=r"^binary_cross_entropy: reduction must be 'mean', 'sum' or 'none'"):
        F.binary_cross_entropy(ones(3), ones(3), reduction="batchmean")
