"""Parameter updates by SGD and Adam, in place and without temporary arrays.

    SGD     g   gradient + decay * d
            v   keep * v + gain * g                 (in the first step v = g; without momentum g is used as v)
            d   d - rate * v,  or with Nesterov momentum  d - rate * (g + keep * v)

    Adam    g   gradient + decay * d
            m   beta1 * m + (1 - beta1) * g
            v   beta2 * v + (1 - beta2) * g**2
            d   d - size * m / (sqrt(v) / correction + eps)

One call updates all parameters of one dtype, because networks have many small parameters. The optimisers (optim/sgd.py,
optim/adam.py) compute the coefficients of each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from ..dispatch import Array, kernel

Arrays: TypeAlias = Sequence[Array]  # one array per parameter


class SgdStep(NamedTuple):
    """The coefficients and options of one step of SGD."""

    rate: float
    decay: float
    keep: float  # momentum
    gain: float  # 1 - dampening
    nesterov: bool
    maximize: bool  # ascend: use -gradient
    first: bool  # the first step: velocities are written, not read


class AdamStep(NamedTuple):
    """The coefficients and options of one step of Adam."""

    decay: float
    keep: float  # beta1
    gain: float  # 1 - beta1
    keep_square: float  # beta2
    gain_square: float  # 1 - beta2
    correction: float  # sqrt(1 - beta2**t)
    eps: float
    size: float  # lr / (1 - beta1**t)
    maximize: bool


@kernel
def sgd(
    parameters: Arrays, gradients: Arrays, velocities: Arrays | None, step: SgdStep,
    scratch: Sequence[tuple[Array, Array]],
) -> None:  # fmt: skip
    """Update every parameter, and its velocity if there is momentum, in place.

    Args:
        parameters, gradients: one array per parameter.
        velocities: one array per parameter, or None without momentum.
        scratch: two arrays per parameter, of its shape and dtype, whose contents are overwritten.
    """
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
    """Return numbers as 0-d arrays of the parameters' dtype, which NumPy handles twice as fast as Python floats."""
    return [np.asarray(value, like[0].dtype) for value in values]


def direction(d: Array, g: Array, a: Array, decay: Array | float, maximize: bool) -> Array:
    """Return g (or -g to maximize) + decay * d: g itself if it is unchanged, otherwise scratch array a."""
    if decay:
        np.multiply(d, decay, a)
        return np.subtract(a, g, a) if maximize else np.add(a, g, a)
    return np.negative(g, a) if maximize else g


@kernel
def adam(
    parameters: Arrays, gradients: Arrays, means: Arrays, squares: Arrays, largest: Arrays | None, step: AdamStep,
    scratch: Sequence[tuple[Array, Array]],
) -> None:  # fmt: skip
    """Update every parameter and its moments in place.

    Args:
        parameters, gradients: one array per parameter.
        means, squares: the moments m and v, one array each per parameter.
        largest: the largest v so far per parameter, used in place of v (AMSGrad), or None.
        scratch: two arrays per parameter, of its shape and dtype, whose contents are overwritten.
    """
    decay, keep, gain, keep_square, gain_square, correction, eps, size = numbers(parameters, step[:8])
    for i, (d, g, m, v, (a, b)) in enumerate(zip(parameters, gradients, means, squares, scratch, strict=True)):
        if decay or step.maximize:
            g = direction(d, g, a, decay, step.maximize)
        np.multiply(m, keep, m)
        np.multiply(g, gain, b)
        np.add(m, b, m)  # m + gain * (g - m) would lose a small g that follows a large one if beta1 is 0
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
