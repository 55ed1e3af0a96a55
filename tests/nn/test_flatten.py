"""Flatten and Unflatten."""

from __future__ import annotations

import re

import numpy as np
import pytest

from rot180 import nn
from rot180.errors import ShapeError


def test_unflatten_inverts_flatten() -> None:
    x = np.arange(48, dtype=np.float32).reshape(2, 4, 3, 2)
    assert nn.Flatten()(x).shape == (2, 24)
    assert nn.Flatten(0, 1)(x).shape == (8, 3, 2)
    for sizes in ((4, 3, 2), (-1, 3, 2), [4, -1, 2]):
        assert np.array_equal(nn.Unflatten(1, sizes)(nn.Flatten()(x)).data, x)
    assert nn.Unflatten(-1, (2, 1))(x).shape == (2, 4, 3, 2, 1)


def test_sizes_that_do_not_fit_raise_an_error() -> None:
    with pytest.raises(ShapeError, match=re.escape("axis 1 of the input has size 6; (4, -1) does not fit")):
        nn.Unflatten(1, (4, -1))(np.ones((2, 6), np.float32))
    with pytest.raises(ShapeError, match=re.escape("(2, 2) does not fit")):
        nn.Unflatten(1, (2, 2))(np.ones((2, 6), np.float32))
    with pytest.raises(ShapeError, match=re.escape("unflattened_size (-1, -1) may hold one -1")):
        nn.Unflatten(1, (-1, -1))


def test_gradients_pass_through() -> None:
    from rot180 import Tensor

    x = Tensor(np.ones((2, 6), np.float32), requires_grad=True)
    (nn.Flatten()(nn.Unflatten(1, (2, 3))(x)) * 3.0).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [[3.0] * 6] * 2
