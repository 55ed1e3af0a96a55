"""Mistakes in sums: over too few samples or axes, divided by a count, with the wrong sign, clipped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from ...operations.case import Array
from ..evidence import Evidence
from .mistake import ANY, Candidate, mistake


@mistake(
    "last-sample-only",
    "x w b",
    "Only one sample of the batch counts: {variant}. The gradient of a parameter is the sum over the batch; a loop "
    "that assigns it keeps what its last round has found, and one that returns too early what its first has.",
    "+= inside the loop over the batch, into zeros made before it, and the return after it",
    replays=False,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if argument != "b" and ev.window is None:
        return
    for at, word in ((-1, "the last one"), (0, "the first one")):
        dy = np.zeros_like(ev.dy)
        dy[at] = ev.dy[at]
        yield ev.gradient(argument, dy=dy), word


@mistake(
    "last-sample-only",
    "y",
    "Only one sample of the batch is computed, {variant}; the others stay what they were before the loop.",
    "y[n] = inside the loop over the batch, for every n",
    replays=False,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    for at, word in ((-1, "the last one"), (0, "the first one")):
        y = np.zeros_like(ev.right["y"])
        if y.ndim:
            y[at] = ev.right["y"][at]
            yield y, word


@mistake(
    "db-not-summed",
    "b",
    "The gradient of the bias is not summed over everything that the bias was added to: {variant}. b[o] went into "
    "every position of every sample, so db[o] is the sum of dy[:, o] over all of them.",
    "db = dy.sum over all axes but the channels: axis=(0, 2, 3), or axis=(0, 1, 2) where dy is (N, H, W, C)",
    replays=False,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    names = ["the batch", "the channels", *[f"spatial axis {a}" for a in range(ev.dy.ndim - 2)]]
    yield from partial_sums(ev.dy, (1,), names)
    yield from assigned_sums(ev.dy, (1,), names, but=((0,),))  # that one is last-sample-only


def partial_sums(terms: Array, kept: tuple[int, ...], names: Sequence[str]) -> Iterator[Candidate]:
    """What comes of a sum over other axes, by their names, than all but those that the parameter has.

    Where several axes are left, they lie as in the user's array: with the channels second, or last.
    """
    yield from _partial_sums(terms, kept, names)
    if kept == (1,) and terms.ndim > 2:
        last = _partial_sums(np.moveaxis(terms, 1, -1), (terms.ndim - 1,), [*names[:1], *names[2:], names[1]])
        yield from ((partial, f"{variant}, with the channels last") for partial, variant in last)


def _partial_sums(terms: Array, kept: tuple[int, ...], names: Sequence[str]) -> Iterator[Candidate]:
    shape = tuple(terms.shape[a] for a in kept)
    axes = range(terms.ndim)
    for count in range(terms.ndim + 1):
        for summed in combinations(axes, count):
            if set(summed) == set(axes) - set(kept):
                yield terms.sum(summed, keepdims=True), "the sum is right, but it keeps its axes"
                continue
            over = " and ".join(names[a] for a in summed)
            variant = f"only over {over}" if summed else "there is no sum at all"
            partial = terms.sum(summed)
            yield partial, variant
            yield terms.sum(summed, keepdims=True), f"{variant}, and it keeps its axes"
            if partial.size == np.prod(shape) and partial.shape != shape:
                yield partial.reshape(shape), variant
            if partial.ndim == 0:
                yield np.full(shape, partial), f"{variant}, one number for all"


def assigned_sums(
    terms: Array, kept: tuple[int, ...], names: Sequence[str], but: Sequence[tuple[int, ...]] = ()
) -> Iterator[Candidate]:
    """What is left of the sum where loops over some of its axes assign, or return in their first round."""
    summed = tuple(a for a in range(terms.ndim) if a not in kept)
    for count in range(1, len(summed) + 1):
        for loops in combinations(summed, count):
            if loops in but:
                continue
            over = " and ".join(names[a] for a in loops)
            for at, word, cause in ((-1, "last", "assigns where it should add"), (0, "first", "ends too early")):
                left = terms
                for a in loops:
                    left = np.take(left, [at], a)
                yield left.sum(summed), f"of {over} only the {word} index counts, as where a loop {cause}"


@mistake(
    "clip-collapsed",
    "x w b",
    "All cells are equal to {variant}: np.clip with its bounds swapped. np.clip(a, 10, -10) is the smaller of -10 and "
    "whatever comes before, so it gives -10 everywhere, and hides what else is wrong.",
    "np.clip(dx, -10, 10), or better no clip inside a backward",
    replays=False,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    found, right = ev.found[argument], ev.right[argument]
    if found.shape == right.shape and found.size:
        first = found.flat[0]
        if first:
            yield np.full(right.shape, first), f"{first:g}"


@mistake(
    "clipped",
    "x w b",
    "Cells beyond {variant} are cut off: there is a clip inside the backward. Then it is no gradient any more, and the "
    "layers below get something else than they caused.",
    "clip gradients between the backward and the update, all at once, if at all",
    replays=False,
    turns=True,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    found, right = ev.found[argument], ev.right[argument]
    if found.shape != right.shape or not found.size:
        return
    high, low = float(found.max()), float(found.min())
    beyond = (high > 0 and (right > high).all()) or (low < 0 and (right < low).all())
    if low == high and found.size > 1 and not beyond:
        return  # clip-collapsed
    over, under = bool((right > high).any()), bool((right < low).any())
    if not over and not under:
        yield right, ANY
        return
    clipped = np.clip(right, low, high)
    # where only one bound is reached, the other one may be its opposite, or none
    if over and under:
        yield clipped, f"{high:g} and {low:g}"
    elif over:
        yield clipped, f"{high:g} and {-high:g}"
        yield clipped, f"{high:g}, from above,"
    else:
        yield clipped, f"{-low:g} and {low:g}"
        yield clipped, f"{low:g}, from below,"
    if found.size > 1:  # one cell is always a bound
        yield clipped, "two bounds"  # of which some problems reach the one, some the other


# ---- factors: these can go with any other mistake ----


def counts(ev: Evidence) -> dict[str, int]:
    """The numbers that people divide by."""
    shape = ev.counted
    n, spatial, cells = shape[0], int(np.prod(shape[2:])), int(np.prod(shape))
    return {
        "N": n, "positions": spatial, "N * positions": n * spatial, "channels of the result": shape[1],
        "cells of the result": cells, "cells of a sample's result": cells // n,
        **ev.definition.counts(ev.case),
    }  # fmt: skip


def factors(ev: Evidence) -> Iterator[tuple[float, str]]:
    """Factors that people multiply by, and how they are called."""
    numbers = counts(ev)
    yield 1.0, ""
    for name, count in numbers.items():
        if count > 1:
            yield 1 / count, f"1 / ({name})" if "*" in name or " " in name else f"1 / {name}"
    yield from ((2.0, "2"), (0.5, "1 / 2"))
    if ev.definition.loss and ev.dy.ndim == 0:
        yield 1 / float(ev.dy), "1 / dy (the gradient that arrives at the loss is left out)"
    for name, count in numbers.items():
        if count > 1:
            yield float(count), name
            yield 2 / count, f"2 / ({name})"
            yield count / 2, f"({name}) / 2"


SCALED = (
    "The gradient is {variant} times the right one. Whether a loss is a mean is its own affair: the layer gets dy with "
    "the factor in it already and must not add another one."
)
SCALED_RESULT = "The result of the forward is {variant} times the right one."
SCALED_RESULT_FIX = "take the factor out, or put in the mean that is missing: y is what the operation is defined as"
SCALED_FIX = "leave the factor out: a layer sums over the batch and the positions, and the loss divides"
SIGN = (
    "The sign is inverted. The gradient points to where the loss grows, and the update goes against it: "
    "w -= rate * dw. A gradient like label - predicted has the minus in it already."
)
SIGN_RESULT = "The result of the forward has the sign inverted."
SIGN_RESULT_FIX = "turn the sign of y"
SIGN_FIX = "turn the sign: (predicted - label), with w -= rate * dw"
