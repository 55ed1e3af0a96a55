"""relu, leaky_relu, sigmoid, tanh and softmax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from ... import functional as F
from .case import Array, Case, Problem
from .functional import Form, Functional


@dataclass(frozen=True)
class Rectifier(Functional):
    """relu and leaky_relu: their derivative jumps at x = 0, so x contains no 0 except in `at_kinks`."""

    guesses: ClassVar[Mapping[str, tuple[Any, ...]]] = {"negative_slope": (0.01, 0.1, 0.2, 0.001, 0.3, 0.02, 0.05)}

    def read_off(self, setting: str, problem: Problem, y: Array) -> float | None:
        """Compute negative_slope from the cells where x is below 0."""
        x = problem.arrays["x"]
        if y.shape != x.shape or not (x < 0).any():
            return None
        slope = float(f"{float(np.median(y[x < 0] / x[x < 0])):.6g}")
        return slope if 0 < slope < 1 else None

    def at_kinks(self, case: Case, seed: int) -> Problem | None:
        """A problem where about every third cell of x is 0."""
        problem = self.problem(case, seed, 1.0)
        x = problem.arrays["x"].copy()
        x.flat[:: max(1, min(3, x.size // 2))] = 0.0
        return replace(problem, arrays={**problem.arrays, "x": x})


@dataclass(frozen=True)
class Softmax(Functional):
    """Softmax over axis 1 of (N, C)."""

    layouts = ("channels_first",)

    def fewest(self, letter: str, form: Form) -> int:
        """At least two classes, because a single class always has probability 1."""
        return 2 if letter == "C" else 1


ACTIVATIONS: dict[str, Functional] = {
    "relu": Rectifier("relu", lambda a, s: F.relu(a["x"]), homogeneous=True),
    "leaky_relu": Rectifier(
        "leaky_relu",
        lambda a, s: F.leaky_relu(a["x"], s["negative_slope"]),
        defaults={"negative_slope": 0.01},
        homogeneous=True,
    ),
    "sigmoid": Functional("sigmoid", lambda a, s: F.sigmoid(a["x"])),
    "tanh": Functional("tanh", lambda a, s: F.tanh(a["x"])),
    "softmax": Softmax("softmax", lambda a, s: F.softmax(a["x"], 1), ({"x": "NC"},)),
}
