"""The gradient of the user's own forward by differences: exact if it is affine, otherwise central with bounds.

    g[i] = <f(a + e_i) - f(a), dy>

A forward that is affine in an argument has no truncation error at any step, and with small integers there is no
rounding either: a difference at step 1 is the gradient, bit for bit. A test along a few lines shows if the forward is
affine. For every other forward, `gradients/differences.py` takes central differences, and every cell has an error
bound. A cell is not compared if its left and right derivatives differ, or if it cannot be measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from ..adapter.code import Code, Refused
from ..comparison import is_single
from ..gradients.differences import ROUNDINGS, STEP, UNIT, Base, rounding_of, slopes
from ..operations.case import Array, Problem
from .forwards import Forwards, Point

LINES = 8  # random directions; a single one moves two tied cells equally with probability 1/6
DIRECTIONS = 4  # random directions along which a smooth forward is compared with a guess
STRAIGHT = 1e-12  # deviation from a straight line by rounding, relative to the size of f
SINGLE, COARSE = 2.0**-24, 2.0**-6  # the unit roundoff of float32, and the step for float32 computations
MOST_WORK = 2e6  # products of x and w in all calls of the forward; loops in Python need 0.5 to 5 us for each
FEWEST = 2 * LINES * 3  # calls of the forward for one problem, if the guesses of three gradients fit
LEAST = 2 * FEWEST  # calls of the forward that are allowed even if it is slow
CENTRAL = 4  # calls of the forward for each cell, if the forward is not affine
Points = Callable[[Array], Sequence[Array]]  # maps a stack of arrays of one argument to the stack of outputs
NO_GUESSES: Mapping[str, Array] = MappingProxyType({})


@dataclass(frozen=True)
class NumericalGradients:
    """Gradients by argument, with error bounds for gradients that are not exact.

    A bound is infinite where the gradient is unknown. `kinks` counts the cells whose left and right derivatives differ,
    and `forwards` the calls of the forward.
    """

    gradients: dict[str, Array]
    error_bound: dict[str, Array] = field(default_factory=dict)
    kinks: int = 0
    forwards: int = 0


def gradients(
    code: Code, problem: Problem, y: Array, guesses: Mapping[str, Array] = NO_GUESSES,
    names: Sequence[str] | None = None, work: float = np.inf,
) -> NumericalGradients:  # fmt: skip
    """Measure the gradients of `code` at a problem where it returned y.

    Args:
        guesses: gradients by argument. A guess that fits along random lines is returned, which saves most calls.
        names: the arguments whose gradients are needed; None for all.
        work: the largest number of products that all calls of the forward may compute together. A gradient that needs
            more stays unknown (default: no limit).

    Raises Refused if there is no code to call, or if the shape of its result depends on the numbers.
    """
    point = _point(code, problem, y, guesses, names)
    forwards = Forwards(code, point, max(work / _work(problem), LEAST))
    if not np.isfinite(y).all() or not forwards.are_steady():
        return _unknown(point, forwards.count)
    if code.definition.exact and all(_is_affine(forwards, name) for name in point.names):
        return _all_exact(forwards)
    return _central(forwards)


def _point(code: Code, problem: Problem, y: Array, guesses: Mapping[str, Array], names: Sequence[str] | None) -> Point:
    usual = tuple(name for name in code.definition.gradients_of if name in code.arguments)
    if y.shape != problem.dy.shape:  # a loss that returns several numbers, whose backward gets no weights
        problem = replace(problem, dy=np.broadcast_to(problem.dy, y.shape))
    return Point(problem, y, guesses, tuple(name for name in usual if names is None or name in names))


def gradients_of_all(
    code: Code, points: Sequence[tuple[Problem, Array, Mapping[str, Array]]]
) -> list[NumericalGradients | None]:
    """Measure the gradients at several problems, as `gradients` does. The entry is None if it raises Refused.

    Small problems of integers are measured first. The gradients of a problem that needs too many products
    stay unknown.
    The limit is a number of products and not a time, so that the verdict does not depend on the machine.

    Args:
        points: for each problem, the result of the code and its guesses.
    """
    found: dict[int, NumericalGradients | None] = {}
    left = MOST_WORK
    for number in sorted(range(len(points)), key=lambda n: _order(points[n][0])):
        problem, y, guesses = points[number]
        if found and FEWEST * _work(problem) > left:
            found[number] = _unknown(_point(code, problem, y, guesses, None), 0) if _answers(code, problem) else None
            continue
        found[number] = own = _gradients_or_none(code, problem, y, guesses, left)
        left -= own.forwards * _work(problem) if own is not None else 0
    return [found[number] for number in range(len(points))]


def _gradients_or_none(
    code: Code, problem: Problem, y: Array, guesses: Mapping[str, Array], work: float
) -> NumericalGradients | None:
    try:
        return gradients(code, problem, y, guesses, work=work)
    except Refused:
        return None


def _answers(code: Code, problem: Problem) -> bool:
    """True if there is code to call."""
    try:
        code.value(problem, problem.arrays)
    except Refused:
        return False
    return True


def _order(problem: Problem) -> tuple[bool, int]:
    """The key by which problems are sorted: small problems of integers first."""
    return problem.unit < 1, _work(problem) * problem.case.cells


def _work(problem: Problem) -> int:
    """The number of products that the forward of a problem computes."""
    w = problem.arrays.get("w")
    return max(1, int(problem.dy.size * (w.size / max(w.shape[0], 1) if w is not None else 1)))


def _unknown(point: Point, forwards: int) -> NumericalGradients:
    """Gradients that could not be measured: every error bound is infinite."""
    zeros = {name: np.zeros(point.problem.arrays[name].shape) for name in point.names}
    unknown = {name: np.full(array.shape, np.inf) for name, array in zeros.items()}
    return NumericalGradients(zeros, unknown, forwards=forwards)


def _is_affine(forwards: Forwards, name: str) -> bool:
    """True if f(a + d) + f(a - d) = 2 f(a) for several d that move all cells."""
    y = forwards.point.y
    if y.dtype.kind != "f":
        return False
    for rows in (slice(0, 1), slice(1, LINES)):
        there, back = _on_lines(forwards, name, rows)
        if not _is_straight(there, y, back):
            return False
    return True


def _lines(a: Array) -> Array:
    """Random directions of small integers that move all cells."""
    rng = np.random.default_rng(0)
    return np.stack([rng.integers(1, 4, a.shape) * rng.choice((-1.0, 1.0), a.shape) for _ in range(LINES)])


def _on_lines(forwards: Forwards, name: str, rows: slice) -> tuple[Array, Array]:
    """The results of f at a + d and a - d for some of the random directions d."""
    a = forwards.point.problem.arrays[name]
    lines = _lines(a)[rows]
    found = forwards.at(name, np.concatenate([a + lines, a - lines]))
    return found[: len(lines)], found[len(lines) :]


def _is_straight(there: Array, y: Array, back: Array) -> bool:
    size = 1.0 + float(np.max(np.abs(there) + np.abs(back), initial=0.0))
    return bool(np.all(np.abs(there + back - 2 * y) <= STRAIGHT * size))


def _all_exact(forwards: Forwards) -> NumericalGradients:
    """The gradients of an affine forward."""
    point = forwards.point
    found = {name: _exact(forwards, name) for name in point.by_size}
    known = {name: gradient for name, gradient in found.items() if gradient is not None}
    bounds = _rounding_bounds(point.problem, point.y, known)
    unknown = _unknown(replace(point, names=tuple(name for name in point.names if name not in known)), 0)
    exact = {**unknown.gradients, **known}
    return NumericalGradients(
        {name: exact[name] for name in point.names}, {**bounds, **unknown.error_bound}, forwards=forwards.count
    )


def _exact(forwards: Forwards, name: str) -> Array | None:
    """The gradient by differences with a step of 1, exact because the forward is affine; None if it costs too much."""
    problem, y = forwards.point.problem, forwards.point.y
    a, guess = problem.arrays[name], forwards.point.guess(name)
    if guess is not None and y.dtype == np.float64 and _fits_lines(forwards, name, guess):
        return guess
    if not forwards.can_measure(name, 1):
        return None
    found = forwards.at(name, a + _unit_steps(a))
    return np.array([np.vdot(result - y, problem.dy) for result in found]).reshape(a.shape)


def _fits_lines(forwards: Forwards, name: str, guess: Array) -> bool:
    """True if the slopes of an affine forward along random lines agree with a gradient."""
    problem, y = forwards.point.problem, forwards.point.y
    there, _ = _on_lines(forwards, name, slice(0, LINES))
    rises = ((there - y) * problem.dy).reshape(LINES, -1).sum(1)
    expected = (_lines(problem.arrays[name]) * guess).reshape(LINES, -1).sum(1)
    sizes = np.abs((np.abs(there) + np.abs(y)) * problem.dy).reshape(LINES, -1).sum(1)
    return bool(np.all(np.abs(expected - rises) <= STRAIGHT * (1.0 + sizes)))


def _unit_steps(a: Array) -> Array:
    """The steps of 1 in each cell, stacked."""
    return np.eye(a.size, dtype=a.dtype).reshape(a.size, *a.shape)


def _rounding_bounds(problem: Problem, y: Array, gradients: Mapping[str, Array]) -> dict[str, Array]:
    """The error bounds of exact gradients. There are none, unless results are float32 and inexact, e.g. from an FFT."""
    if y.dtype != np.float32:
        return {}
    bound = 32 * SINGLE * float(np.abs(y).max(initial=1.0)) * float(np.abs(problem.dy).sum())
    return {name: np.full(gradient.shape, bound) for name, gradient in gradients.items()}


def _central(forwards: Forwards) -> NumericalGradients:
    """The gradients by central differences, with bounds."""
    point = forwards.point
    values = {name: np.asarray(point.problem.arrays[name], float) for name in point.names}
    dy, result = np.asarray(point.problem.dy, float), np.asarray(point.y, float)
    found: dict[str, Array] = {}
    bounds: dict[str, Array] = {}
    kinks = 0

    def together(arrays: Sequence[Array]) -> list[Array]:
        return [np.asarray(forwards.together(dict(zip(point.names, arrays, strict=True))), float)]

    with np.errstate(all="ignore"):
        rounding = rounding_of(together, list(values.values()), [result], np.random.default_rng(0))
        base = Base([result], rounding, [dy], float(np.max(np.abs(result * dy), initial=0.0)))
        for name in point.by_size:
            a, guess = values[name], point.guess(name)

            def along(points: Array, name: str = name) -> list[Array]:
                return [np.asarray(forwards.at(name, points), float)]

            single = is_single(point.y)
            if guess is not None and (_fits_coarsely if single else _fits)(along, base, a, guess):
                found[name], bounds[name] = guess, np.zeros(a.shape)
            elif not forwards.can_measure(name, CENTRAL):
                found[name], bounds[name] = np.zeros(a.shape), np.full(a.shape, np.inf)
            elif single:
                near, bound = _coarse(along, base, a, _unit_steps(a))
                found[name], bounds[name] = near.reshape(a.shape), bound.reshape(a.shape)
            else:
                found[name], bounds[name], count = _in_cells(along, base, a)
                kinks += count
    return NumericalGradients(
        {name: found[name] for name in point.names}, {name: bounds[name] for name in point.names}, kinks, forwards.count
    )


def _random_directions(a: Array) -> Array:
    rng, shape = np.random.default_rng(0), (DIRECTIONS, *a.shape)
    return rng.uniform(0.5, 1.5, shape) * rng.choice((-1.0, 1.0), shape)


def _fits(f: Points, base: Base, a: Array, guess: Array) -> bool:
    """True if the slopes along random directions agree with a guess of the gradient."""
    directions = _random_directions(a)
    for rows in (slice(0, 1), slice(1, DIRECTIONS)):
        for d, s in zip(directions[rows], slopes(f, base, a, directions[rows], guess, STEP), strict=True):
            if not s.smooth or s.kinked or not abs(float((guess * d).sum()) - s.value) <= s.bound:
                return False
    return True


def _fits_coarsely(f: Points, base: Base, a: Array, guess: Array) -> bool:
    """True if the slopes of a float32 computation along random directions are those of a guess."""
    directions = _random_directions(a)
    near, bound = _coarse(f, base, a, directions)
    return bool(np.all(np.abs((guess * directions).reshape(DIRECTIONS, -1).sum(1) - near) <= bound))


def _in_cells(f: Points, base: Base, a: Array) -> tuple[Array, Array, int]:
    """The gradient cell by cell, its error bounds, and the number of kinks."""
    sizes = np.maximum(1.0, np.abs(a)).ravel()
    directions = _unit_steps(a) * sizes.reshape(-1, *[1] * a.ndim)
    along = slopes(f, base, a, directions, np.zeros(a.shape), STEP)
    found = np.array([s.value for s in along]) / sizes
    known = np.array([s.smooth and not s.kinked for s in along], bool)
    largest = float(np.max(np.abs(found), initial=0.0, where=known))
    bounds = (
        np.array([s.bound for s in along]) / sizes + ROUNDINGS * UNIT * largest
    )  # the rounding error of the gradient itself
    kinks = sum(s.finite for s in along) - sum(s.finite and ok for s, ok in zip(along, known, strict=True))
    return found.reshape(a.shape), np.where(known, bounds, np.inf).reshape(a.shape), kinks


def _coarse(f: Points, base: Base, a: Array, directions: Array) -> tuple[Array, Array]:
    """The central differences of a float32 computation, with the error bounds of `differences.py`.

    The step and the bounds are larger than in float64. No cell is tested for kinks, because the bound contains the
    jump at a kink.
    """
    (result,), (dy,) = base.values, base.v
    steps, count = directions * COARSE, len(directions)
    sizes = np.maximum(1.0, (np.abs(directions) * np.abs(a)).reshape(count, -1).max(1, initial=0.0))
    (found,) = f(np.concatenate([a + t * steps for t in (1, -1, 2, -2)]))
    right, left, far_right, far_left = ((found - result) * dy).reshape(4, count, -1).sum(2)
    near, far = (right - left) / (2 * COARSE), (far_right - far_left) / (4 * COARSE)
    kink = np.abs((far_right + far_left) / 2 - 2 * (right + left)) / COARSE
    rounding = ROUNDINGS * SINGLE * (np.abs(result * dy).sum() + sizes * np.abs(dy).sum()) / COARSE
    return near, np.abs(far - near) + kink + rounding
