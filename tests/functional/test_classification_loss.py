"""Classification losses: error messages, ignored targets, label smoothing by hand."""

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
def test_wrong_targets_raise(loss: Any, target: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{loss.__name__}: {message}"):
        loss(ones(2, 3), target)


def test_float_class_numbers_raise() -> None:
    message = r"target is float64; class numbers must be integers: convert with \.astype\(int\)\. .* shape \(2, 3\)"
    with pytest.raises(DtypeError, match=rf"^cross_entropy: {message}"):
        F.cross_entropy(np.ones((2, 3)), [0.0, 1.0])


def test_nll_loss_does_not_accept_probabilities() -> None:
    with pytest.raises(
        DtypeError, match=r"nll_loss: target must hold integers .* got float32; convert with \.astype\(int\)"
    ):
        F.nll_loss(ones(2, 3), ones(2, 3))


@pytest.mark.parametrize("loss", CLASSES)
@pytest.mark.parametrize("batch", [0, 2])
def test_an_input_without_classes_raises(loss: Any, batch: int) -> None:
    with pytest.raises(
        ShapeError, match=rf"^{loss.__name__}: input of shape \({batch}, 0\) has no classes; at least one"
    ):
        loss(ones(batch, 0), np.zeros(batch, int))


@pytest.mark.parametrize("loss", CLASSES)
def test_weights_must_be_numbers(loss: Any) -> None:
    with pytest.raises(DtypeError, match=f"^{loss.__name__}: weight must hold numbers; got 'balanced'"):
        loss(ones(2, 3), np.array([0, 1]), "balanced")


@pytest.mark.parametrize("smoothing", ["0.1", None])
def test_label_smoothing_must_be_a_number(smoothing: Any) -> None:
    with pytest.raises(DtypeError, match=f"^cross_entropy: label_smoothing must be a number; got {smoothing!r}"):
        F.cross_entropy(ones(2, 3), np.array([0, 1]), label_smoothing=smoothing)


@pytest.mark.parametrize("loss", CLASSES)
def test_the_number_of_weights_must_be_the_number_of_classes(loss: Any) -> None:
    with pytest.raises(
        ShapeError, match=rf"^{loss.__name__}: weight has shape \(2,\); \(3,\) is needed, one per class"
    ):
        loss(ones(2, 3), np.array([0, 1]), ones(2))


def test_the_number_of_weights_is_checked_for_probabilities() -> None:
    with pytest.raises(ShapeError, match=r"^cross_entropy: weight has shape \(2,\); \(3,\) is needed"):
        F.cross_entropy(ones(2, 3), ones(2, 3), ones(2))


@every_loss
def test_ignored_targets_get_no_gradient(loss: Any) -> None:
    x = Tensor(np.random.default_rng(0).standard_normal((3, 4)), requires_grad=True)
    loss(x, np.array([1, 7, 2]), ignore_index=7).backward()
    assert x.grad is not None
    assert not x.grad.data[1].any() and x.grad.data[0].any() and x.grad.data[2].any()


@every_loss
@pytest.mark.parametrize("target", [np.array([-100, -100]), np.zeros(0, int)])
def test_the_mean_over_no_targets_is_nan(loss: Any, target: np.ndarray) -> None:
    """As in PyTorch, without a warning."""
    x = ones(len(target), 3)
    assert np.isnan(loss(x, target))
    assert np.isnan(loss(Tensor(x, requires_grad=True), target).item())
    assert loss(x, target, reduction="sum") == 0


@every_loss
def test_ignored_targets_with_infinite_logits_add_nothing(loss: Any) -> None:
    x = Tensor(np.array([[-np.inf, 0, 1], [1, 2, 3]], np.float32), requires_grad=True)
    value = loss(x, np.array([-100, 1]))
    value.backward()
    expected = loss(np.array([[1, 2, 3]], np.float32), np.array([1]))
    assert value.item() == pytest.approx(float(expected))
    assert x.grad is not None and x.grad.data[0].tolist() == [0.0, 0.0, 0.0] and np.isfinite(x.grad.data).all()


@every_loss
def test_if_all_targets_are_ignored_the_mean_is_nan_and_the_gradient_0(loss: Any) -> None:
    x = Tensor(np.ones((2, 3), np.float32), requires_grad=True)
    value = loss(x, np.array([-100, -100]))
    value.backward()
    assert np.isnan(value.item())
    assert x.grad is not None and not x.grad.data.any()


def test_weights_are_converted_to_the_dtype_of_the_input() -> None:
    x, weight = ones(2, 3) / 2, np.full(3, 2.0)
    for target in (np.array([0, 1]), x):
        assert F.cross_entropy(x, target, weight).dtype == np.float32
        assert F.cross_entropy(x, target, weight, label_smoothing=0.1).dtype == np.float32


def test_the_mean_over_an_empty_batch_of_probabilities_is_nan() -> None:
    for smoothing in (0.0, 0.1):
        assert np.isnan(F.cross_entropy(ones(0, 3), ones(0, 3), label_smoothing=smoothing))
        assert F.cross_entropy(ones(0, 3), ones(0, 3), reduction="sum", label_smoothing=smoothing) == 0


def test_ignore_index_cannot_be_combined_with_probabilities() -> None:
    with pytest.raises(
        ValueError, match=r"^cross_entropy: ignore_index=1 needs integer targets; got class probabilities"
    ):
        F.cross_entropy(ones(2, 3), ones(2, 3), ignore_index=1)


# ---- label smoothing ----


@pytest.mark.parametrize("smoothing", [-0.1, 1.5, float("nan")])
@pytest.mark.parametrize("target", [np.array([0, 1]), ones(2, 3)])
def test_label_smoothing_must_be_between_0_and_1(smoothing: float, target: np.ndarray) -> None:
    with pytest.raises(ValueError, match=f"^cross_entropy: label_smoothing must lie between 0 and 1; got {smoothing}"):
        F.cross_entropy(ones(2, 3), target, label_smoothing=smoothing)


def test_smoothed_labels_equal_probabilities() -> None:
    """Smoothing of 0.3 over 3 classes adds 0.1 to each class and leaves 0.7 + 0.1 for the target."""
    x = np.random.default_rng(0).standard_normal((2, 3))
    q = np.array([[0.1, 0.8, 0.1], [0.8, 0.1, 0.1]])
    for reduction in ("mean", "sum", "none"):
        smoothed = F.cross_entropy(x, np.array([1, 0]), reduction=reduction, label_smoothing=0.3)
        np.testing.assert_allclose(smoothed, F.cross_entropy(x, q, reduction=reduction), rtol=1e-14)
        onehot = np.array([[0, 1.0, 0], [1.0, 0, 0]])
        again = F.cross_entropy(x, onehot, reduction=reduction, label_smoothing=0.3)
        np.testing.assert_allclose(smoothed, again, rtol=1e-14)


def test_label_smoothing_with_weights_by_hand() -> None:
    """Each class has its own weight; the mean divides by the weights of the targets that are not ignored."""
    x, w = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])), np.array([1.0, 2.0, 4.0])
    q = np.array([[0.8, 0.1, 0.1], [0, 0, 0], [0.1, 0.1, 0.8]])  # the second target is ignored
    losses = -(q * w * x).sum(1)
    t, settings = np.array([0, -100, 2]), {"weight": w, "label_smoothing": 0.3}
    np.testing.assert_allclose(F.cross_entropy(x, t, **settings, reduction="none"), losses, rtol=1e-14)
    assert F.cross_entropy(x, t, **settings) == pytest.approx(losses.sum() / (1 + 4), rel=1e-14)


def test_a_target_with_weight_0_still_adds_the_terms_of_other_classes() -> None:
    x, w = np.zeros((1, 2)), np.array([0.0, 1.0])
    loss = F.cross_entropy(x, np.array([0]), w, reduction="sum", label_smoothing=0.5)
    assert loss == pytest.approx(0.25 * np.log(2), rel=1e-14)
    assert np.isnan(F.cross_entropy(x, np.array([0]), w, label_smoothing=0.5))  # as in PyTorch: its first term is 0 / 0


def test_with_smoothing_1_the_target_does_not_matter() -> None:
    x = np.random.default_rng(1).standard_normal((2, 3))
    a, b = (F.cross_entropy(x, np.array(t), label_smoothing=1) for t in ([0, 1], [2, 2]))
    assert a == pytest.approx(b, rel=1e-14)


def test_without_smoothing_cross_entropy_is_one_op() -> None:
    for smoothing, expected in ((0, ["cross_entropy"]), (0.1, ["log_softmax", "mul", "sum", "neg", "sum"])):
        names: list[str] = []
        with rot180.observe(lambda op, *call, names=names: names.append(op.name)):
            F.cross_entropy(Tensor(ones(2, 3)), np.array([0, 1]), reduction="sum", label_smoothing=smoothing)
        assert names == expected
