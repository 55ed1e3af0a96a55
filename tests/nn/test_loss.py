"""The losses call their functions with their settings; class weights are buffers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import nn

RNG = np.random.default_rng(0)
X, T = RNG.standard_normal((4, 3)), np.array([0, 2, 1, 2])
P, B = RNG.random((4, 3)), RNG.random((4, 3))
W = np.array([1.0, 2.0, 0.5])


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("make", "x", "t", "function", "settings"),
    [
        (nn.MSELoss, X, B, F.mse_loss, {}),
        (nn.L1Loss, X, B, F.l1_loss, {}),
        (nn.SmoothL1Loss, X, B, F.smooth_l1_loss, {"beta": 0.5}),
        (nn.HuberLoss, X, B, F.huber_loss, {"delta": 0.5}),
        (nn.KLDivLoss, X, B, F.kl_div, {"log_target": True}),
        (nn.CrossEntropyLoss, X, T, F.cross_entropy, {"weight": W, "ignore_index": 1}),
        (nn.CrossEntropyLoss, X, T, F.cross_entropy, {"weight": W, "ignore_index": 1, "label_smoothing": 0.1}),
        (nn.CrossEntropyLoss, X, B, F.cross_entropy, {"label_smoothing": 0.1}),
        (nn.NLLLoss, X, T, F.nll_loss, {"weight": W, "ignore_index": 1}),
        (nn.BCELoss, P, B, F.binary_cross_entropy, {"weight": W}),
        (nn.BCEWithLogitsLoss, X, B, F.binary_cross_entropy_with_logits, {"weight": W, "pos_weight": W[::-1].copy()}),
    ],
)
def test_forward_calls_the_function(
    make: Any, x: Any, t: Any, function: Any, settings: dict[str, Any], reduction: str
) -> None:
    loss = make(**settings, reduction=reduction)
    assert np.array_equal(loss(x, t).data, function(x, t, **settings, reduction=reduction))
    assert list(loss.state_dict()) == [name for name in settings if name.endswith("weight")]
    assert list(make().state_dict()) == []


REGRESSION = [nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss]


@pytest.mark.parametrize(
    "make", [*REGRESSION, nn.CrossEntropyLoss, nn.NLLLoss, nn.BCELoss, nn.BCEWithLogitsLoss, nn.KLDivLoss]
)
def test_the_constructor_checks_the_reduction(make: Any) -> None:
    names = "'batchmean', 'mean', 'sum' or 'none'" if make is nn.KLDivLoss else "'mean', 'sum' or 'none'"
    with pytest.raises(ValueError, match=f"^{make.__name__}: reduction must be {names}; got 'avg'"):
        make(reduction="avg")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.HuberLoss(delta=0), "HuberLoss: delta must be positive; got 0"),
        (lambda: nn.SmoothL1Loss(beta=-1), "SmoothL1Loss: beta must not be negative; got -1"),
        (lambda: nn.HuberLoss(delta="1"), "HuberLoss: delta must be a number; got '1'"),  # type: ignore[arg-type]
    ],
)
def test_the_constructor_checks_beta_and_delta(make: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        make()


def test_batchmean_is_the_divergence_per_sample() -> None:
    assert nn.KLDivLoss(reduction="batchmean")(X, B).item() == F.kl_div(X, B, "batchmean")


def test_the_constructor_checks_the_smoothing() -> None:
    with pytest.raises(ValueError, match=r"^CrossEntropyLoss: label_smoothing must lie between 0 and 1; got 2"):
        nn.CrossEntropyLoss(label_smoothing=2)
