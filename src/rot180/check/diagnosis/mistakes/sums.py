"""Mistakes in sums: too few samples or axes, a wrong divisor, the wrong sign, and clipping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from ...operations.case import Array
from ...operations.convolution import Convolution, plus_bias
from ..evidence import Evidence
from .mistake import ANY, Candidate, mistake


@mistake(
    "last-sample-only",
    "x w b",
    "Only the last sample of the batch contributes to this gradient. A loop over the batch that assigns (=) instead "
    "of adding (+=) keeps only its last iteration.",
    "allocate zeros before the loop over the batch, and use += (or assign dx[n]) inside it",
    replays=False,
)
def last_sample_only(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if argument == "x":
        dx = np.zeros_like(ev.expected["x"])
        dx[-1:] = ev.expected["x"][-1:]
        yield dx, ""
    elif argument == "b" or (argument == "w" and ev.window is not None):
        dy = np.zeros_like(ev.dy)
        dy[-1:] = ev.dy[-1:]
        yield ev.gradient(argument, dy=dy), ""


@mistake(
    "last-sample-only",
    "y",
    "Only the last sample of the batch is computed; the results of the other samples are never written.",
    "assign y[n] inside the loop over the batch, for every n",
    replays=False,
)
def last_sample_of_result_only(ev: Evidence, argument: str) -> Iterator[Candidate]:
    y = np.zeros_like(ev.expected["y"])
    if y.ndim:
        y[-1:] = ev.expected["y"][-1:]
        yield y, ""


@mistake(
    "bias-added-repeatedly",
    "y",
    "The bias is added {variant} at each position instead of once: b is added inside the sum.",
    "add b after the sum: y[n, o, p, q] = (window * w[o]).sum() + b[o]",
    replays=False,
)
def bias_added_repeatedly(ev: Evidence, argument: str) -> Iterator[Candidate]:
    b = ev.problem.arrays.get("b")
    if b is None or not isinstance(ev.definition, Convolution):
        return
    groups = int(ev.problem.case.settings.get("groups", 1))
    taps, inputs = int(np.prod(ev.w.shape[2:])), ev.x.shape[1] // groups
    for count, variant in (
        (inputs * taps, "once for each product of x and w"), (taps, "once for each cell of the kernel"),
        (inputs, "once for each input channel"), (2, "twice"),
    ):  # fmt: skip
        yield plus_bias(ev.expected["y"], (count - 1) * b), variant


@mistake(
    "db-not-summed",
    "b",
    "db is not summed correctly: {variant}. b[o] is added at every position of every "
    "sample, so db[o] is the sum of dy[:, o] over all samples and positions.",
    "sum dy over all axes except the channels: dy.sum(axis=(0, 2, 3)), or dy.sum(axis=(0, 1, 2)) if dy is (N, H, W, C)",
    replays=False,
)
def db_not_summed(ev: Evidence, argument: str) -> Iterator[Candidate]:
    names = ["the batch", "the channels", *[f"spatial axis {a}" for a in range(ev.dy.ndim - 2)]]
    yield from partial_sums(ev.dy, (1,), names)
    yield from assigned_sums(ev.dy, (1,), names, but=((0,),))  # a loop over the batch alone is last-sample-only


def partial_sums(terms: Array, remaining: tuple[int, ...], names: Sequence[str]) -> Iterator[Candidate]:
    """Yield wrong sums, each with a text that uses the `names` of the axes. The correct sum keeps only `remaining`.

    If a wrong sum keeps several axes, it is yielded with the channels as the second axis and as the last axis.
    """
    yield from _partial_sums(terms, remaining, names)
    if remaining == (1,) and terms.ndim > 2:
        last = _partial_sums(np.moveaxis(terms, 1, -1), (terms.ndim - 1,), [*names[:1], *names[2:], names[1]])
        yield from ((partial, f"{variant}, with the channels as the last axis") for partial, variant in last)


def _partial_sums(terms: Array, remaining: tuple[int, ...], names: Sequence[str]) -> Iterator[Candidate]:
    shape = tuple(terms.shape[a] for a in remaining)
    axes = range(terms.ndim)
    for count in range(terms.ndim + 1):
        for summed in combinations(axes, count):
            if set(summed) == set(axes) - set(remaining):
                yield (
                    terms.sum(summed, keepdims=True),
                    "the numbers are correct, but the summed axes are kept (keepdims)",
                )
                continue
            over = " and ".join(names[a] for a in summed)
            variant = f"it is summed only over {over}" if summed else "there is no sum"
            partial = terms.sum(summed)
            yield partial, variant
            yield terms.sum(summed, keepdims=True), f"{variant}, and the summed axes are kept (keepdims)"
            if partial.size == np.prod(shape) and partial.shape != shape:
                yield partial.reshape(shape), variant
            if partial.ndim == 0:
                yield np.full(shape, partial), f"{variant}, and all cells get the same number"


def assigned_sums(
    terms: Array, remaining: tuple[int, ...], names: Sequence[str], but: Sequence[tuple[int, ...]] = ()
) -> Iterator[Candidate]:
    """Yield the sums if loops over some axes use = instead of +=, which keeps only their last terms."""
    summed = tuple(a for a in range(terms.ndim) if a not in remaining)
    for count in range(1, len(summed) + 1):
        for loops in combinations(summed, count):
            if loops in but:
                continue
            over = " and ".join(names[a] for a in loops)
            left = terms
            for a in loops:
                left = np.take(left, [-1], a)
            yield left.sum(summed), f"only the last index along {over} contributes, because a loop assigns (=)"


@mistake(
    "clip-collapsed",
    "x w b",
    "All cells equal {variant}, because the bounds of np.clip are swapped: np.clip(a, 10, -10) gives -10 for every a. "
    "This hides any other mistake.",
    "np.clip(dx, -10, 10); better, do not clip inside a backward",
    replays=False,
)
def clip_collapsed(ev: Evidence, argument: str) -> Iterator[Candidate]:
    actual, expected = ev.actual[argument], ev.expected[argument]
    if actual.shape == expected.shape and actual.size:
        first = actual.flat[0]
        if first:
            yield np.full(expected.shape, first), f"{first:g}"


@mistake(
    "clipped",
    "x w b",
    "The backward clips this gradient at {variant}. A clipped array is no longer the gradient, and the layers before "
    "this one receive a wrong dy.",
    "do not clip in the backward; if needed, clip all gradients together before the optimizer step",
    replays=False,
    turns=True,
)
def clipped(ev: Evidence, argument: str) -> Iterator[Candidate]:
    actual, expected = ev.actual[argument], ev.expected[argument]
    if actual.shape != expected.shape or not actual.size:
        return
    high, low = float(actual.max()), float(actual.min())
    beyond = (high > 0 and (expected > high).all()) or (low < 0 and (expected < low).all())
    if low == high and actual.size > 1 and not beyond:
        return  # all cells are equal: this is the mistake clip-collapsed
    over, under = bool((expected > high).any()), bool((expected < low).any())
    if not over and not under:
        yield expected, ANY
        return
    clipped = np.clip(expected, low, high)
    # If only one bound is reached, the other one may be its opposite or missing.
    if over and under:
        yield clipped, f"{high:g} and {low:g}"
    elif over:
        if high:
            yield clipped, f"{high:g} and {-high:g}"
        yield clipped, f"{high:g} (upper bound only)"
    else:
        if low:
            yield clipped, f"{-low:g} and {low:g}"
        yield clipped, f"{low:g} (lower bound only)"
    if actual.size > 1:  # a single cell always equals a bound
        # The text does not name the bounds, because a problem may reach only one of them.
        yield clipped, "an upper and a lower bound"


# ---- factors, which can be combined with any other mistake ----


def counts(ev: Evidence) -> dict[str, int]:
    """Return the counts that code divides by, with their names, for example the number of samples."""
    shape = ev.counted
    n, spatial, cells = shape[0], int(np.prod(shape[2:])), int(np.prod(shape))
    if ev.definition.loss:
        return {"N": n, "predictions per sample": cells // n, "predictions": cells}
    return {
        "N": n, "positions": spatial, "N * positions": n * spatial, "result channels": shape[1],
        "result cells": cells, "result cells per sample": cells // n,
        **ev.definition.counts(ev.case),
    }  # fmt: skip


def factors(ev: Evidence) -> Iterator[tuple[float, str]]:
    """Yield the factors by which code may wrongly multiply, with their names."""
    numbers = counts(ev)
    yield 1.0, ""
    for name, count in numbers.items():
        if count > 1:
            yield 1 / count, f"1 / ({name})" if "*" in name or " " in name else f"1 / {name}"
    yield from ((2.0, "2"), (0.5, "1 / 2"))
    if ev.definition.loss and ev.dy.ndim == 0:
        yield 1 / float(ev.dy), UPSTREAM_IGNORED
    for name, count in numbers.items():
        if count > 1:
            yield float(count), name
            yield 2 / count, f"2 / ({name})"
            yield count / 2, f"({name}) / 2"


UPSTREAM_IGNORED = "1 / dy"
SCALED = (
    "Your {gradient} is the correct gradient {variant}. A layer sums over the batch and the positions. If the loss is "
    "a mean, dy already contains the division by the number of terms, so the layer must not divide again."
)
SCALED_FIX = "remove the factor from the layer: sum over the batch and the positions, and leave a mean to the loss"
SCALED_RESULT = "The result of the forward is the correct result {variant}."
SCALED_RESULT_FIX = "remove the factor; if the operation is a mean, divide by the number of terms"
SCALED_UP = (
    "Your {gradient} is the correct gradient {variant}. The backward multiplies dy only by the derivative of the "
    "forward. A factor of the loss is already contained in dy, and a learning rate belongs to the optimizer."
)
SCALED_UP_FIX = "remove the factor from the backward"
AVERAGE_UNDIVIDED = (
    "Your {gradient} is the correct gradient {variant}. Each result of an average is the sum of its window divided by "
    "the number of cells, so the gradient of each cell is dy divided by this number."
)
AVERAGE_UNDIVIDED_FIX = "divide dy by the number of window cells, for example dy / (k * k)"
SIGN = (
    "The sign is inverted. The gradient points in the direction in which the loss grows, and the update goes the "
    "other way: w -= rate * dw. A gradient such as label - predicted already contains the minus sign."
)
SIGN_RESULT = "The result of the forward has the wrong sign."
SIGN_RESULT_FIX = "negate y"
SIGN_FIX = "use predicted - label, together with w -= rate * dw"

# A loss has its own explanations and fixes, because the factor of a mean belongs to the loss.
SCALED_LOSS = (
    "Your {gradient} is the correct gradient {variant}. The gradient of a loss has the factor of the loss: if the loss "
    "is a mean over N samples, dx is divided by N; if it is a mean over all predictions, by x.size; if it is a sum, "
    "dx is not divided."
)
SCALED_LOSS_RESULT = (
    "Your loss is the correct loss {variant}. A mean over N samples divides the sum by N, a mean over all predictions "
    "divides it by x.size, and a sum is not divided."
)
SCALED_LOSS_IGNORES_DY = (
    "Your dx does not depend on dy, the gradient of the loss that is passed to the backward: it is the correct "
    "gradient divided by dy. It is right only where dy is 1."
)
SCALED_LOSS_FIXES = {
    "N": "divide by N here: {code} / len(x)",
    "1 / N": "do not divide by N a second time",
    "predictions per sample": "divide by all predictions, {code} / x.size, instead of by N",
    "1 / (predictions per sample)": "divide by N only: {code} / len(x)",
    "predictions": "divide by the number of predictions here: {code} / x.size",
    "1 / predictions": "do not divide by x.size here",
    "1 / 2": "the derivative of (x - t)**2 is 2 * (x - t): multiply by 2",
    "2": "remove the factor 2",
    UPSTREAM_IGNORED: "multiply by dy: dx = dy * ...",
}
SCALED_LOSS_FIX = "use the same factor in the loss and in its gradient"


@mistake(
    "penalty-added",
    "w",
    "dw contains {variant}, the gradient of a penalty on the weights (weight decay, L2 regularisation). The result of "
    "the layer does not depend on this penalty, so the penalty does not belong in dw.",
    "add the gradient of the penalty in the optimizer, or set the penalty to 0 for this check",
    replays=False,
    alone=True,
)
def penalty_added(ev: Evidence, argument: str) -> Iterator[Candidate]:
    actual, expected, w = ev.actual[argument], ev.expected[argument], ev.w
    if np.shape(actual) != w.shape or not np.isfinite(actual).all():
        return
    factor = float(f"{float(np.sum((actual - expected) * w) / np.sum(w * w)):.6g}")
    yield expected + factor * w, f"{factor:g} * w"
