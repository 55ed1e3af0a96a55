"""Losses: operations that compute one number from predictions x and labels t."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import functional as F
from .case import Array, Case, Problem
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

    def sample(self, argument: str, shape: tuple[int, ...], rng: np.random.Generator, unit: float, case: Case) -> Array:
        """Draw labels among the classes."""
        if argument == "t":
            return rng.integers(0, case.shapes["x"][1], shape)
        return super().sample(argument, shape, rng, unit, case)

    def fewest(self, letter: str, form: Form) -> int:
        """At least two classes, because a single class always has probability 1."""
        return 2 if letter == "C" else 1


_ALIKE: tuple[Form, ...] = ({"x": "ND", "t": "ND"}, {"x": "NCHW", "t": "NCHW"})
_MEAN = {"reduction": "mean"}
_EITHER = ({"reduction": "mean"}, {"reduction": "sum"})

LOSSES: dict[str, Functional] = {
    "softmax_cross_entropy": Classification(
        "softmax_cross_entropy", lambda a, s: F.cross_entropy(a["x"], a["t"], reduction=s["reduction"]),
        ({"x": "NC", "t": "N"},), _MEAN, ({}, *_EITHER),
    ),
    "mse_loss": Loss(
        "mse_loss", lambda a, s: F.mse_loss(a["x"], a["t"], reduction=s["reduction"]), _ALIKE, _MEAN, ({}, *_EITHER)
    ),
    "half_squared_error": Loss(
        "half_squared_error", lambda a, s: F.mse_loss(a["x"], a["t"], reduction="sum") * 0.5, _ALIKE
    ),
}  # fmt: skip
