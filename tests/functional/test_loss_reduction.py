"""Reductions of every loss: their names, their values, empty inputs; inputs and targets that do not match."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import Tensor
from rot180.errors import DtypeError, ShapeError

REGRESSION = [F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss]
PAIRED = [*REGRESSION, F.binary_cross_entropy, F.binary_cross_entropy_with_logits, F.kl_div]
CLASSES = [F.nll_loss, F.cross_entropy]


def ones(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    return np.ones(shape, dtype)


@pytest.mark.parametrize("loss", PAIRED)
def test_input_and_target_must_match(loss: Any) -> None:
    name = loss.__name__
    with pytest.raises(
        ShapeError, match=rf"^{name}: input has shape \(3,\) but target has \(4,\); they must be the same"
    ):
        loss(ones(3), ones(4))
    with pytest.raises(
        DtypeError, match=rf"^{name}: input is float32 but target is float64; convert one with \.astype"
    ):
        loss(ones(3), ones(3, dtype=np.float64))
    with pytest.raises(DtypeError, match=f"^{name}: takes float32 or float64, got int64"):
        loss(ones(3), ones(3, dtype=np.int64))


@pytest.mark.parametrize("loss", [*PAIRED, *CLASSES])
def test_unknown_reductions_raise(loss: Any) -> None:
    target = ones(2, 3) if loss in PAIRED else np.zeros(2, int)
    names = "'batchmean', 'mean', 'sum' or 'none'" if loss is F.kl_div else "'mean', 'sum' or 'none'"
    with pytest.raises(ValueError, match=f"^{loss.__name__}: reduction must be {names}; got 'average'"):
        loss(ones(2, 3), target, reduction="average")


@pytest.mark.parametrize("loss", [*PAIRED, *CLASSES])
def test_sum_and_mean_equal_those_of_the_single_losses(loss: Any) -> None:
    rng = np.random.default_rng(0)
    x, t = rng.uniform(0.1, 0.9, (2, 5, 3)), rng.uniform(0.1, 0.9, (2, 5, 3))
    target = t if loss in PAIRED else rng.integers(0, 5, (2, 3))
    losses = loss(x, target, reduction="none")
    assert losses.shape == target.shape
    assert loss(x, target, reduction="sum") == pytest.approx(losses.sum(), rel=1e-14)
    assert loss(x, target) == loss(x, target, reduction="mean") == pytest.approx(losses.mean(), rel=1e-14)


@pytest.mark.parametrize("loss", PAIRED)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_of_empty_inputs_the_mean_is_nan_and_the_sum_0(loss: Any, shape: tuple[int, ...]) -> None:
    """As in PyTorch, without a warning; the gradient has the shape of the input."""
    for reduction, expected in (("mean", np.nan), ("sum", 0.0)):
        x, t = (Tensor(ones(*shape), requires_grad=True) for _ in "xt")
        value = loss(x, t, reduction=reduction)
        value.backward()
        np.testing.assert_array_equal(value.item(), expected)
        assert value.dtype == np.float32
        assert x.grad is not None and t.grad is not None and x.grad.shape == t.grad.shape == shape
        np.testing.assert_array_equal(loss(ones(*shape), ones(*shape), reduction=reduction), expected)
    assert loss(ones(*shape), ones(*shape), reduction="none").shape == shape


@pytest.mark.parametrize("loss", PAIRED)
def test_arrays_from_a_pickle_are_accepted(loss: Any) -> None:
    a = pickle.loads(pickle.dumps(np.full(3, 0.5, np.float32)))
    np.testing.assert_array_equal(loss(a, ones(3)), loss(a.copy(), ones(3)))
    assert loss(Tensor(a), ones(3)).dtype == np.float32
