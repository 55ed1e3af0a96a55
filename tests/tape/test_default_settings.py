"""Settings that a caller leaves out reach the vjp and the observer with their defaults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rot180


@rot180.primitive(arrays=2, keep=("a", "b"))
def scaled_product(a: Any, b: Any, scale: float = 3.0, power: int = 1) -> Any:
    return a * b * scale**power


@scaled_product.vjp
def _(g: Any, needs: Any, output: Any, a: Any, b: Any, scale: float, power: int) -> Any:
    return g * b * scale**power, g * a * scale**power


@pytest.mark.parametrize(
    ("args", "named", "factor"),
    [((), {}, 3.0), ((2.0,), {}, 2.0), ((2.0, 2), {}, 4.0), ((), {"power": 2}, 9.0), ((2.0,), {"power": 3}, 8.0)],
)
def test_the_vjp_gets_every_setting(args: Any, named: Any, factor: float) -> None:
    a = rot180.tensor([1.0, 2.0], requires_grad=True)
    seen: list[Any] = []
    with rot180.observe(lambda op, inputs, settings, output: seen.append(settings)):
        y = scaled_product(a, rot180.tensor([5.0, 7.0]), *args, **named)
    (grad,) = rot180.grad(y.sum(), a)
    np.testing.assert_allclose(grad.numpy(), [5 * factor, 7 * factor])
    assert [len(settings) for settings in seen] == [2]
    np.testing.assert_allclose(scaled_product(np.ones(2), np.ones(2), *args, **named), factor)


def test_clamp_with_a_lower_bound_only() -> None:
    x = rot180.tensor([1.0, -2.0], requires_grad=True)
    x.clamp(0.0).sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), [1, 0])
