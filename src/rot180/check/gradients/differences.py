"""The numerical derivative of a function along a direction, a bound of its error, and the detection of kinks.

The checker evaluates phi(t) = <f(a + t d), v> at t = 0, +-h and +-2h and computes

    D(h) = (phi(h) - phi(-h)) / 2h = phi' + h^2 phi''' / 6 + ...        the central difference
    J(h) = (phi(h) - 2 phi(0) + phi(-h)) / h = h phi'' + ...            the right derivative minus the left one

    u = 2^-53
    bound = |D(2h) - D(h)|                 three times the truncation: D(2h) - D(h) = h^2 phi''' / 2
          + |J(2h) - 2 J(h)|               of order h^3 if phi is smooth; the size of the jump at a kink
          + 32 (sum |v_j| e_j) / h         rounding of f in the outputs that changed; e_j = u |f_j| + noise_j
          + u (sum |a_i g_i|) / h          rounding of a + h d in the entries with d != 0; g is the checked gradient
          + 32 (sum |v_j| e_j + u s)       rounding of g, if f hardly changes; s = max |g| + max |v_j f_j|

noise_j is the variation of f_j near a that a smooth function cannot have. It measures rounding errors inside f that are
large compared with f, for example because large terms cancel (More and Wild, "Estimating computational noise", 2011).

A step is accepted if the first two terms are small: D(2h) agrees with D(h) within a hundredth, and J(2h) with 2 J(h) up
to rounding. Otherwise smaller steps are tried. At a kink, the left and the right derivative differ at every step.

The optimal step of the central difference is about u^(1/3): Nocedal and Wright, "Numerical Optimization" (2nd ed.,
2006), section 8.1. Rounding: Higham, "Accuracy and Stability of Numerical Algorithms" (2nd ed., 2002), section 1.14.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

UNIT = 2.0**-53
STEP = 2.0**-17  # u^(1/3), as a power of two, so that a + h is often exact
ROUNDINGS = 32
NEARBY, JUMP = (
    2.0**-20,
    2.0**-30,
)  # the distance at which noise is measured; the largest noise, relative to f
BEND = 2.0**-7  # the accepted difference between the left and the right derivative of one output
SHRINK = (1.0, 2.0**-4, 2.0**-8)  # the steps relative to the first, tried until f is smooth


@dataclass(frozen=True)
class Base:
    """The outputs at the given point with their rounding errors e_j, the cotangents, and the scale of intermediate
    values.

    `scale` is the largest |v_j f_j| of first order. Gradients are computed from numbers of this size, even if the
    gradients themselves are much smaller.
    """

    values: Sequence[Array]
    rounding: Sequence[Array]
    v: Sequence[Array]
    scale: float


def rounding_of(
    f: Callable[[Sequence[Array]], Sequence[Array]], values: Sequence[Array], base: Sequence[Array],
    rng: np.random.Generator,
) -> list[Array]:  # fmt: skip
    """e_j = u |f_j| + noise_j for every output; f maps the arrays of all variables to the outputs `base`."""
    lines = [NEARBY * rng.uniform(-1, 1, a.shape) * np.maximum(1, np.abs(a)) for a in values]
    points = [f([a + k * d for a, d in zip(values, lines, strict=True)]) for k in range(1, 8)]
    errors = []
    for position, y in enumerate(base):
        fourth = np.diff(
            [y, *[point[position] for point in points]], 4, axis=0
        )  # for a smooth f, the fourth difference is of order h^4, which is negligible
        noise = np.sqrt((fourth**2).mean(0) / 70)  # 1 + 16 + 36 + 16 + 1: the sum of the squared coefficients
        noise = np.where(noise < JUMP * np.maximum(1, np.abs(y)), noise, 0)  # the test for kinks finds larger values
        errors.append(UNIT * np.abs(y) + np.maximum(noise, np.median(noise) if noise.size else 0))
    return errors


@dataclass(frozen=True)
class Slope:
    """A difference quotient: its value, the bound of its error, the one-sided quotients, and its step.

    It can be used only if it is `smooth`. `shrunk` is True if the larger steps were not smooth. `kinked` is True if any
    single output has a kink within the first step, because the kinks of several outputs can cancel in their sum.
    """

    value: float
    bound: float
    left: float
    right: float
    eps: float
    smooth: bool
    finite: bool
    shrunk: bool
    kinked: bool = False


def slope(f: Callable[[Array], Sequence[Array]], base: Base, a: Array, d: Array, g: Array, eps: float) -> Slope:
    """Measure the derivative of <f(a + t d), v> at t = 0, with the first step at which f is smooth, or else the last
    step.

    Args:
        f: maps an array like `a` to several arrays.
        base: the result at a.
        d: the direction, of the shape of a; 0 for entries that stay fixed.
        g: the gradient to be checked, for the bound.
        eps: the first step.
    """

    def stacked(points: Array) -> list[Array]:
        outputs = [f(point) for point in points]
        return [np.stack([output[position] for output in outputs]) for position in range(len(base.values))]

    return slopes(stacked, base, a, d[None], g, eps)[0]


def slopes(
    f: Callable[[Array], Sequence[Array]], base: Base, a: Array, directions: Array, g: Array, eps: float
) -> list[Slope]:
    """Measure the derivatives along several directions, like `slope`. f maps a stack of points to a stack of outputs.

    Args:
        directions: stacked along the first axis.
    """
    moving = directions != 0
    carried = _row_sums(np.abs(a * np.where(np.isfinite(g), g, 0.0)) * moving)
    outputs = sum(float((e * np.abs(w)).sum()) for e, w in zip(base.rounding, base.v, strict=True))
    floor = ROUNDINGS * (outputs + UNIT * (base.scale + float(np.max(np.abs(g), initial=0.0, where=np.isfinite(g)))))
    relative = [float(np.min(np.abs(a[m]), initial=1.0, where=a[m] != 0)) * eps for m in moving]
    found: dict[int, Slope] = {}
    left = np.arange(len(directions))
    for position in range(len(SHRINK) + 1):
        if position < len(SHRINK):
            h = np.full(len(left), eps * SHRINK[position])
        else:  # for tiny entries, such as 1e-8 in a logarithm
            left = np.array([row for row in left if relative[row] < eps * SHRINK[-1]], int)
            h = np.array([relative[row] for row in left])
        if not left.size:
            break
        at_step = _at_step(f, base, a, directions[left], h, carried[left], floor, shrunk=position > 0)
        for row, new in zip(map(int, left), at_step, strict=True):
            found[row] = replace(new, kinked=found[row].kinked) if row in found else new
        left = np.array([row for row in left if not found[int(row)].smooth], int)
    return [found[row] for row in range(len(directions))]


def _at_step(
    f: Callable[[Array], Sequence[Array]], base: Base, a: Array, directions: Array, h: Array, carried: Array,
    floor: float, *, shrunk: bool,
) -> list[Slope]:  # fmt: skip
    """The slopes with the steps h."""
    steps = directions * h.reshape(-1, *[1] * a.ndim)
    values = f(np.concatenate([a + steps, a - steps, a + 2 * steps, a - 2 * steps]))
    (right, left, far_right, far_left), (right_error, left_error, _, _) = (
        part.reshape(4, -1) for part in _rises(values, base)
    )
    near, far = (right - left) / (2 * h), (far_right - far_left) / (4 * h)  # D(h), D(2h)
    bend, far_bend = (right + left) / h, (far_right + far_left) / (2 * h)  # J(h), J(2h)
    rounding = (ROUNDINGS * np.maximum(right_error, left_error) + UNIT * carried) / h + floor
    truncation, kink = np.abs(far - near), np.abs(far_bend - 2 * bend)
    finite = np.isfinite(near) & np.isfinite(far) & np.isfinite(kink)
    largest = np.maximum(np.abs(near), np.abs(far))
    smooth = finite & (kink <= 4 * rounding) & (truncation <= 0.01 * largest + 4 * rounding)
    kinked = _kinked(values, base, h)
    rows = zip(near, truncation + kink + rounding, -left / h, right / h, h, smooth, finite, kinked, strict=True)
    return [
        Slope(float(n), float(b), float(lo), float(r), float(e), bool(s), bool(ok), shrunk, bool(k))
        for n, b, lo, r, e, s, ok, k in rows
    ]


def _rises(values: Sequence[Array], base: Base) -> tuple[Array, Array]:
    """For each point, <f - base, v> and the rounding error sum |v| e of the outputs that changed."""
    count = len(values[0]) if values else 0
    totals, errors = np.zeros(count), np.zeros(count)
    for y, y0, e, weight in zip(values, base.values, base.rounding, base.v, strict=True):
        change = y - y0
        totals += _row_sums(change * weight)
        errors += _row_sums(np.where(change != 0, e * np.abs(weight), 0.0))
    return totals, errors


def _kinked(values: Sequence[Array], base: Base, h: Array) -> Array:
    """True for each direction along which at least one output has a kink."""
    found = np.zeros(len(h), bool)
    for y, y0 in zip(values, base.values, strict=True):
        right, left = y[: len(h)], y[len(h) : 2 * len(h)]
        bends = np.abs(right + left - 2 * y0) > BEND * h.reshape(-1, *[1] * y0.ndim)
        found |= bends.any(tuple(range(1, bends.ndim)))
    return found


def _row_sums(stacked: Array) -> Array:
    """The sums of the arrays in a stack."""
    return np.asarray(stacked.sum(tuple(range(1, stacked.ndim))), float)
