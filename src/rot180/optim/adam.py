"""Adam, and AdamW, whose weight decay acts directly on the parameter instead of on the gradient.

    p   (1 - lr * weight_decay) * p                 (AdamW)
    g   gradient                                    (Adam: + weight_decay * p)
    m   beta1 * m + (1 - beta1) * g
    v   beta2 * v + (1 - beta2) * g**2
    p   p - lr / (1 - beta1**t) * m / (sqrt(v) / sqrt(1 - beta2**t) + eps)

Sources: Kingma and Ba, "Adam" (2015); amsgrad (the largest v so far instead of v): Reddi et al. (2018);
AdamW: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019), algorithm 2, with lr instead of eta.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..kernels import adam
from ..kernels.reference.update import AdamStep
from ..tape.operands import real
from ..tape.record import Array
from .optimizer import Group, Optimizer


class Adam(Optimizer):
    """Adam: steps scaled by running averages of the gradient and of its square.

    Args:
        params: parameters, or groups of parameters with their own options.
        lr: the learning rate.
        betas: the decay rates of m and v, in [0, 1).
        eps: added to the denominator, so that it is not 0.
        weight_decay: the L2 penalty, added to the gradient.
        amsgrad: use the largest v so far.
        maximize: maximise the objective instead of minimising it.

    State per parameter: step (an int), exp_avg (m), exp_avg_sq (v), and max_exp_avg_sq with amsgrad. Raises ValueError
    for invalid options.
    """

    _required_state = frozenset({"step", "exp_avg", "exp_avg_sq"})
    _decoupled: ClassVar[bool] = False  # True if weight_decay acts on the parameter itself

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**options, "amsgrad": amsgrad, "maximize": maximize})

    def _check_options(self, group: Group) -> None:
        self._check_nonnegative(group, "lr", "eps", "weight_decay")
        betas = group["betas"]
        pair = isinstance(betas, list | tuple) and len(betas) == 2
        if not pair or not all(0 <= real(self._name, "each of betas", beta) < 1 for beta in betas):
            raise ValueError(f"{self._name}: betas must be two numbers of at least 0 and below 1; got {betas}")

    def _update(self, group: Group) -> None:
        amsgrad = group["amsgrad"]
        shrinkage = group["lr"] * group["weight_decay"] if self._decoupled else 0.0
        batches: dict[tuple[Any, int], _Batch] = {}  # the key is (dtype, number of steps)
        for p, d, g, a, b in self._parameters_to_update(group):
            state = self.state.get(p)
            if not state:
                state = self.state[p] = {"step": 0, "exp_avg": np.zeros_like(d), "exp_avg_sq": np.zeros_like(d)}
            state["step"] = count = state["step"] + 1
            if shrinkage:
                np.multiply(d, np.asarray(1 - shrinkage, d.dtype), d)
            if amsgrad and state.get("max_exp_avg_sq") is None:
                state["max_exp_avg_sq"] = np.zeros_like(d)
            batch = batches.get((d.dtype, count))
            if batch is None:
                batch = batches[d.dtype, count] = _Batch([], [], [], [], [], [])
            batch.parameters.append(d)
            batch.gradients.append(g)
            batch.means.append(state["exp_avg"])
            batch.squares.append(state["exp_avg_sq"])
            batch.scratch.append((a, b))
            if amsgrad:
                batch.largest.append(state["max_exp_avg_sq"])
        for (_, count), batch in batches.items():
            step = self._coefficients(group, count)
            largest = batch.largest if amsgrad else None
            adam(batch.parameters, batch.gradients, batch.means, batch.squares, largest, step, batch.scratch)

    def _coefficients(self, group: Group, count: int) -> AdamStep:
        """The coefficients of step number `count`."""
        beta1, beta2 = group["betas"]
        return AdamStep(
            0.0 if self._decoupled else float(group["weight_decay"]), float(beta1), float(1 - beta1), float(beta2),
            float(1 - beta2), math.sqrt(1 - beta2**count), float(group["eps"]), float(group["lr"] / (1 - beta1**count)),
            bool(group["maximize"]),
        )  # fmt: skip


class _Batch(NamedTuple):
    """Parameters that one kernel call updates."""

    parameters: list[Array]
    gradients: list[Array]
    means: list[Array]
    squares: list[Array]
    largest: list[Array]
    scratch: list[tuple[Array, Array]]


class AdamW(Adam):
    """Adam with weight decay that acts on the parameter itself, not on the gradient.

    Args:
        params: parameters, or groups of parameters with their own options.
        lr: the learning rate.
        betas: the decay rates of m and v, in [0, 1).
        eps: added to the denominator, so that it is not 0.
        weight_decay: each step multiplies the parameter by 1 - lr * weight_decay.
        amsgrad: use the largest v so far.
        maximize: maximise the objective instead of minimising it.

    State and errors are those of Adam.
    """

    _decoupled = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
