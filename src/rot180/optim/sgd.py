"""Stochastic gradient descent, with momentum.

    g   gradient + weight_decay * p
    v   momentum * v + (1 - dampening) * g          (at first v = g)
    p   p - lr * v,  or with Nesterov's form  p - lr * (g + momentum * v)

Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013), in PyTorch's form,
where lr multiplies v.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..kernels import sgd
from ..kernels.update import SgdStep
from ..tape import Tensor
from ..tape.operands import real
from ..tape.record import Array
from .optimizer import Group, Optimizer


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
        momentum = group["momentum"]
        parts: dict[tuple[Any, bool], _Part] = {}  # by dtype, and whether their velocities are still to be written
        begun: list[tuple[Tensor, Array]] = []
        for p, d, g, a, b in self._due(group):
            v: Array | None = self.state[p].get("momentum_buffer") if momentum and p in self.state else None
            first = bool(momentum) and v is None
            part = parts.get((d.dtype, first))
            if part is None:
                part = parts[d.dtype, first] = _Part([], [], [], [])
            part.parameters.append(d)
            part.gradients.append(g)
            part.scratch.append((a, b))
            if first:
                v = np.empty_like(d)
                begun.append((p, v))
            if v is not None:
                part.velocities.append(v)
        for (_, first), part in parts.items():
            step = SgdStep(
                float(group["lr"]), float(group["weight_decay"]), float(momentum), float(1 - group["dampening"]),
                bool(group["nesterov"]), bool(group["maximize"]), first,
            )  # fmt: skip
            sgd(part.parameters, part.gradients, part.velocities if momentum else None, step, part.scratch)
        for p, v in begun:
            self.state.setdefault(p, {})["momentum_buffer"] = v


class _Part(NamedTuple):
    """Parameters that one call updates."""

    parameters: list[Array]
    gradients: list[Array]
    velocities: list[Array]
    scratch: list[tuple[Array, Array]]
