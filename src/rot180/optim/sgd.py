"""Stochastic gradient descent with momentum.

    g   gradient + weight_decay * p
    v   momentum * v + (1 - dampening) * g          (v = g in the first step)
    p   p - lr * v,  or with Nesterov's form  p - lr * (g + momentum * v)

Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013), in PyTorch's form,
where lr multiplies v.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np

from ..kernels import sgd
from ..kernels.reference.update import SgdStep
from ..tape import Tensor
from ..tape.operands import real
from ..tape.record import Array
from .optimizer import Group, Optimizer

# The arrays of one kernel call: parameters, gradients, velocities and scratch. A NamedTuple would make a small training
# step 1 percent slower.
_Batch: TypeAlias = tuple[list[Array], list[Array], list[Array], list[tuple[Array, Array]]]


class SGD(Optimizer):
    """Stochastic gradient descent, optionally with momentum.

    Args:
        params: parameters, or groups of parameters with their own options.
        lr: the learning rate.
        momentum: the factor of v in each step.
        dampening: the gradient enters v with the factor 1 - dampening.
        weight_decay: the L2 penalty, added to the gradient.
        nesterov: use Nesterov's form; requires momentum > 0 and dampening = 0.
        maximize: maximise the objective instead of minimising it.

    State per parameter: momentum_buffer (v), if momentum is not 0. Raises ValueError for invalid options.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        super().__init__(params, {**options, "nesterov": nesterov, "maximize": maximize})

    def _check_options(self, group: Group) -> None:
        self._check_nonnegative(group, "lr", "momentum", "weight_decay")
        real(self._name, "dampening", group["dampening"])
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError(
                f"{self._name}: nesterov needs momentum above 0 and dampening 0; "
                f"got momentum={group['momentum']}, dampening={group['dampening']}"
            )

    def _update(self, group: Group) -> None:
        momentum = group["momentum"]
        batches: dict[tuple[Any, bool], _Batch] = {}  # the key is (dtype, is first step)
        new_velocities: list[tuple[Tensor, Array]] = []
        for p, d, g, a, b in self._parameters_to_update(group):
            v: Array | None = self.state[p].get("momentum_buffer") if momentum and p in self.state else None
            first = bool(momentum) and v is None
            batch = batches.get((d.dtype, first))
            if batch is None:
                batch = batches[d.dtype, first] = ([], [], [], [])
            parameters, gradients, velocities, scratch = batch
            parameters.append(d)
            gradients.append(g)
            scratch.append((a, b))
            if first:
                v = np.empty_like(d)
                new_velocities.append((p, v))
            if v is not None:
                velocities.append(v)
        for (_, first), (parameters, gradients, velocities, scratch) in batches.items():
            step = SgdStep(
                float(group["lr"]), float(group["weight_decay"]), float(momentum), float(1 - group["dampening"]),
                bool(group["nesterov"]), bool(group["maximize"]), first,
            )  # fmt: skip
            sgd(parameters, gradients, velocities if momentum else None, step, scratch)
        for p, v in new_velocities:
            self.state.setdefault(p, {})["momentum_buffer"] = v
