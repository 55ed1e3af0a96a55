"""Losses compared with PyTorch for extreme inputs, and for all settings of the classification losses."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import Tensor

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")]
FLOATS = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def run(name: str, x: np.ndarray, t: np.ndarray, **settings: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """(value, gradients of the float arguments), ours and PyTorch's."""
    import torch

    needs = [True, t.dtype.kind == "f"]
    ours = [Tensor(a, requires_grad=need) for a, need in zip((x, t), needs, strict=True)]
    theirs = [torch.tensor(a, requires_grad=need) for a, need in zip((x, t), needs, strict=True)]
    with np.errstate(all="ignore"):
        y = getattr(F, name)(*ours, **settings)
        y.backward(np.full_like(y.data, 2.0))
    tensors = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in settings.items()}
    peer = getattr(torch.nn.functional, name)(*theirs, **tensors)
    peer.backward(torch.full_like(peer, 2.0))
    actual = [y.data, *(a.grad.data for a in ours if a.grad is not None)]
    expected = [peer.detach().numpy(), *(a.grad.numpy() for a in theirs if a.grad is not None)]
    assert len(actual) == len(expected) == 1 + sum(needs)
    return actual, expected


def assert_close(actual: list[np.ndarray], expected: list[np.ndarray]) -> None:
    for a, b in zip(actual, expected, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        eps = np.finfo(a.dtype).eps
        np.testing.assert_allclose(a, b, rtol=50 * eps, atol=50 * eps)


def grid(dtype: Any, *values: float) -> tuple[np.ndarray, np.ndarray]:
    """Every pair of the values."""
    a, b = np.meshgrid(np.array(values, dtype), np.array(values, dtype))
    return a.ravel(), b.ravel()


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("mse_loss", {}),
        ("l1_loss", {}),
        ("smooth_l1_loss", {}),
        ("smooth_l1_loss", {"beta": 0.25}),
        ("smooth_l1_loss", {"beta": 0.0}),
        ("huber_loss", {}),
        ("huber_loss", {"delta": 30.0}),
    ],
    ids=str,
)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@FLOATS
def test_regression_losses_of_extreme_inputs(name: str, settings: dict[str, Any], reduction: str, dtype: Any) -> None:
    least = np.finfo(dtype).smallest_subnormal
    values = [-1e4, -1.0, -0.25, -least, -0.0, 0.0, least, 0.25, 1.0, 1e4]
    assert_close(*run(name, *grid(dtype, *values), reduction=reduction, **settings))
    x, t = grid(dtype, -np.inf, np.inf, np.nan, 0.0)
    actual, expected = run(name, x, t, reduction="none", **settings)
    if name == "l1_loss" or settings.get("beta") == 0:  # PyTorch's sign of NaN is 0
        expected[1:] = [np.where(np.isnan(actual[0]), np.nan, g) for g in expected[1:]]
    assert_close(actual, expected)


@pytest.mark.parametrize("pos_weight", [None, 3.0])
@FLOATS
def test_binary_cross_entropy_of_extreme_logits(pos_weight: float | None, dtype: Any) -> None:
    least = np.finfo(dtype).smallest_subnormal
    x, t = np.meshgrid(np.array([-1e4, -50, -1, -least, 0, least, 1, 50, 1e4], dtype), np.array([0, 0.25, 1], dtype))
    settings = {} if pos_weight is None else {"pos_weight": np.asarray(pos_weight, dtype)}
    for reduction in ("mean", "sum", "none"):
        assert_close(*run("binary_cross_entropy_with_logits", x, t, reduction=reduction, **settings))


@pytest.mark.parametrize("log_target", [False, True])
@FLOATS
def test_kl_div_of_extreme_inputs(log_target: bool, dtype: Any) -> None:
    least = np.finfo(dtype).tiny
    targets = [-1e4, -5.0, 0.0, 1.0] if log_target else [least, 1e-5, 0.5, 1.0, 2.0]
    x, t = np.meshgrid(np.array([-1e4, -5, -1, 0, 1, 1e4], dtype), np.array(targets, dtype))
    assert_close(*run("kl_div", x, t, reduction="none", log_target=log_target))
    for reduction in ("mean", "batchmean", "sum"):  # of moderate inputs, because PyTorch adds in another order
        assert_close(*run("kl_div", x[:, 1:-1], t[:, 1:-1], reduction=reduction, log_target=log_target))
    if not log_target:  # a probability of 0: no loss; PyTorch's slope of t log t is NaN there, ours -inf
        actual, expected = run("kl_div", x[:1], np.zeros_like(x[:1]), reduction="none")
        assert_close(actual[:2], expected[:2])


SHAPES = [(5, 4), (2, 4, 3), (2, 4, 3, 2), (4,), (0, 4), (0, 4, 3)]
WEIGHT = np.array([0.5, 2.0, 1.0, 0.25])


def targets(rng: np.random.Generator, shape: tuple[int, ...], kind: str) -> np.ndarray:
    if kind == "probabilities":
        return rng.uniform(0.1, 0.9, shape)
    t = np.asarray(rng.integers(0, 4, shape[:1] + shape[2:] if len(shape) > 1 else ()))
    if kind == "all ignored":
        t[...] = -100
    elif kind == "some ignored" and t.size > 1:
        t.reshape(-1)[::2] = -100
    return t


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ["classes", "some ignored", "all ignored", "probabilities"])
def test_all_settings_of_the_classification_losses(shape: tuple[int, ...], kind: str) -> None:
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal(shape), targets(rng, shape, kind)
    for reduction, weighted, smoothing in product(("mean", "sum", "none"), (False, True), (0.0, 0.1, 1.0)):
        settings = {"reduction": reduction} | ({"weight": WEIGHT} if weighted else {})
        assert_close(*run("cross_entropy", x, t, **settings, label_smoothing=smoothing))
        if kind != "probabilities":
            assert_close(*run("nll_loss", x, t, **settings))
            if kind == "classes":
                assert_close(*run("cross_entropy", x, t, **settings, label_smoothing=smoothing, ignore_index=2))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@FLOATS
def test_cross_entropy_of_extreme_logits(smoothing: float, dtype: Any) -> None:
    least = np.finfo(dtype).smallest_subnormal
    x = np.array([[-1e4, 0, 1e4], [least, -least, 0], [1e4, 1e4, 1e4], [-1e4, -1e4, 0], [50, 60, 70]], dtype)
    for t in (np.array([0, 1, 2, 0, 1]), np.array([2, -100, 0, 2, 2])):
        for reduction in ("mean", "sum", "none"):
            assert_close(*run("cross_entropy", x, t, reduction=reduction, label_smoothing=smoothing))


@pytest.mark.parametrize("value", [-np.inf, np.inf, np.nan])
def test_cross_entropy_of_an_infinite_logit(value: float) -> None:
    x = np.array([[value, 0.0, 1.0], [0.0, 1.0, 2.0]])
    for target in (0, 1):
        assert_close(*run("cross_entropy", x, np.array([target, 1]), reduction="none"))
