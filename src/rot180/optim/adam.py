"""Adam, and AdamW, whose weight decay acts on the parameter and not through the gradient.

    p   (1 - lr * weight_decay) * p                 (AdamW)
    g   gradient                                    (Adam: + weight_decay * p)
    m   beta1 * m + (1 - beta1) * g
    v   beta2 * v + (1 - beta2) * g**2
    p   p - lr / (1 - beta1**t) * m / (sqrt(v) / sqrt(1 - beta2**t) + eps)

Sources: Kingma and Ba, "Adam" (2015); amsgrad (the largest v so far in place of v): Reddi et al. (2018);
AdamW: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019), algorithm 2, with lr in the place of eta.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from ..kernels import adam
from ..kernels.update import AdamStep
from ..tape.operands import real
from ..tape.record import Array
from .optimizer import Group, Optimizer, direction, numbers


class Adam(Optimizer):
    """Args:
        params: parameters, or groups of them with options of their own.
        lr: the learning rate.
        betas: how much of m and v stays at each step; in [0, 1).
        eps: keeps the denominator from 0.
        weight_decay: the L2 penalty, added to the gradient.
        amsgrad: divide by the largest v so far.
        maximize: ascend instead.

    State per parameter: step (an int), exp_avg (m), exp_avg_sq (v), and max_exp_avg_sq with amsgrad. Raises ValueError
    for options that make no sense.
    """  # fmt: skip

    _remembers = frozenset({"step", "exp_avg", "exp_avg_sq"})
    _decoupled: ClassVar[bool] = False  # whether weight_decay shrinks the parameter itself

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**options, "amsgrad": amsgrad, "maximize": maximize})

    def _check_options(self, group: Group) -> None:
        self._at_least_zero(group, "lr", "eps", "weight_decay")
        betas = group["betas"]
        pair = isinstance(betas, list | tuple) and len(betas) == 2
        if not pair or not all(0 <= real(self._name, "each of betas", beta) < 1 for beta in betas):
            raise ValueError(f"{self._name}: betas must be two numbers of at least 0 and below 1; got {betas}")

    def _update(self, group: Group) -> None:
        (beta1, beta2), lr = group["betas"], group["lr"]
        weight_decay, maximize, amsgrad = group["weight_decay"], group["maximize"], group["amsgrad"]
        shrinkage, penalty = (lr * weight_decay, 0.0) if self._decoupled else (0.0, weight_decay)
        made_for: Any = None
        for p, d, g, a, b in self._due(group):
            state = self.state.get(p)
            if not state:
                state = self.state[p] = {"step": 0, "exp_avg": np.zeros_like(d), "exp_avg_sq": np.zeros_like(d)}
            state["step"] = step = state["step"] + 1
            if made_for != (step, d.dtype):
                made_for = (step, d.dtype)
                remains, *scales = numbers(
                    d.dtype, 1 - shrinkage, beta1, 1 - beta1, beta2, 1 - beta2, math.sqrt(1 - beta2**step),
                    group["eps"], lr / (1 - beta1**step),
                )  # fmt: skip
                made = AdamStep(*scales)
            if shrinkage:
                np.multiply(d, remains, d)
            if penalty or maximize:
                g = direction(d, g, a, penalty, maximize)
            most: Array | None = state.get("max_exp_avg_sq") if amsgrad else None
            if amsgrad and most is None:
                most = state["max_exp_avg_sq"] = np.zeros_like(d)
            adam(d, g, state["exp_avg"], state["exp_avg_sq"], most, made, b)


class AdamW(Adam):
    """Args:
        params: parameters, or groups of them with options of their own.
        lr: the learning rate.
        betas: how much of m and v stays at each step; in [0, 1).
        eps: keeps the denominator from 0.
        weight_decay: the share of a parameter that is taken away at each step, times lr.
        amsgrad: divide by the largest v so far.
        maximize: ascend instead.

    State and errors as Adam's.
    """  # fmt: skip

    _decoupled = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
