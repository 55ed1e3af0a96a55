"""GELU: both formulas for large and tiny inputs, the gradient computed from the output, error messages."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import rot180
import rot180.functional as F
from rot180 import Tensor

FORMULAS = pytest.mark.parametrize("approximate", ["none", "tanh"])
FLOATS = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.mark.parametrize("approximate", ["erf", "Tanh", True, None])
def test_unknown_approximations_raise(approximate: Any) -> None:
    with pytest.raises(ValueError, match=f"^gelu: approximate must be 'none' or 'tanh'; got {approximate!r}"):
        F.gelu(np.ones(3), approximate=approximate)


def test_approximate_is_a_keyword_argument() -> None:
    with pytest.raises(TypeError, match="positional argument"):
        F.gelu(np.ones(3), "tanh")


def test_gelu_is_x_times_the_normal_distribution_function() -> None:
    x = np.linspace(-4, 4, 81)
    expected = [v * 0.5 * math.erfc(-v / math.sqrt(2)) for v in x.tolist()]
    np.testing.assert_allclose(F.gelu(x), expected, rtol=1e-11, atol=0)  # 1 + erf loses digits on the left
    cubic = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    np.testing.assert_allclose(F.gelu(x, approximate="tanh"), 0.5 * x * (1 + np.tanh(cubic)), rtol=1e-12, atol=1e-15)


@FORMULAS
@FLOATS
def test_for_large_inputs_gelu_equals_relu_without_overflow(approximate: str, dtype: Any) -> None:
    largest = np.finfo(dtype).max
    x = Tensor(np.array([-largest, -1e4, 1e4, largest], dtype), requires_grad=True)
    y = F.gelu(x, approximate=approximate)
    y.sum().backward()
    assert y.tolist() == [0, 0, x.data[2], largest]
    assert x.grad is not None and x.grad.tolist() == [0, 0, 1, 1]


@FORMULAS
@FLOATS
def test_the_slope_of_the_smallest_inputs_is_a_half(approximate: str, dtype: Any) -> None:
    least, normal = np.finfo(dtype).smallest_subnormal, np.finfo(dtype).tiny
    x = Tensor(np.array([0.0, -0.0, least, -least, 3 * least, normal, -normal, 5 * normal], dtype), requires_grad=True)
    F.gelu(x, approximate=approximate).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [0.5] * 8


@FLOATS
def test_the_array_vjp_agrees_with_the_vjp(dtype: Any) -> None:
    """The array vjp computes P(X <= x) as y / x; the vjp, used with create_graph, by the error function."""
    x = np.concatenate([np.linspace(-7, 7, 1001), 10.0 ** np.arange(-40, 2)]).astype(dtype)
    gradients = []
    for create_graph in (False, True):
        leaf = Tensor(x, requires_grad=True)
        gradients.append(rot180.grad(F.gelu(leaf).sum(), leaf, create_graph=create_graph)[0].data)
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=0, atol=4 * np.finfo(dtype).eps)


@FORMULAS
def test_the_gradient_of_a_0d_input_keeps_its_dtype(approximate: str) -> None:
    x = Tensor(np.float32(0.5), requires_grad=True)
    F.gelu(x, approximate=approximate).backward()
    assert x.grad is not None and x.grad.dtype == np.float32 and x.grad.shape == ()
