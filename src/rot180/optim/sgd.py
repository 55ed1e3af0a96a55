"""Stochastic gradient descent, with momentum.

    g   gradient + weight_decay * p
    v   momentum * v + (1 - dampening) * g          (at first v = g)
    p   p - lr * v,  or with Nesterov's form  p - lr * (g + momentum * v)

Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013), in PyTorch's form,
where lr multiplies v.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..tape import Tensor
from ..tape.operands import real
from ..tape.record import Array
from .optimizer import Group, Optimizer, direction, numbers


class SGD(Optimizer):
    """Args:
        params: parameters, or groups of them with options of their own.
        lr: the learning rate.
        momentum, dampening: how much of v stays, and how much of the gradient is kept out of it.
        weight_decay: the L2 penalty.
        nesterov: Nesterov's form; needs momentum and no dampening.
        maximize: ascend instead.

    State per parameter: momentum_buffer (v), if momentum is not 0. Raises ValueError for options that make no sense.
    """  # fmt: skip

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        super().__init__(params, {**options, "nesterov": nesterov, "maximize": maximize})

    def _check_options(self, group: Group) -> None:
        self._at_least_zero(group, "lr", "momentum", "weight_decay")
        real(self._name, "dampening", group["dampening"])
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError(
                f"{self._name}: nesterov needs momentum above 0 and dampening 0; "
                f"got momentum={group['momentum']}, dampening={group['dampening']}"
            )

    def _update(self, group: Group) -> None:
        multiply, subtract = np.multiply, np.subtract
        weight_decay, maximize, momentum = group["weight_decay"], group["maximize"], group["momentum"]
        dtype: Any = None
        for p, d, g, a, b in self._due(group):
            if d.dtype is not dtype:
                dtype = d.dtype
                rate, keep, gain = numbers(dtype, group["lr"], momentum, 1 - group["dampening"])
            if weight_decay or maximize:
                g = direction(d, g, a, weight_decay, maximize)
            if momentum:
                v = self._velocity(p, g, b, keep, gain if group["dampening"] else None)
                g = np.add(multiply(v, keep, b), g, b) if group["nesterov"] else v
            multiply(g, rate, b)
            subtract(d, b, d)

    def _velocity(self, p: Tensor, g: Array, b: Array, keep: Array, gain: Array | None) -> Array:
        """v of a parameter, brought up to date in place; b is scratch."""
        state = self.state.setdefault(p, {})
        v: Array | None = state.get("momentum_buffer")
        if v is None:
            v = state["momentum_buffer"] = np.array(g)
            return v
        np.multiply(v, keep, v)
        return np.add(v, g if gain is None else np.multiply(g, gain, b), v)
