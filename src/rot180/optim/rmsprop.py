"""RMSprop.

    g   gradient + weight_decay * p
    v   alpha * v + (1 - alpha) * g**2
    m   alpha * m + (1 - alpha) * g                 (centered)
    s   g / (sqrt(v) + eps),  centered g / (sqrt(v - m**2) + eps)
    b   momentum * b + s
    p   p - lr * b,  without momentum p - lr * s

Sources: Tieleman and Hinton, "Lecture 6.5: RMSprop" (2012); centered: Graves, "Generating sequences with recurrent
neural networks" (2013), equations 38 to 41, with eps outside the square root, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..kernels.reference.update import direction, numbers
from ..tape.operands import real
from ..tape.record import Array
from .optimizer import Group, Optimizer


class RMSprop(Optimizer):
    """RMSprop: the gradient divided by a running root mean square of itself.

    Args:
        params: parameters, or groups of parameters with their own options.
        lr: the learning rate.
        alpha: the decay rate of v (and m), in [0, 1).
        eps: added to the denominator, so that it is not 0.
        weight_decay: the L2 penalty, added to the gradient.
        momentum: the factor of b in each step.
        centered: divide by the standard deviation of the gradient instead of its root mean square.
        maximize: maximise the objective instead of minimising it.

    State per parameter: step (an int), square_avg (v), momentum_buffer (b) with momentum, grad_avg (m) if centered.
    Raises ValueError for invalid options.
    """

    _required_state = frozenset({"step", "square_avg"})

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0, momentum: float = 0, centered: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered}
        super().__init__(params, {**options, "weight_decay": weight_decay, "maximize": maximize})

    def _check_options(self, group: Group) -> None:
        self._check_nonnegative(group, "lr", "eps", "weight_decay", "momentum")
        if not 0 <= real(self._name, "alpha", group["alpha"]) < 1:
            raise ValueError(f"{self._name}: alpha must be at least 0 and below 1; got {group['alpha']}")

    def _update(self, group: Group) -> None:
        weight_decay, maximize, alpha = group["weight_decay"], group["maximize"], group["alpha"]
        momentum, centered = group["momentum"], group["centered"]
        dtype: Any = None
        for p, d, g, a, b in self._parameters_to_update(group):
            if d.dtype is not dtype:
                dtype = d.dtype
                keep, gain, eps, carry, rate = numbers([d], (alpha, 1 - alpha, group["eps"], momentum, group["lr"]))
            state = self.state.setdefault(p, {"step": 0})
            state["step"] += 1
            if weight_decay or maximize:
                g = direction(d, g, a, weight_decay, maximize)
            _root_mean_square(state, d, g, b, keep, gain, centered)
            np.add(b, eps, b)
            np.divide(g, b, b)
            if momentum:
                velocity = _state_array(state, "momentum_buffer", d)
                np.multiply(velocity, carry, velocity)
                np.add(velocity, b, velocity)
                np.multiply(velocity, rate, b)
            else:
                np.multiply(b, rate, b)
            np.subtract(d, b, d)


def _root_mean_square(
    state: dict[str, Any], d: Array, g: Array, b: Array, keep: Array, gain: Array, centered: bool
) -> None:
    """Update v (and m) of a parameter; write sqrt(v), or the standard deviation sqrt(v - m**2), into scratch b."""
    v = _state_array(state, "square_avg", d)
    np.multiply(v, keep, v)
    np.multiply(g, g, b)
    np.multiply(b, gain, b)
    np.add(v, b, v)
    if centered:
        m = _state_array(state, "grad_avg", d)
        np.multiply(m, keep, m)
        np.multiply(g, gain, b)
        np.add(m, b, m)
        np.multiply(m, m, b)
        np.subtract(v, b, b)
        np.maximum(b, 0, out=b)  # rounding can make the variance of an almost constant gradient negative
        np.sqrt(b, b)
    else:
        np.sqrt(v, b)


def _state_array(state: dict[str, Any], name: str, d: Array) -> Array:
    """The array `name` in the state of a parameter, initially zeros."""
    a: Array | None = state.get(name)
    if a is None:
        a = state[name] = np.zeros_like(d)
    return a
