"""The gradient of the user's own forward by differences: exact ones where it is affine, else central ones with bounds.

    g[i] = <f(a + e_i) - f(a), dy>

A forward that is affine in an argument has no truncation error at any step, and with small integers no rounding either:
with a step of 1 this is the gradient, bit for bit. Whether it is affine is tried along some lines. Any other forward
gets the central differences of `differences.py`: there every cell has a bound, and where the left and the right
derivative differ, or nothing can be said, the cell counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..adapter.implementation import Code
from ..comparison import is_single
from ..gradients.differences import ROUNDINGS, STEP, Base, rounding_of, slope
from ..operations.case import Array, Problem

LINES = 8  # two cells that tie, of which one is the larger to each side, go along one of them unseen in 1 of 6
STRAIGHT = 1e-12  # of the size of f: what rounding may bend a line
JUMP = 2.0**-7  # between the left and the right derivative of one result
SINGLE, COARSE = 2.0**-24, 2.0**-6  # the unit of float32, and a step for what is computed in it


@dataclass(frozen=True)
class NumericalGradients:
    """Gradients by argument; where they are not exact, the bounds of their errors, infinite where they are unknown.

    `kinks` counts the cells where left and right derivatives differ.
    """

    gradients: dict[str, Array]
    error_bound: dict[str, Array] = field(default_factory=dict)
    kinks: int = 0


def gradients(code: Code, problem: Problem, y: Array) -> NumericalGradients:
    """Of what `code` computes at a problem, where it gave y."""
    names = [name for name in code.definition.gradients_of if name in code.arguments]
    if y.shape != problem.dy.shape:  # a loss of several numbers, whose backward is not told how they are weighted
        problem = replace(problem, dy=np.broadcast_to(problem.dy, y.shape))
    if code.definition.exact and all(_is_affine(code, problem, y, name) for name in names):
        found = {name: _exact(code, problem, y, name) for name in names}
        return NumericalGradients(found, _rounded(problem, y, found))
    return _central(code, problem, y, names)


def _is_affine(code: Code, problem: Problem, y: Array, name: str) -> bool:
    """Whether f(a + d) + f(a - d) = 2 f(a) for some d that move all cells."""
    a, rng = problem.arrays[name], np.random.default_rng(0)
    for _ in range(LINES):
        d = rng.integers(1, 4, a.shape) * rng.choice((-1.0, 1.0), a.shape)
        there, back = (code.value(problem, {**problem.arrays, name: a + side * d}) for side in (1, -1))
        if y.dtype.kind != "f" or not _is_straight(there, y, back):
            return False
    return True


def _is_straight(there: Array, y: Array, back: Array) -> bool:
    size = 1.0 + float(np.max(np.abs(there) + np.abs(back), initial=0.0))
    return bool(np.all(np.abs(there + back - 2 * y) <= STRAIGHT * size))


def _exact(code: Code, problem: Problem, y: Array, name: str) -> Array:
    """Of what is affine, with a step of 1."""
    array = problem.arrays[name]
    gradient = np.empty(array.shape)
    for index in np.ndindex(*array.shape):
        moved = array.copy()
        moved[index] += 1
        gradient[index] = np.vdot(code.value(problem, {**problem.arrays, name: moved}) - y, problem.dy)
    return gradient


def _rounded(problem: Problem, y: Array, found: Mapping[str, Array]) -> dict[str, Array]:
    """The bounds of exact gradients: none, but where results come in float32, which may be inexact (an FFT, say)."""
    if y.dtype != np.float32:
        return {}
    bound = 32 * SINGLE * float(np.abs(y).max(initial=1.0)) * float(np.abs(problem.dy).sum())
    return {name: np.full(gradient.shape, bound) for name, gradient in found.items()}


def _central(code: Code, problem: Problem, y: Array, names: Sequence[str]) -> NumericalGradients:
    values = [np.asarray(problem.arrays[name], float) for name in names]
    dy, result = np.asarray(problem.dy, float), np.asarray(y, float)

    def f(arrays: Sequence[Array]) -> list[Array]:
        given = dict(zip(names, arrays, strict=True))
        return [np.asarray(code.value(problem, {**problem.arrays, **given}), float)]

    found = NumericalGradients({}, {})
    kinks = 0
    with np.errstate(all="ignore"):
        rounding = rounding_of(f, values, [result], np.random.default_rng(0))
        base = Base([result], rounding, [dy], float(np.max(np.abs(result * dy), initial=0.0)))
        for k, (name, a) in enumerate(zip(names, values, strict=True)):
            gradient, bound = np.zeros(a.shape), np.full(a.shape, np.inf)

            def along(moved: Array, k: int = k) -> list[Array]:
                return f([*values[:k], moved, *values[k + 1 :]])

            for index in np.ndindex(*a.shape):
                d = np.zeros_like(a)
                d[index] = step = max(1.0, abs(float(a[index])))
                if is_single(y):
                    gradient[index], bound[index] = _coarse(along, base, a, d)
                    continue
                s = slope(along, base, a, d, gradient, STEP)
                gradient[index] = s.value / step
                if s.smooth and not _bends(along, result, a, d):
                    bound[index] = s.bound / step
                elif s.finite:
                    kinks += 1
            found.gradients[name], found.error_bound[name] = gradient, bound
    return NumericalGradients(found.gradients, found.error_bound, kinks)


def _bends(f: Callable[[Array], Sequence[Array]], y: Array, a: Array, d: Array) -> bool:
    """Whether one result has a kink: several of them can cancel in the sum that a slope is of."""
    bend = f(a + STEP * d)[0] + f(a - STEP * d)[0] - 2 * y
    return bool(np.any(np.abs(bend) > STEP * JUMP))


def _coarse(f: Callable[[Array], Sequence[Array]], base: Base, a: Array, d: Array) -> tuple[float, float]:
    """The central difference of what is computed in float32, and its bound, by the terms of `differences.py`.

    The step is larger and so are the bounds, which take the place of any test: at a kink the jump is in them.
    """
    (result,), (dy,) = base.values, base.v
    size, step = float(np.max(d)), COARSE / float(np.max(d))

    def rise(t: float) -> float:
        return float(((f(a + t * step * d)[0] - result) * dy).sum())

    near, far = (rise(1) - rise(-1)) / (2 * COARSE), (rise(2) - rise(-2)) / (4 * COARSE)
    kink = abs((rise(2) + rise(-2)) / 2 - 2 * (rise(1) + rise(-1))) / COARSE
    rounding = ROUNDINGS * SINGLE * float(np.abs(result * dy).sum() + size * np.abs(dy).sum()) / COARSE
    return near, abs(far - near) + kink + rounding
