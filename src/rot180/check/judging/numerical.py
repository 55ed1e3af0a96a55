"""The gradient of the user's own forward by differences: exact if it is affine, otherwise central with bounds.

    g[i] = <f(a + e_i) - f(a), dy>

A forward that is affine in an argument has no truncation error at any step, and with small integers there is no
rounding either: a difference at step 1 is the gradient, bit for bit. Affinity is tested along a few lines. Every other
forward gets the central differences of `gradients/differences.py`: every cell has an error bound, and cells whose left
and right derivatives differ, or for which nothing can be measured, are not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..adapter.implementation import Code, Refused
from ..comparison import is_single
from ..gradients.differences import ROUNDINGS, STEP, Base, rounding_of, slope
from ..operations.case import Array, Problem

LINES = 8  # random directions; a single one moves two tied cells equally with probability 1/6
STRAIGHT = 1e-12  # deviation from a straight line by rounding, relative to the size of f
JUMP = 2.0**-7  # accepted difference between the left and the right derivative of one result
SINGLE, COARSE = 2.0**-24, 2.0**-6  # the unit roundoff of float32, and the step for float32 computations


@dataclass(frozen=True)
class NumericalGradients:
    """Gradients by argument, and the bounds of their errors where they are not exact.

    A bound is infinite where the gradient is unknown. `kinks` counts the cells whose left and right derivatives differ.
    """

    gradients: dict[str, Array]
    error_bound: dict[str, Array] = field(default_factory=dict)
    kinks: int = 0


def gradients(code: Code, problem: Problem, y: Array) -> NumericalGradients:
    """Measure the gradients of `code` at a problem where it returned y."""
    names = [name for name in code.definition.gradients_of if name in code.arguments]
    if y.shape != problem.dy.shape:  # a loss that returns several numbers, whose backward gets no weights
        problem = replace(problem, dy=np.broadcast_to(problem.dy, y.shape))
    if code.definition.exact and all(_is_affine(code, problem, y, name) for name in names):
        exact = {name: _exact(code, problem, y, name) for name in names}
        return NumericalGradients(exact, _rounding_bounds(problem, y, exact))
    return _central(code, problem, y, names)


def _value(code: Code, problem: Problem, arrays: Mapping[str, Array], y: Array) -> Array:
    """The result for other arrays. Raises Refused if its shape is not that of y: there are no differences then."""
    found = code.value(problem, arrays)
    if found.shape != y.shape:
        raise Refused(f"the result has shape {found.shape}, and {y.shape} for other numbers of the same shape")
    return found


def _is_affine(code: Code, problem: Problem, y: Array, name: str) -> bool:
    """True if f(a + d) + f(a - d) = 2 f(a) for several d that move all cells."""
    a, rng = problem.arrays[name], np.random.default_rng(0)
    for _ in range(LINES):
        d = rng.integers(1, 4, a.shape) * rng.choice((-1.0, 1.0), a.shape)
        there, back = (_value(code, problem, {**problem.arrays, name: a + side * d}, y) for side in (1, -1))
        if y.dtype.kind != "f" or not _is_straight(there, y, back):
            return False
    return True


def _is_straight(there: Array, y: Array, back: Array) -> bool:
    size = 1.0 + float(np.max(np.abs(there) + np.abs(back), initial=0.0))
    return bool(np.all(np.abs(there + back - 2 * y) <= STRAIGHT * size))


def _exact(code: Code, problem: Problem, y: Array, name: str) -> Array:
    """The gradient by differences with a step of 1, which is exact because the forward is affine."""
    array = problem.arrays[name]
    gradient = np.empty(array.shape)
    for index in np.ndindex(*array.shape):
        moved = array.copy()
        moved[index] += 1
        gradient[index] = np.vdot(_value(code, problem, {**problem.arrays, name: moved}, y) - y, problem.dy)
    return gradient


def _rounding_bounds(problem: Problem, y: Array, gradients: Mapping[str, Array]) -> dict[str, Array]:
    """The error bounds of exact gradients: none, unless results are float32 and may be inexact (for example an FFT)."""
    if y.dtype != np.float32:
        return {}
    bound = 32 * SINGLE * float(np.abs(y).max(initial=1.0)) * float(np.abs(problem.dy).sum())
    return {name: np.full(gradient.shape, bound) for name, gradient in gradients.items()}


def _central(code: Code, problem: Problem, y: Array, names: Sequence[str]) -> NumericalGradients:
    values = [np.asarray(problem.arrays[name], float) for name in names]
    dy, result = np.asarray(problem.dy, float), np.asarray(y, float)

    def f(arrays: Sequence[Array]) -> list[Array]:
        given = dict(zip(names, arrays, strict=True))
        return [np.asarray(_value(code, problem, {**problem.arrays, **given}, y), float)]

    output = NumericalGradients({}, {})
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
                if s.smooth and not _has_kink(along, result, a, d):
                    bound[index] = s.bound / step
                elif s.finite:
                    kinks += 1
            output.gradients[name], output.error_bound[name] = gradient, bound
    return NumericalGradients(output.gradients, output.error_bound, kinks)


def _has_kink(f: Callable[[Array], Sequence[Array]], y: Array, a: Array, d: Array) -> bool:
    """True if a single result has a kink: in the sum that a slope measures, several of them can cancel."""
    bend = f(a + STEP * d)[0] + f(a - STEP * d)[0] - 2 * y
    return bool(np.any(np.abs(bend) > STEP * JUMP))


def _coarse(f: Callable[[Array], Sequence[Array]], base: Base, a: Array, d: Array) -> tuple[float, float]:
    """The central difference of a float32 computation and its bound, by the terms of `differences.py`.

    The step is larger and so are the bounds. No cell is tested for kinks: the bound contains the jump at a kink.
    """
    (result,), (dy,) = base.values, base.v
    size, step = float(np.max(d)), COARSE / float(np.max(d))

    def rise(t: float) -> float:
        return float(((f(a + t * step * d)[0] - result) * dy).sum())

    near, far = (rise(1) - rise(-1)) / (2 * COARSE), (rise(2) - rise(-2)) / (4 * COARSE)
    kink = abs((rise(2) + rise(-2)) / 2 - 2 * (rise(1) + rise(-1))) / COARSE
    rounding = ROUNDINGS * SINGLE * float(np.abs(result * dy).sum() + size * np.abs(dy).sum()) / COARSE
    return near, abs(far - near) + kink + rounding
