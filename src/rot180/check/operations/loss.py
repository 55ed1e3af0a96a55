"""Losses: one number for predictions x and labels t."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import functional as F
from .case import Array, Case, Problem
from .functional import Form, Functional


@dataclass(frozen=True)
class Loss(Functional):
    """Of numbers, of any shape; t is of the shape of x."""

    arguments = ("x", "t")
    loss = True

    def y_shape(self, case: Case) -> tuple[int, ...]:
        """A number."""
        return ()

    def counted(self, problem: Problem) -> tuple[int, ...]:
        """The predictions."""
        return problem.arrays["x"].shape


@dataclass(frozen=True)
class Classification(Loss):
    """Of logits (N, C) and labels (N,), which are integers."""

    layouts = ("channels_first",)

    def drawn(self, argument: str, shape: tuple[int, ...], rng: np.random.Generator, unit: float, case: Case) -> Array:
        """Labels among the classes."""
        if argument == "t":
            return rng.integers(0, case.shapes["x"][1], shape)
        return super().drawn(argument, shape, rng, unit, case)

    def fewest(self, letter: str, form: Form) -> int:
        """One class has probability 1 whatever comes."""
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
