"""`gradients`: compare the gradients of a function or a Module with numerical derivatives, of first or second order.

    phi(a) = <f(a), v>      v is random with |v_j| from 1/2 to 3/2, because v = 1 would hide permuted gradients
    full      for every entry, compare gradient[i] with the difference quotient along the i-th axis
    random    for a few random directions d, compare <gradient, d> with the difference quotient along d

The quotient, its error bound and the test for kinks are in `differences.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import GradientError
from .differences import STEP, Array, Base, Slope, rounding_of, slope
from .report import Finding, Report, meaning
from .subject import FirstOrder, SecondOrder

MODES = ("full", "random")


def gradients(
    fn: Callable[..., Any], *inputs: Any, order: int = 1, mode: str = "full", seed: int = 0, eps: float | None = None,
    directions: int = 8,
) -> Report:  # fmt: skip
    """Compare the gradients of `fn` with central differences, in float64, and report the differences.

    A gradient g is right if |g - D| is within the error bound of the difference quotient D(h):

        |D(2h) - D(h)| + |J(2h) - 2 J(h)| + (32 sum |v_j| e_j + u sum |a_i g_i|) / h + 32 (sum |v_j| e_j + u s)

    The terms bound the truncation error, a jump of the derivative (J is the right derivative minus the left one), the
    rounding of f in the outputs that changed and the rounding of the step, and the rounding of g. Here u = 2**-53, e_j
    is u |f_j| plus the noise of f_j, and s = max |g| + max |v_j f_j|. The steps are h = eps * max(1, |x|), with eps =
    2**-17, about u**(1/3) (Nocedal and Wright, "Numerical Optimization", section 8.1), and two smaller ones if there is
    a kink. If the left and right derivatives of an entry differ at all steps, the report has a note, `at-a-kink`, and
    not a fault.

    Args:
        fn: a function of Tensors that returns a Tensor or a tuple of Tensors, or a Module, whose parameters are
            checked as well (on a float64 copy, in its current training or evaluation mode).
        inputs: float arrays and Tensors are checked, as float64 copies; integers, numbers and None are passed to fn
            unchanged.
        order: 1, or 2 for the gradients of the gradients, with respect to the inputs and the cotangent (default: 1).
            Order 2 assumes that order 1 is right, so check order 1 first.
        mode: "full" (default) compares every entry; "random" compares along `directions` random directions per
            argument, so the cost does not depend on the size. It finds the worst entry of a wrong gradient by
            bisection.
        seed: the seed of the cotangent and the directions (default: 0). Before each call of fn, rot180's random state
            is set to this seed, so that dropout repeats. Afterwards the state is restored.
        eps: the relative size of the first step (default: 2**-17).
        directions: the number of directions in mode "random" (default: 8).

    Returns a Report.

    Raises GradientError if the gradients cannot be compared: fn returns arrays, float32 or values that are not finite,
    changes its inputs, or uses its own random numbers. Raises DtypeError or ValueError for unusable arguments.
    """
    if order not in (1, 2):
        raise ValueError(f"gradients: order must be 1 or 2; got {order!r}")
    if mode not in MODES:
        raise ValueError(f"gradients: mode must be 'full' or 'random'; got {mode!r}")
    if eps is not None and not 0 < eps < np.inf:
        raise ValueError(f"gradients: eps must be positive; got {eps!r}")
    if directions < 1:
        raise ValueError(f"gradients: directions must be at least 1; got {directions!r}")
    rng = np.random.default_rng(seed)
    first = FirstOrder(fn, inputs, seed)
    subject: FirstOrder | SecondOrder = first
    base = _base(first)
    v = [off_zero(rng, y.shape) for y in base]
    scale = max((float(np.max(np.abs(y * w), initial=0.0)) for y, w in zip(base, v, strict=True)), default=0.0)
    if order == 2:
        subject = SecondOrder(first, v)
        base = _base(subject)
        v = [off_zero(rng, y.shape) for y in base]
    with np.errstate(all="ignore"):
        point = Base(base, rounding_of(subject.outputs, subject.values, base, rng), v, scale)
        check = _Check(subject, point, STEP if eps is None else float(eps), rng, mode, directions)
        check.run()
    return Report(
        subject.op, order, mode, seed, check.eps, check.compared, check.worst, tuple(check.failures), tuple(check.notes)
    )


def assert_gradients(fn: Callable[..., Any], *inputs: Any, **settings: Any) -> None:
    """Raise GradientError with the report if `gradients(fn, *inputs, **settings)` finds a fault."""
    report = gradients(fn, *inputs, **settings)
    if not report.ok:
        raise GradientError(report.render())


def off_zero(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw random numbers between 1/2 and 3/2 or their negatives, so that every entry has an effect."""
    return rng.uniform(0.5, 1.5, shape) * rng.choice((-1.0, 1.0), shape)


def _base(subject: FirstOrder | SecondOrder) -> list[Array]:
    """The outputs at the given point. Raises GradientError unless they are finite and repeatable."""
    base, again = subject.outputs(subject.values), subject.outputs(subject.values)
    if not all(np.isfinite(y).all() for y in base):
        kind = "values" if isinstance(subject, FirstOrder) else "gradients"
        raise GradientError(
            f"gradients: {subject.op} has {kind} that are not finite at these inputs; choose other inputs"
        )
    if not all(np.array_equal(a, b) for a, b in zip(base, again, strict=True)):
        raise GradientError(
            f"gradients: {subject.op} gives different values for the same inputs; draw from rot180's random state, "
            "which the check restarts for each call, or fix the noise"
        )
    return base


class _Check:
    """One run of the check. It compares one argument after the other and collects the findings."""

    def __init__(
        self, subject: FirstOrder | SecondOrder, base: Base, eps: float, rng: np.random.Generator, mode: str,
        directions: int,
    ) -> None:  # fmt: skip
        self.subject, self.base, self.eps = subject, base, eps
        self.rng, self.mode, self.directions = rng, mode, directions
        self.compared, self.worst = 0, 0.0
        self.failures: list[Finding] = []
        self.notes: list[Finding] = []

    def run(self) -> None:
        found = self.subject.gradients(self.subject.values, self.base.v)
        for k, (name, a, g) in enumerate(zip(self.subject.names, self.subject.values, found, strict=True)):
            if g is not None and g.shape != a.shape:
                text = f"{meaning('wrong-shape')}: {g.shape} for {a.shape}"
                self.failures.append(Finding("wrong-shape", name, text))
            else:
                self._argument(k, name, np.zeros_like(a) if g is None else g, reached=g is not None)

    def _argument(self, k: int, name: str, g: Array, reached: bool) -> None:
        """Compare one argument; adds at most one failure and a few notes."""
        wrong: list[tuple[float, Finding]] = []
        skipped: dict[str, list[Finding]] = {"at-a-kink": [], "unresolved": []}
        moved, total = False, 0
        for d, index in self._probes(self.subject.values[k]):
            total += 1
            s = self._slope(k, d, g)
            finding = _compare(name, g, d, s, index)
            moved = moved or s.value != 0 or s.left != s.right
            if finding.slug in skipped:
                skipped[finding.slug].append(finding)
                continue
            self.compared += 1
            ratio = finding.error / finding.error_bound if finding.error_bound else 0.0
            self.worst = max(self.worst, ratio) if np.isfinite(ratio) else np.inf
            if finding.slug:
                wrong.append((ratio if np.isfinite(ratio) else np.inf, finding))
        if wrong:
            worst = max(wrong, key=lambda pair: pair[0])[1]
            if worst.index is None:
                worst = self._worst_entry(k, name, g, worst)
            if not reached:
                worst = replace(worst, explanation=meaning("no-gradient"))
            self.failures.append(replace(worst, count=len(wrong), total=total))
        for some in skipped.values():
            if some:
                self.notes.append(replace(some[0], count=len(some), total=total))
        if not reached and not moved and isinstance(self.subject, FirstOrder):
            self.notes.append(Finding("unused", name, meaning("unused")))
        if (wrong or skipped["at-a-kink"]) and self._is_coarse(k):
            self.notes.append(Finding("coarse", name, meaning("coarse")))

    def _probes(self, a: Array) -> Iterator[tuple[Array, tuple[int, ...] | None]]:
        """Yield (direction, index). The direction is scaled with the entries of a; index is None if it has several
        entries.
        """
        scale = np.maximum(1.0, np.abs(a))
        if self.mode == "random" and a.size:
            for _ in range(self.directions):
                yield off_zero(self.rng, a.shape) * scale, None
        elif a.size:
            for index in np.ndindex(a.shape):
                d = np.zeros_like(a)
                d[index] = scale[index]
                yield d, index

    def _slope(self, k: int, d: Array, g: Array) -> Slope:
        values = self.subject.values

        def f(a: Array) -> Sequence[Array]:
            return self.subject.outputs([*values[:k], a, *values[k + 1 :]])

        return slope(f, self.base, values[k], d, g, self.eps)

    def _is_coarse(self, k: int) -> bool:
        """True if relative changes of 2^-36 in an argument change less than half as many outputs as those of 2^-18."""
        values = self.subject.values

        def moved(share: float) -> int:
            changed = [*values[:k], values[k] * (1 + share), *values[k + 1 :]]
            pairs = zip(self.subject.outputs(changed), self.base.values, strict=True)
            return sum(int(np.count_nonzero(y != y0)) for y, y0 in pairs)

        return 2 * moved(2.0**-36) < moved(2.0**-18)

    def _worst_entry(self, k: int, name: str, g: Array, worst: Finding) -> Finding:
        """Find the most wrong entry by bisection: continue in the half with the larger error."""
        a = self.subject.values[k]
        scale = (np.maximum(1.0, np.abs(a)) * off_zero(self.rng, a.shape)).ravel()
        cells = np.arange(a.size)
        while cells.size > 1:
            halves = np.array_split(cells, 2)
            cells = max(halves, key=lambda half: self._discrepancy(k, g, scale, half))
        index = tuple(int(i) for i in np.unravel_index(cells[0], a.shape))
        d = np.zeros_like(a)
        d[index] = max(1.0, abs(float(a[index])))
        finding = _compare(name, g, d, self._slope(k, d, g), index)
        return finding if finding.slug in ("wrong-gradient", "not-finite") else worst

    def _discrepancy(self, k: int, g: Array, scale: Array, cells: Array) -> float:
        d = np.zeros(scale.shape)
        d[cells] = scale[cells]
        # Sum over these cells only: elsewhere d is 0, and 0 * NaN is NaN.
        computed = float((g.ravel()[cells] * scale[cells]).sum())
        error = abs(computed - self._slope(k, d.reshape(g.shape), g).value)
        return error if np.isfinite(error) else np.inf


def _compare(name: str, g: Array, d: Array, s: Slope, index: tuple[int, ...] | None) -> Finding:
    """The finding along one direction; its slug is empty if the gradient is right. For a single entry, the values are
    derivatives with respect to this entry.
    """
    scale = float(d[index]) if index is not None else 1.0
    computed = float(g[index]) if index is not None else float((g * d).sum())
    error, bound = abs(computed - s.value / scale), s.bound / scale
    if not s.smooth:
        slug = "at-a-kink" if s.finite else "unresolved"
    elif not np.isfinite(computed):
        slug = "not-finite"
    else:
        slug = "" if error <= bound else "wrong-gradient"
    text = meaning(slug) if slug else ""
    quotients = (s.value / scale, s.left / scale, s.right / scale)
    return Finding(slug, name, text, index, computed, *quotients, error, bound, s.eps, s.shrunk)
