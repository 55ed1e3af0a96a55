"""The updates of parameters by SGD and Adam, in NumPy: in place, without making garbage.

    SGD     g   gradient + decay * d
            v   keep * v + gain * g                 (at first v = g; without v, what follows takes g)
            d   d - rate * v,  or with Nesterov's form  d - rate * (g + keep * v)

    Adam    g   gradient + decay * d
            m   beta1 * m + (1 - beta1) * g
            v   beta2 * v + (1 - beta2) * g**2
            d   d - size * m / (sqrt(v) / correction + eps)

A call updates many parameters, each by itself: networks have many that are small. All are of one dtype.

Who may import it: the engine table. Deliberately absent: what these numbers are at each step (optim/sgd.py, adam.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from .walk import Array

Arrays: TypeAlias = Sequence[Array]  # one per parameter


class SgdStep(NamedTuple):
    """The numbers and choices of one step."""

    rate: float
    decay: float
    keep: float  # momentum
    gain: float  # 1 - dampening
    nesterov: bool
    maximize: bool  # descend along -gradient
    first: bool  # v is written, not read


class AdamStep(NamedTuple):
    """The same for Adam."""

    decay: float
    keep: float  # beta1
    gain: float  # 1 - beta1
    keep_square: float  # beta2
    gain_square: float  # 1 - beta2
    correction: float  # sqrt(1 - beta2**t)
    eps: float
    size: float  # lr / (1 - beta1**t)
    maximize: bool


def sgd(
    parameters: Arrays, gradients: Arrays, velocities: Arrays | None, step: SgdStep,
    scratch: Sequence[tuple[Array, Array]],
) -> None:  # fmt: skip
    """One step of each parameter; without momentum there are no velocities. `scratch`: two arrays like each."""
    rate, decay, keep, gain = numbers(parameters, step[:4])
    nesterov, maximize, first = step[4:]
    for i, (d, g, (a, b)) in enumerate(zip(parameters, gradients, scratch, strict=True)):
        if decay or maximize:
            g = direction(d, g, a, decay, maximize)
        if velocities is not None:
            v = velocities[i]
            if first:
                np.copyto(v, g)
            else:
                np.multiply(v, keep, v)
                np.add(v, g if gain == 1 else np.multiply(g, gain, b), v)
            g = np.add(np.multiply(v, keep, b), g, b) if nesterov else v
        np.multiply(g, rate, b)
        np.subtract(d, b, d)


def numbers(like: Arrays, values: Sequence[float]) -> list[Array]:
    """Numbers as 0-d arrays of the dtype of arrays: NumPy takes them in half the time that it needs for Python's."""
    return [np.asarray(value, like[0].dtype) for value in values]


def direction(d: Array, g: Array, a: Array, decay: Array | float, maximize: bool) -> Array:
    """The gradient to descend along: g (or -g to maximize) + decay * d; g itself, or written into scratch a."""
    if decay:
        np.multiply(d, decay, a)
        return np.subtract(a, g, a) if maximize else np.add(a, g, a)
    return np.negative(g, a) if maximize else g


def adam(
    parameters: Arrays, gradients: Arrays, means: Arrays, squares: Arrays, largest: Arrays | None, step: AdamStep,
    scratch: Sequence[tuple[Array, Array]],
) -> None:  # fmt: skip
    """One step of each parameter, with its m and v; `largest`, the largest v so far, is divided by where given."""
    decay, keep, gain, keep_square, gain_square, correction, eps, size = numbers(parameters, step[:8])
    for i, (d, g, m, v, (a, b)) in enumerate(zip(parameters, gradients, means, squares, scratch, strict=True)):
        if decay or step.maximize:
            g = direction(d, g, a, decay, step.maximize)
        np.multiply(m, keep, m)
        np.multiply(g, gain, b)
        np.add(m, b, m)  # not m + gain * (g - m), which loses a small g after a large one where beta1 is 0
        np.multiply(v, keep_square, v)
        np.multiply(g, g, b)
        np.multiply(b, gain_square, b)
        np.add(v, b, v)
        if largest is not None:
            v = np.maximum(largest[i], v, out=largest[i])
        np.sqrt(v, b)
        np.divide(b, correction, b)
        np.add(b, eps, b)
        np.divide(m, b, b)
        np.multiply(b, size, b)
        np.subtract(d, b, d)
