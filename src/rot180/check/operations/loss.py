"""Losses: operations that compute one number from predictions x and labels t."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from ... import functional as F
from ...tape.elementary import log
from .case import Array, Arrays, Case, Problem
from .functional import Form, Functional


@dataclass(frozen=True)
class Loss(Functional):
    """A loss for predictions of any shape; t has the shape of x."""

    arguments = ("x", "t")
    loss = True

    def y_shape(self, case: Case) -> tuple[int, ...]:
        """The shape of the loss, which is a single number."""
        return ()

    def counted(self, problem: Problem) -> tuple[int, ...]:
        """The shape of the predictions."""
        return problem.arrays["x"].shape


@dataclass(frozen=True)
class Classification(Loss):
    """A loss for logits (N, C) and integer labels (N,)."""

    layouts = ("channels_first",)
    guesses: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": tuple(10.0**-n for n in range(4, 13))}

    def gradients(self, dy: Array, arrays: Arrays, case: Case) -> dict[str, Array]:
        """The gradients without eps, because code adds eps only inside the logarithm, to avoid log(0)."""
        return super().gradients(dy, arrays, _without_eps(case))

    def gradient_bounds(self, dy: Array, arrays: Arrays, case: Case) -> dict[str, Array]:
        """The effect of eps on each cell of the gradients. Gradients with and without eps are accepted."""
        if not case.settings.get("eps"):
            return {}
        exact, usual = super().gradients(dy, arrays, case), self.gradients(dy, arrays, case)
        return {name: 1.001 * np.abs(gradient - usual[name]) for name, gradient in exact.items()}

    def sample(self, argument: str, shape: tuple[int, ...], rng: np.random.Generator, unit: float, case: Case) -> Array:
        """Draw labels among the classes."""
        if argument == "t":
            return rng.integers(0, case.shapes["x"][1], shape)
        return super().sample(argument, shape, rng, unit, case)

    def fewest(self, letter: str, form: Form) -> int:
        """At least two classes, because a single class always has probability 1."""
        return 2 if letter == "C" else 1


def _without_eps(case: Case) -> Case:
    return replace(case, settings={**case.settings, "eps": 0.0})


def _cross_entropy(a: Mapping[str, Any], s: Mapping[str, Any]) -> Any:
    """The cross entropy of softmax; with eps, the logarithm of the probability plus eps."""
    if not s["eps"]:
        return F.cross_entropy(a["x"], a["t"], reduction=s["reduction"])
    probability = F.softmax(a["x"], 1)[np.arange(len(a["t"])), a["t"]]
    losses = -log(probability + s["eps"])
    return losses.mean() if s["reduction"] == "mean" else losses.sum()


_ALIKE: tuple[Form, ...] = ({"x": "ND", "t": "ND"}, {"x": "NCHW", "t": "NCHW"})
_MEAN = {"reduction": "mean"}
_EITHER = ({"reduction": "mean"}, {"reduction": "sum"})

LOSSES: dict[str, Functional] = {
    "softmax_cross_entropy": Classification(
        "softmax_cross_entropy", _cross_entropy, ({"x": "NC", "t": "N"},), {**_MEAN, "eps": 0.0}, ({}, *_EITHER)
    ),
    "mse_loss": Loss(
        "mse_loss", lambda a, s: F.mse_loss(a["x"], a["t"], reduction=s["reduction"]), _ALIKE, _MEAN, ({}, *_EITHER)
    ),
    "half_squared_error": Loss(
        "half_squared_error", lambda a, s: F.mse_loss(a["x"], a["t"], reduction="sum") * 0.5, _ALIKE
    ),
}  # fmt: skip
