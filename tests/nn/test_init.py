"""Initial values: bounds and moments compared with the formulas, with fixed seeds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from rot180 import Tensor, manual_seed
from rot180.errors import GradientError, ShapeError
from rot180.nn import init


def empty_tensor(*shape: int, dtype: Any = np.float32) -> Tensor:
    return Tensor(np.full(shape, np.nan, dtype))


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


SHAPE = (40, 30, 5, 3)  # fan_in 450, fan_out 600


@pytest.mark.parametrize(
    ("fill", "bound"),
    [
        (lambda t: init.uniform_(t, -2, 2, rng()), 2.0),
        (lambda t: init.xavier_uniform_(t, 3.0, rng()), 3 * math.sqrt(6 / 1050)),
        (lambda t: init.kaiming_uniform_(t, generator=rng()), math.sqrt(6 / 450)),
        (lambda t: init.kaiming_uniform_(t, a=math.sqrt(5), generator=rng()), math.sqrt(1 / 450)),
        (
            lambda t: init.kaiming_uniform_(t, mode="fan_out", nonlinearity="tanh", generator=rng()),
            5 / math.sqrt(3 * 600),
        ),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_uniform_values_reach_their_bounds(fill: Any, bound: float, dtype: Any) -> None:
    t = empty_tensor(*SHAPE, dtype=dtype)
    array = t.data
    assert fill(t) is t
    assert t.data is array
    assert array.dtype == dtype
    assert np.abs(array).max() <= bound * (1 + 1e-6)
    assert array.max() > 0.999 * bound
    assert array.min() < -0.999 * bound
    assert array.std() == pytest.approx(bound / math.sqrt(3), rel=0.02)
    assert abs(array.mean()) < 0.02 * bound


@pytest.mark.parametrize(
    ("fill", "mean", "std"),
    [
        (lambda t: init.normal_(t, 3, 0.5, rng()), 3.0, 0.5),
        (lambda t: init.xavier_normal_(t, 3.0, rng()), 0.0, 3 * math.sqrt(2 / 1050)),
        (lambda t: init.kaiming_normal_(t, nonlinearity="relu", generator=rng()), 0.0, math.sqrt(2 / 450)),
        (lambda t: init.kaiming_normal_(t, a=1, mode="fan_out", generator=rng()), 0.0, math.sqrt(1 / 600)),
    ],
)
def test_normal_values_have_their_moments(fill: Any, mean: float, std: float) -> None:
    values = fill(empty_tensor(*SHAPE)).data.astype(np.float64)
    assert values.mean() == pytest.approx(mean, abs=0.03 * std)
    assert values.std() == pytest.approx(std, rel=0.02)
    assert ((values - mean) ** 4).mean() / std**4 == pytest.approx(3, rel=0.1)  # normal, not just any shape


@pytest.mark.parametrize(
    ("mean", "std", "a", "b"), [(0, 1, -2, 2), (0, 1, 3, 4), (1, 2, -8, -7), (0, 1, 6, 1e6), (0, 5, -0.01, 0.02)]
)
def test_truncated_normal_values_have_their_mean(mean: float, std: float, a: float, b: float) -> None:
    values = init.trunc_normal_(empty_tensor(20000, dtype=np.float64), mean, std, a, b, rng()).data
    assert values.min() >= a
    assert values.max() <= b
    grid = np.linspace(a, min(b, mean + 12 * std), 20001)
    density = np.exp(-(((grid - mean) / std) ** 2 - ((grid - mean) / std).min() ** 2) / 2)
    expected = (grid * density).sum() / density.sum()
    spread = math.sqrt(((grid - expected) ** 2 * density).sum() / density.sum())
    assert values.mean() == pytest.approx(expected, abs=0.04 * spread)
    assert values.std() == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize("shape", [(4, 9), (9, 4), (4, 2, 3, 3), (5, 5)])
def test_orthogonal_rows_or_columns(shape: tuple[int, ...]) -> None:
    m = init.orthogonal_(empty_tensor(*shape, dtype=np.float64), gain=2, generator=rng()).data.reshape(shape[0], -1)
    square = m @ m.T if m.shape[0] <= m.shape[1] else m.T @ m
    np.testing.assert_allclose(square, 4 * np.eye(min(m.shape)), atol=1e-14)


def test_constants() -> None:
    assert init.constant_(empty_tensor(2), 3).tolist() == [3.0, 3.0]
    assert init.zeros_(empty_tensor(2)).tolist() == [0.0, 0.0]
    assert init.ones_(empty_tensor(2)).tolist() == [1.0, 1.0]


def test_values_are_drawn_from_the_librarys_random_state() -> None:
    manual_seed(5)
    first = init.normal_(empty_tensor(3)).tolist()
    assert init.normal_(empty_tensor(3)).tolist() != first
    manual_seed(5)
    assert init.normal_(empty_tensor(3)).tolist() == first


def test_filling_a_tensor_invalidates_existing_graphs() -> None:
    t = Tensor([1.0, 2.0], requires_grad=True)
    loss = (t * t).sum()
    init.zeros_(t)
    assert t.requires_grad
    with pytest.raises(GradientError, match="changed in place"):
        loss.backward()


@pytest.mark.parametrize(
    ("name", "param", "gain"),
    [
        ("linear", None, 1), ("conv_transpose2d", None, 1), ("sigmoid", None, 1), ("tanh", None, 5 / 3),
        ("relu", None, 2**0.5), ("leaky_relu", None, (2 / 1.0001) ** 0.5), ("leaky_relu", 0.5, 1.6**0.5),
        ("selu", None, 0.75),
    ],
)  # fmt: skip
def test_gains(name: str, param: float | None, gain: float) -> None:
    assert init.calculate_gain(name, param) == pytest.approx(gain, rel=1e-15)


def test_invalid_arguments_raise_an_error() -> None:
    with pytest.raises(ValueError, match="calculate_gain: no gain for 'gelu'; the nonlinearities are linear,"):
        init.calculate_gain("gelu")
    with pytest.raises(ValueError, match="mode must be 'fan_in' or 'fan_out'; got 'fan'"):
        init.kaiming_normal_(empty_tensor(2, 2), mode="fan")
    with pytest.raises(ShapeError, match=r"need at least 2 axes \(out, in, ...\); got shape \(3,\)"):
        init.xavier_normal_(empty_tensor(3))
    with pytest.raises(ShapeError, match=r"orthogonal_: needs at least 2 axes; got shape \(3,\)"):
        init.orthogonal_(empty_tensor(3))
    with pytest.raises(ValueError, match="trunc_normal_: needs a < b and a positive std; got a=2, b=1, std=1"):
        init.trunc_normal_(empty_tensor(3), a=2, b=1, std=1)
    with pytest.raises(TypeError, match="uniform_: needs a Tensor; got ndarray"):
        init.uniform_(np.ones(2))  # type: ignore[type-var]
