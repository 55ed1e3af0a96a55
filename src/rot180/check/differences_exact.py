"""The gradient of the user's own forward by differences that are exact.

    g[i] = <f(a + e_i) - f(a), dy>

A forward that is affine in an argument has no truncation error at any step, and with small integers no rounding either:
with a step of 1 this is the gradient, bit for bit.
"""

from __future__ import annotations

import numpy as np

from .case import Array, Problem
from .implementation import Implementation


def gradients(code: Implementation, problem: Problem, y: Array) -> dict[str, Array]:
    """{argument: gradient} of what `code` computes at a problem, where it gave y."""
    found = {}
    for name in code.arguments:
        array = problem.arrays[name]
        gradient = np.empty(array.shape)
        for index in np.ndindex(*array.shape):
            moved = array.copy()
            moved[index] += 1
            change = code.value(problem, {**problem.arrays, name: moved}) - y
            gradient[index] = np.vdot(change, problem.dy)
        found[name] = gradient
    return found


def bound(problem: Problem, y: Array) -> float:
    """What rounding may do to a cell of such a gradient, if the forward is not exact after all (an FFT, say)."""
    eps = float(np.finfo(y.dtype if y.dtype.kind == "f" else float).eps)
    return 16 * eps * float(np.abs(y).max(initial=1.0)) * float(np.abs(problem.dy).sum())
