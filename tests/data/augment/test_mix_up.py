"""Blended images and labels, and partners from the whole dataset."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180 import ShapeError
from rot180.data import Augmented, HorizontalFlip, MixUp, TensorDataset
from rot180.random import generator_for

RNG = np.random.default_rng(0)
IMAGES = RNG.random((6, 2, 4, 4)).astype(np.float32)
LABELS = np.array([0, 1, 2, 0, 1, 2])
DATA = TensorDataset(IMAGES, LABELS)


def test_a_blend_worked_by_hand() -> None:
    data = TensorDataset(np.array([[[[8.0]]], [[[4.0]]], [[[0.0]]]]), np.array([0, 2, 1]))
    draws = np.array([[0.25, 1], [1, 2], [0.5, 0]])  # the share that stays, and with whom
    images, labels = MixUp(num_classes=3).batch(data, draws, np.array([0, 1, 2]))
    assert images.ravel().tolist() == [0.25 * 8 + 0.75 * 4, 4, 0.5 * 8]
    assert labels.tolist() == [[0.25, 0, 0.75], [0, 0, 1], [0.5, 0.5, 0]]


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_are_beta_and_partners_come_from_all_samples(alpha: float) -> None:
    share, partner = MixUp(alpha=alpha).draw(np.random.default_rng(1), 20_000).T
    assert 0 <= share.min() and share.max() <= 1
    assert abs(share.mean() - 0.5) < 0.015
    assert abs(share.var() / (1 / (4 * (2 * alpha + 1))) - 1) < 0.03  # the variance of Beta(alpha, alpha)
    assert partner.min() < 20 and 19_980 <= partner.max() < 20_000
    assert abs(np.histogram(partner, 10, (0, 20_000))[0] - 2000).max() < 5 * np.sqrt(2000)
    assert abs(np.corrcoef(share, partner)[0, 1]) < 0.03


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_labels_are_probabilities_in_the_dtype_of_the_images(dtype: Any) -> None:
    data = Augmented(TensorDataset(IMAGES.astype(dtype), LABELS), MixUp(num_classes=3), seed=1)
    images, labels = data.batch(np.arange(6))
    assert images.dtype == labels.dtype == dtype
    assert labels.shape == (6, 3)
    np.testing.assert_allclose(labels.sum(1), 1, rtol=1e-6)
    loss = F.cross_entropy(rot180.tensor(np.zeros((6, 3), dtype)), labels)
    assert loss.item() == pytest.approx(np.log(3))


def test_the_loss_is_the_same_blend_of_the_losses() -> None:
    """The reason why mixed labels serve as targets: cross entropy is linear in them."""
    draws = MixUp().draw(np.random.default_rng(2), 6)
    _, labels = MixUp(num_classes=3).batch(DATA, draws, np.arange(6))
    scores = RNG.standard_normal((6, 3)).astype(np.float32)
    own, other = (F.cross_entropy(scores, t, reduction="none") for t in (LABELS, LABELS[draws[:, 1].astype(int)]))
    want = draws[:, 0] * own + (1 - draws[:, 0]) * other
    np.testing.assert_allclose(F.cross_entropy(scores, labels, reduction="none"), want, rtol=1e-5)


def test_probabilities_are_mixed_as_they_are_and_tensors_stay_tensors() -> None:
    soft = np.eye(3, dtype=np.float32)[LABELS]
    draws = MixUp().draw(np.random.default_rng(2), 6)
    want = MixUp(num_classes=3).batch(DATA, draws, np.arange(6))
    got = MixUp().batch(TensorDataset(rot180.tensor(IMAGES), rot180.tensor(soft)), draws, np.arange(6))
    for ours, theirs in zip(got, want, strict=True):
        assert isinstance(ours, rot180.Tensor)
        np.testing.assert_array_equal(ours.data, theirs)


def test_partners_are_augmented_like_other_samples() -> None:
    flipped = Augmented(DATA, HorizontalFlip(), seed=3)
    whole = flipped.batch(np.arange(6))[0]
    draws = np.stack([np.zeros(6), np.arange(6)[::-1]], 1)  # nothing but the partner
    np.testing.assert_array_equal(MixUp(num_classes=3).batch(flipped, draws, np.arange(6))[0], whole[::-1])


@pytest.mark.parametrize(
    ("labels", "settings", "error", "message"),
    [
        (LABELS, {}, ValueError, "labels are class numbers, so num_classes is needed"),
        (LABELS, {"num_classes": 2}, ValueError, "labels run from 0 to 2 but num_classes=2 needs 0 to 1"),
        (LABELS - 1, {"num_classes": 3}, ValueError, "labels run from -1 to 1 but num_classes=3 needs 0 to 2"),
        (LABELS / 2, {"num_classes": 3}, ShapeError, r"labels are float64 of shape \(6,\); integers \(N,\) or prob"),
        (np.eye(6), {"num_classes": 3}, ShapeError, r"labels of shape \(6, 6\) do not fit num_classes=3"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels: Any, settings: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"MixUp: {message}"):
        MixUp(**settings).batch(TensorDataset(IMAGES, labels), np.array([[0.5, i] for i in range(6)]), np.arange(6))


def test_the_draws_do_not_depend_on_later_samples() -> None:
    few, many = (MixUp().draw(generator_for(3), count) for count in (40, 80))
    np.testing.assert_array_equal(many[:40, 0], few[:, 0])
    np.testing.assert_array_equal(many[:40, 1] // 2, few[:, 1])  # the same share of the way through the dataset


def test_every_sample_can_be_a_partner() -> None:
    counts = np.bincount(MixUp().draw(np.random.default_rng(0), 7)[:, 1].astype(int), minlength=7)
    many = sum(
        np.bincount(MixUp().draw(np.random.default_rng(i), 7)[:, 1].astype(int), minlength=7) for i in range(500)
    )
    assert len(counts) == 7 and len(many) == 7
    assert abs(many - 500).max() < 5 * np.sqrt(500)


@pytest.mark.parametrize("alpha", [0, -1, float("inf"), float("nan")])
def test_alpha_is_positive(alpha: float) -> None:
    with pytest.raises(ValueError, match=f"MixUp: alpha must be a positive number; got {alpha}"):
        MixUp(alpha=alpha)


def test_num_classes_is_at_least_one() -> None:
    with pytest.raises(ValueError, match="MixUp: num_classes must be at least 1; got 0"):
        MixUp(num_classes=0)
