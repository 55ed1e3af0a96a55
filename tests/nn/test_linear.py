"""The linear layer and the identity."""

from __future__ import annotations

import numpy as np
import pytest

from rot180 import manual_seed, nn
from rot180.errors import DtypeError, ShapeError


def test_forward_multiplies_and_adds() -> None:
    layer = nn.Linear(2, 3)
    layer.load_state_dict({"weight": np.arange(6).reshape(3, 2), "bias": np.array([1, 0, -1])})
    assert layer(np.float32([[1, 2]])).tolist() == [[3.0, 8.0, 13.0]]
    assert layer(np.ones((4, 5, 2), np.float32)).shape == (4, 5, 3)
    assert layer(np.ones(2, np.float32)).shape == (3,)
    assert list(nn.Linear(2, 3, bias=False).state_dict()) == ["weight"]


def test_initial_values() -> None:
    manual_seed(2)
    layer = nn.Linear(100, 200)
    for values in (layer.weight.data, layer.bias.data):
        assert 0.095 < np.abs(values).max() <= 0.1
        assert values.std() == pytest.approx(0.1 / 3**0.5, rel=0.1)


def test_the_dtype_must_be_float32_or_float64() -> None:
    assert nn.Linear(1, 1).weight.dtype == np.float32
    assert nn.Linear(1, 1, dtype=np.float64).bias.dtype == np.float64
    with pytest.raises(DtypeError, match=r"Linear: dtype is <class 'int'>; np\.float32 or np\.float64 is needed"):
        nn.Linear(1, 1, dtype=int)


@pytest.mark.parametrize(
    ("sizes", "name"), [((0, 1), "in_features"), ((1, -2), "out_features"), (("a", 1), "in_features")]
)
def test_sizes_are_checked(sizes: tuple[int, int], name: str) -> None:
    with pytest.raises(ShapeError, match=f"Linear: {name} must be an int of at least 1; got"):
        nn.Linear(*sizes)


def test_identity_ignores_its_arguments_and_returns_its_input() -> None:
    x = np.ones(3, np.float32)
    assert nn.Identity(54, unused=True)(x).data is x
