"""The activation layers call their functions; the functions are tested for themselves."""

from __future__ import annotations

import numpy as np
import pytest

import rot180.functional as F
from rot180 import nn

X = np.random.default_rng(0).standard_normal((3, 4))


@pytest.mark.parametrize(
    ("layer", "expected", "shown"),
    [
        (nn.ReLU(inplace=True), F.relu(X), "ReLU(inplace=True)"),
        (nn.LeakyReLU(0.2), F.leaky_relu(X, 0.2), "LeakyReLU(negative_slope=0.2)"),
        (nn.Tanh(), F.tanh(X), "Tanh()"),
        (nn.Arctan(), F.arctan(X), "Arctan()"),
        (nn.Sigmoid(), F.sigmoid(X), "Sigmoid()"),
        (nn.Softmax(dim=0), F.softmax(X, 0), "Softmax(dim=0)"),
        (nn.LogSoftmax(dim=-1), F.log_softmax(X, 1), "LogSoftmax(dim=-1)"),
    ],
)
def test_it_is_its_function_and_leaves_the_input(layer: nn.Module, expected: np.ndarray, shown: str) -> None:
    x = X.copy()
    assert np.array_equal(layer(x).data, expected)
    assert np.array_equal(x, X)
    assert repr(layer) == shown
