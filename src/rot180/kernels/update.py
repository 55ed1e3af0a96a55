"""The update of a parameter by Adam, in NumPy: in place, without making garbage.

    m   beta1 * m + (1 - beta1) * g
    v   beta2 * v + (1 - beta2) * g**2
    d   d - size * m / (sqrt(v) / correction + eps)

Who may import it: the engine table. Deliberately absent: what these numbers are at each step (optim/adam.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .walk import Array


class AdamStep(NamedTuple):
    """The numbers of one step, as 0-d arrays of the parameters' dtype: NumPy takes these fastest."""

    keep: Array  # beta1
    gain: Array  # 1 - beta1
    keep_square: Array  # beta2
    gain_square: Array  # 1 - beta2
    correction: Array  # sqrt(1 - beta2**t)
    eps: Array
    size: Array  # lr / (1 - beta1**t)


def adam(d: Array, g: Array, m: Array, v: Array, most: Array | None, step: AdamStep, b: Array) -> None:
    """One step of a parameter d with gradient g; `most`, the largest v so far, is divided by if given; b is scratch."""
    np.multiply(m, step.keep, m)
    np.multiply(g, step.gain, b)
    np.add(m, b, m)  # not m + gain * (g - m), which loses a small g after a large one where beta1 is 0
    np.multiply(v, step.keep_square, v)
    np.multiply(g, g, b)
    np.multiply(b, step.gain_square, b)
    np.add(v, b, v)
    if most is not None:
        v = np.maximum(most, v, out=most)
    np.sqrt(v, b)
    np.divide(b, step.correction, b)
    np.add(b, step.eps, b)
    np.divide(m, b, b)
    np.multiply(b, step.size, b)
    np.subtract(d, b, d)
