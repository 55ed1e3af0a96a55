"""Losses: what they refuse, and batches without a target that counts."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import Tensor
from rot180.errors import DtypeError, ShapeError

PAIRED = [F.mse_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits]
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
def test_reductions_are_three(loss: Any) -> None:
    target = ones(2, 3) if loss in PAIRED else np.zeros(2, int)
    with pytest.raises(ValueError, match=f"^{loss.__name__}: reduction must be 'mean', 'sum' or 'none'; got 'average'"):
        loss(ones(2, 3), target, reduction="average")


@pytest.mark.parametrize("value", [1.5, -0.1, np.nan])
def test_binary_cross_entropy_takes_probabilities(value: float) -> None:
    with pytest.raises(
        ValueError, match=r"^binary_cross_entropy: input must hold probabilities .* apply sigmoid first"
    ):
        F.binary_cross_entropy(np.array([value]), np.ones(1))


@pytest.mark.parametrize("name", ["weight", "pos_weight"])
@pytest.mark.parametrize("shape", [(2,), (1, 1, 3), (3, 3, 3)])
def test_binary_weights_must_broadcast_to_the_input(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=rf"{name} has shape .*; it must broadcast to that of the input, \(2, 3\)"):
        F.binary_cross_entropy_with_logits(ones(2, 3), ones(2, 3), **{name: ones(*shape)})
    if name == "weight":
        with pytest.raises(ShapeError, match=r"^binary_cross_entropy: weight has shape"):
            F.binary_cross_entropy(ones(2, 3) / 2, ones(2, 3), ones(*shape))


def test_weights_take_the_dtype_of_the_input() -> None:
    x, weight = ones(2, 3) / 2, np.full(3, 2.0)
    for loss in (F.binary_cross_entropy, F.binary_cross_entropy_with_logits):
        y = loss(Tensor(x, requires_grad=True), x, weight)
        y.backward()
        assert y.dtype == np.float32
    assert F.cross_entropy(x, np.array([0, 1]), weight).dtype == np.float32


@pytest.mark.parametrize("loss", CLASSES)
@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (np.array([0, 3]), ValueError, "target 3 is not a class: input has 3 classes, 0 to 2"),
        (np.array([0, -1]), ValueError, "target -1 is not a class"),
        (np.array([0, 1, 2]), ShapeError, r"target has shape \(3,\); input of shape \(2, 3\) needs \(2,\)"),
        (np.array([True, False]), DtypeError, r"target must hold integers \(class numbers\), got bool"),
        (None, DtypeError, "target must hold integers"),
    ],
)
def test_classes_are_checked(loss: Any, target: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{loss.__name__}: {message}"):
        loss(ones(2, 3), target)


def test_nll_loss_takes_no_probabilities_as_target() -> None:
    with pytest.raises(
        DtypeError, match=r"nll_loss: target must hold integers .* got float32; convert with \.astype\(int\)"
    ):
        F.nll_loss(ones(2, 3), ones(2, 3))


@pytest.mark.parametrize("loss", CLASSES)
def test_one_weight_per_class(loss: Any) -> None:
    with pytest.raises(
        ShapeError, match=rf"^{loss.__name__}: weight has shape \(2,\); \(3,\) is needed, one per class"
    ):
        loss(ones(2, 3), np.array([0, 1]), ones(2))


def test_one_weight_per_class_for_probabilities_too() -> None:
    with pytest.raises(ShapeError, match=r"^cross_entropy: weight has shape \(2,\); \(3,\) is needed"):
        F.cross_entropy(ones(2, 3), ones(2, 3), ones(2))


@pytest.mark.parametrize("loss", CLASSES)
def test_ignored_classes_get_no_gradient(loss: Any) -> None:
    x = Tensor(np.random.default_rng(0).standard_normal((3, 4)), requires_grad=True)
    loss(x, np.array([1, 7, 2]), ignore_index=7).backward()
    assert x.grad is not None
    assert not x.grad.data[1].any() and x.grad.data[0].any() and x.grad.data[2].any()


@pytest.mark.parametrize("loss", CLASSES)
@pytest.mark.parametrize("target", [np.array([-100, -100]), np.zeros(0, int)])
def test_the_mean_over_no_targets_is_nan(loss: Any, target: np.ndarray) -> None:
    """PyTorch's answer, without a warning."""
    x = ones(len(target), 3)
    assert np.isnan(loss(x, target))
    assert np.isnan(loss(Tensor(x, requires_grad=True), target).item())
    assert loss(x, target, reduction="sum") == 0


def test_the_mean_of_an_empty_batch_is_nan() -> None:
    for loss in PAIRED:
        assert np.isnan(loss(ones(0, 3), ones(0, 3)))
    assert np.isnan(F.cross_entropy(ones(0, 3), ones(0, 3)))


def test_arrays_of_a_pickle_are_taken_like_others() -> None:
    a = pickle.loads(pickle.dumps(np.full(3, 0.5, np.float32)))
    for loss in (F.mse_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits):
        np.testing.assert_array_equal(loss(a, np.ones(3, np.float32)), loss(a.copy(), np.ones(3, np.float32)))
        assert loss(Tensor(a), np.ones(3, np.float32)).dtype == np.float32


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_what_is_ignored_counts_for_nothing_infinite_or_not(loss: Any) -> None:
    x = Tensor(np.array([[-np.inf, 0, 1], [1, 2, 3]], np.float32), requires_grad=True)
    value = loss(x, np.array([-100, 1]))
    value.backward()
    expected = loss(np.array([[1, 2, 3]], np.float32), np.array([1]))
    assert value.item() == pytest.approx(float(expected))
    assert x.grad is not None and x.grad.data[0].tolist() == [0.0, 0.0, 0.0] and np.isfinite(x.grad.data).all()


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_a_batch_of_ignored_targets_has_no_mean_and_no_gradient(loss: Any) -> None:
    x = Tensor(np.ones((2, 3), np.float32), requires_grad=True)
    value = loss(x, np.array([-100, -100]))
    value.backward()
    assert np.isnan(value.item())
    assert x.grad is not None and not x.grad.data.any()


@pytest.mark.parametrize("loss", [F.binary_cross_entropy, F.binary_cross_entropy_with_logits, F.mse_loss])
def test_an_empty_batch_can_be_differentiated(loss: Any) -> None:
    x = Tensor(np.ones((0, 3), np.float32), requires_grad=True)
    loss(x, np.ones((0, 3), np.float32)).backward()
    assert x.grad is not None and x.grad.shape == (0, 3)


def test_the_gradient_of_a_soft_target_far_out() -> None:
    x = np.array([-1000.0, 1000.0], np.float32)
    t = Tensor(np.array([0.0, 1.0], np.float32), requires_grad=True)
    F.binary_cross_entropy_with_logits(x, t, reduction="sum", pos_weight=np.float32(2)).backward()
    assert t.grad is not None and t.grad.tolist() == [2000.0, -1000.0]
    t = Tensor(np.array([0.0, 1.0], np.float32), requires_grad=True)
    F.binary_cross_entropy(np.array([0.0, 1.0], np.float32), t, reduction="sum").backward()
    assert t.grad is not None
    np.testing.assert_allclose(t.grad.data, [100.0, -100.0], rtol=1e-5)
