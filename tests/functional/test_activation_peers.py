"""Activations compared with PyTorch at infinities, NaN, large and tiny inputs, and where the pieces meet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180.functional as F
from rot180 import Tensor

pytestmark = pytest.mark.peers

ACTIVATIONS: list[tuple[str, dict[str, Any]]] = [
    ("relu", {}),
    ("leaky_relu", {}),
    ("leaky_relu", {"negative_slope": -0.5}),
    ("elu", {}),
    ("elu", {"alpha": 0.3}),
    ("selu", {}),
    ("hardtanh", {}),
    ("hardtanh", {"min_val": -3.0, "max_val": 6.0}),
    ("relu6", {}),
    ("hardsigmoid", {}),
    ("hardswish", {}),
    ("tanh", {}),
    ("sigmoid", {}),
    ("logsigmoid", {}),
    ("softplus", {}),
    ("softplus", {"beta": 2.0, "threshold": 5.0}),
    ("silu", {}),
    ("mish", {}),
    ("gelu", {}),
    ("gelu", {"approximate": "tanh"}),
]
BY_NAME = pytest.mark.parametrize(("name", "settings"), ACTIVATIONS, ids=lambda v: str(v))
FLOATS = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def cells(dtype: Any) -> np.ndarray:
    least, tiny = np.finfo(dtype).smallest_subnormal, np.finfo(dtype).tiny
    ends = [np.inf, 1e4, 100.0, 20.0, 6.0, 3.0, 1.0, 0.5, 1e-5, tiny, least, 0.0]
    return np.array([*(-v for v in ends), *ends, np.nan], dtype)


def both(name: str, dtype: Any, **settings: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """(values, gradients) of ours and of PyTorch's."""
    import torch

    x, theirs = Tensor(cells(dtype), requires_grad=True), torch.tensor(cells(dtype), requires_grad=True)
    with np.errstate(invalid="ignore"):  # -inf * 0 is NaN in both
        y = getattr(F, name)(x, **settings)
        y.backward(np.full_like(y.data, 2.0))
    peer = getattr(torch.nn.functional, name)(theirs, **settings)
    peer.backward(torch.full_like(peer, 2.0))
    assert x.grad is not None and theirs.grad is not None
    return [y.data, x.grad.data], [peer.detach().numpy(), theirs.grad.numpy()]


def assert_close(a: np.ndarray, b: np.ndarray) -> None:
    eps = np.finfo(a.dtype).eps
    np.testing.assert_allclose(a, b, rtol=20 * eps, atol=20 * eps)


@BY_NAME
@FLOATS
def test_values(name: str, settings: dict[str, Any], dtype: Any) -> None:
    (actual, _), (expected, _) = both(name, dtype, **settings)
    if name == "gelu" and dtype == np.float32:  # PyTorch's is NaN at inf, in float32 alone
        expected[cells(dtype) == np.inf] = np.inf
    assert_close(actual, expected)


@BY_NAME
@FLOATS
def test_gradients(name: str, settings: dict[str, Any], dtype: Any) -> None:
    """Compared where the value is not NaN: PyTorch's gradient of a NaN depends on the position of the cell."""
    (_, actual), (values, expected) = both(name, dtype, **settings)
    if name == "hardsigmoid":  # PyTorch's 1 / 6 is float32's
        expected = np.where(expected > 0, dtype(2 / 6), expected)
    if name == "mish":  # PyTorch's slope is NaN at inf
        expected = np.where(cells(dtype) == np.inf, dtype(2), expected)
    some = ~np.isnan(values)
    assert some.sum() >= 22
    assert_close(actual[some], expected[some])


@FLOATS
def test_prelu(dtype: Any) -> None:
    import torch

    x, w = cells(dtype).reshape(5, 5), np.array([0.25, -0.5, 0.0, 1.0, 2.0], dtype)
    a, b = Tensor(x, requires_grad=True), Tensor(w, requires_grad=True)
    ta, tb = torch.tensor(x, requires_grad=True), torch.tensor(w, requires_grad=True)
    with np.errstate(invalid="ignore"):
        y, ty = F.prelu(a, b), torch.nn.functional.prelu(ta, tb)
        y.sum().backward()
    ty.sum().backward()
    assert a.grad is not None and b.grad is not None and ta.grad is not None and tb.grad is not None
    for ours, theirs in ((y.data, ty.detach()), (a.grad.data, ta.grad), (b.grad.data, tb.grad)):
        assert_close(ours, theirs.numpy())


@FLOATS
def test_erf(dtype: Any) -> None:
    import torch

    import rot180

    x, theirs = Tensor(cells(dtype), requires_grad=True), torch.tensor(cells(dtype), requires_grad=True)
    y, peer = rot180.erf(x), torch.erf(theirs)
    y.sum().backward()
    peer.sum().backward()
    assert x.grad is not None and theirs.grad is not None
    assert_close(y.data, peer.detach().numpy())
    assert_close(x.grad.data, theirs.grad.numpy())
