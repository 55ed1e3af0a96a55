"""Losses of classes: what they refuse, ignored targets, smoothed labels by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180 import Tensor
from rot180.errors import DtypeError, ShapeError

CLASSES = [F.nll_loss, F.cross_entropy]
LOSSES = [*CLASSES, lambda *args, **named: F.cross_entropy(*args, **named, label_smoothing=0.1)]
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=["nll_loss", "cross_entropy", "smoothed"])


def ones(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    return np.ones(shape, dtype)


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


def test_class_numbers_that_are_floats_are_told_from_probabilities() -> None:
    message = r"target is float64: class numbers must be integers, convert with \.astype\(int\); .* shape, \(2, 3\)"
    with pytest.raises(DtypeError, match=rf"^cross_entropy: {message}"):
        F.cross_entropy(np.ones((2, 3)), [0.0, 1.0])


def test_nll_loss_takes_no_probabilities_as_target() -> None:
    with pytest.raises(
        DtypeError, match=r"nll_loss: target must hold integers .* got float32; convert with \.astype\(int\)"
    ):
        F.nll_loss(ones(2, 3), ones(2, 3))


@pytest.mark.parametrize("loss", CLASSES)
@pytest.mark.parametrize("batch", [0, 2])
def test_at_least_one_class(loss: Any, batch: int) -> None:
    with pytest.raises(
        ShapeError, match=rf"^{loss.__name__}: input has shape \({batch}, 0\), no classes; at least one"
    ):
        loss(ones(batch, 0), np.zeros(batch, int))


@pytest.mark.parametrize("loss", CLASSES)
def test_weights_are_numbers(loss: Any) -> None:
    with pytest.raises(DtypeError, match=f"^{loss.__name__}: weight must hold numbers; got 'balanced'"):
        loss(ones(2, 3), np.array([0, 1]), "balanced")


@pytest.mark.parametrize("smoothing", ["0.1", None])
def test_the_smoothing_is_a_number(smoothing: Any) -> None:
    with pytest.raises(DtypeError, match=f"^cross_entropy: label_smoothing must be a number; got {smoothing!r}"):
        F.cross_entropy(ones(2, 3), np.array([0, 1]), label_smoothing=smoothing)


@pytest.mark.parametrize("loss", CLASSES)
def test_one_weight_per_class(loss: Any) -> None:
    with pytest.raises(
        ShapeError, match=rf"^{loss.__name__}: weight has shape \(2,\); \(3,\) is needed, one per class"
    ):
        loss(ones(2, 3), np.array([0, 1]), ones(2))


def test_one_weight_per_class_for_probabilities_too() -> None:
    with pytest.raises(ShapeError, match=r"^cross_entropy: weight has shape \(2,\); \(3,\) is needed"):
        F.cross_entropy(ones(2, 3), ones(2, 3), ones(2))


@every_loss
def test_ignored_classes_get_no_gradient(loss: Any) -> None:
    x = Tensor(np.random.default_rng(0).standard_normal((3, 4)), requires_grad=True)
    loss(x, np.array([1, 7, 2]), ignore_index=7).backward()
    assert x.grad is not None
    assert not x.grad.data[1].any() and x.grad.data[0].any() and x.grad.data[2].any()


@every_loss
@pytest.mark.parametrize("target", [np.array([-100, -100]), np.zeros(0, int)])
def test_the_mean_over_no_targets_is_nan(loss: Any, target: np.ndarray) -> None:
    """PyTorch's answer, without a warning."""
    x = ones(len(target), 3)
    assert np.isnan(loss(x, target))
    assert np.isnan(loss(Tensor(x, requires_grad=True), target).item())
    assert loss(x, target, reduction="sum") == 0


@every_loss
def test_what_is_ignored_counts_for_nothing_infinite_or_not(loss: Any) -> None:
    x = Tensor(np.array([[-np.inf, 0, 1], [1, 2, 3]], np.float32), requires_grad=True)
    value = loss(x, np.array([-100, 1]))
    value.backward()
    expected = loss(np.array([[1, 2, 3]], np.float32), np.array([1]))
    assert value.item() == pytest.approx(float(expected))
    assert x.grad is not None and x.grad.data[0].tolist() == [0.0, 0.0, 0.0] and np.isfinite(x.grad.data).all()


@every_loss
def test_a_batch_of_ignored_targets_has_no_mean_and_no_gradient(loss: Any) -> None:
    x = Tensor(np.ones((2, 3), np.float32), requires_grad=True)
    value = loss(x, np.array([-100, -100]))
    value.backward()
    assert np.isnan(value.item())
    assert x.grad is not None and not x.grad.data.any()


def test_weights_take_the_dtype_of_the_input() -> None:
    x, weight = ones(2, 3) / 2, np.full(3, 2.0)
    for target in (np.array([0, 1]), x):
        assert F.cross_entropy(x, target, weight).dtype == np.float32
        assert F.cross_entropy(x, target, weight, label_smoothing=0.1).dtype == np.float32


def test_the_mean_over_an_empty_batch_of_probabilities_is_nan() -> None:
    for smoothing in (0.0, 0.1):
        assert np.isnan(F.cross_entropy(ones(0, 3), ones(0, 3), label_smoothing=smoothing))
        assert F.cross_entropy(ones(0, 3), ones(0, 3), reduction="sum", label_smoothing=smoothing) == 0


def test_probabilities_take_no_ignore_index() -> None:
    with pytest.raises(ValueError, match=r"^cross_entropy: ignore_index=1 needs integer targets; got probabilities"):
        F.cross_entropy(ones(2, 3), ones(2, 3), ignore_index=1)


# ---- smoothed labels ----


@pytest.mark.parametrize("smoothing", [-0.1, 1.5, float("nan")])
@pytest.mark.parametrize("target", [np.array([0, 1]), ones(2, 3)])
def test_label_smoothing_is_a_share(smoothing: float, target: np.ndarray) -> None:
    with pytest.raises(ValueError, match=f"^cross_entropy: label_smoothing must lie between 0 and 1; got {smoothing}"):
        F.cross_entropy(ones(2, 3), target, label_smoothing=smoothing)


def test_smoothed_labels_are_probabilities() -> None:
    """0.3 of a target is spread over 3 classes: 0.1 for each and 0.8 for its own."""
    x = np.random.default_rng(0).standard_normal((2, 3))
    q = np.array([[0.1, 0.8, 0.1], [0.8, 0.1, 0.1]])
    for reduction in ("mean", "sum", "none"):
        smoothed = F.cross_entropy(x, np.array([1, 0]), reduction=reduction, label_smoothing=0.3)
        np.testing.assert_allclose(smoothed, F.cross_entropy(x, q, reduction=reduction), rtol=1e-14)
        onehot = np.array([[0, 1.0, 0], [1.0, 0, 0]])
        again = F.cross_entropy(x, onehot, reduction=reduction, label_smoothing=0.3)
        np.testing.assert_allclose(smoothed, again, rtol=1e-14)


def test_smoothed_and_weighted_by_hand() -> None:
    """Every class's share has its own weight; the mean divides by the weights of the targets that count."""
    x, w = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])), np.array([1.0, 2.0, 4.0])
    shares = np.array([[0.8, 0.1, 0.1], [0, 0, 0], [0.1, 0.1, 0.8]])  # the second target is ignored
    losses = -(shares * w * x).sum(1)
    t, named = np.array([0, -100, 2]), {"weight": w, "label_smoothing": 0.3}
    np.testing.assert_allclose(F.cross_entropy(x, t, **named, reduction="none"), losses, rtol=1e-14)
    assert F.cross_entropy(x, t, **named) == pytest.approx(losses.sum() / (1 + 4), rel=1e-14)


def test_a_target_of_weight_0_still_has_the_others_shares() -> None:
    x, w = np.zeros((1, 2)), np.array([0.0, 1.0])
    loss = F.cross_entropy(x, np.array([0]), w, reduction="sum", label_smoothing=0.5)
    assert loss == pytest.approx(0.25 * np.log(2), rel=1e-14)
    assert np.isnan(F.cross_entropy(x, np.array([0]), w, label_smoothing=0.5))  # as in PyTorch: its first term is 0 / 0


def test_all_of_it_smoothed_the_target_does_not_matter() -> None:
    x = np.random.default_rng(1).standard_normal((2, 3))
    a, b = (F.cross_entropy(x, np.array(t), label_smoothing=1) for t in ([0, 1], [2, 2]))
    assert a == pytest.approx(b, rel=1e-14)


def test_without_smoothing_it_is_one_op() -> None:
    for smoothing, expected in ((0, ["cross_entropy"]), (0.1, ["log_softmax", "mul", "sum", "neg", "sum"])):
        names: list[str] = []
        with rot180.observe(lambda op, *call, names=names: names.append(op.name)):
            F.cross_entropy(Tensor(ones(2, 3)), np.array([0, 1]), reduction="sum", label_smoothing=smoothing)
        assert names == expected
