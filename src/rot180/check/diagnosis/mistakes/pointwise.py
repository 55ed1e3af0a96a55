"""Mistakes of layers without weights to slide: masks, statistics, the Jacobian of softmax, sums of gamma and beta."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...operations.case import Array
from ...operations.norm import Norm
from ...operations.pooling import MaxPooling
from ..evidence import Evidence
from .mistake import Candidate, mistake
from .sums import assigned_sums, partial_sums

_RECTIFIERS = ("relu", "leaky_relu")


@mistake(
    "mask-wrong",
    "x",
    "The gradient goes to other cells than the forward has taken: {variant}. What passes is decided by the forward, "
    "cell by cell: relu lets dy through where x was above 0, a maximum sends it to the cell that was the largest.",
    "keep the mask of the forward: dx = dy * (x > 0); of a maximum dx[argmax] += dy",
    replays=False,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not ev.defined:
        return
    if isinstance(ev.definition, MaxPooling):
        yield from _pooled(ev.definition, ev)
    if ev.definition.name not in _RECTIFIERS:
        return
    x, dy = ev.x, ev.dy
    below = 0.0
    if ev.definition.name == "leaky_relu":
        below = float(ev.case.settings.get("negative_slope", ev.definition.default("negative_slope")))
        yield dy * (x > 0), "nothing comes through where x is negative, as in relu"
        yield dy * below, "the slope of the negative side is everywhere"
    yield dy.copy(), "there is no mask, all of dy comes through"
    yield dy * np.where(dy > 0, 1.0, below), "the mask is taken from dy, where it is above 0, and not from x"
    yield dy * np.where(x < 0, 1.0, below), "the mask is turned round, x < 0"
    yield np.where(x > 0, 1.0, below), "the mask stands there without dy"
    yield np.maximum(x, below * x) * dy, "dy is multiplied by the result and not by the mask"


def _pooled(definition: MaxPooling, ev: Evidence) -> Iterator[Candidate]:
    """dx of a maximum that asks other cells."""
    everywhere, evenly, smallest = (np.zeros(ev.x.shape) for _ in range(3))
    for sent, cells in definition.sent(ev.problem):
        for cell in cells:
            everywhere[cell] += sent
            evenly[cell] += sent / len(cells)
        smallest[min(cells, key=lambda cell: ev.x[cell])] += sent
    yield everywhere, "all cells of a window get it"
    yield evenly, "all cells of a window get the same share, as of an average"
    yield smallest, "the smallest cell of a window gets it"
    yield ev.right["x"] * ev.x, "it is multiplied by the largest cell, where 1 belongs"


@mistake(
    "statistics-as-constants",
    "x",
    "{variant} as if constant. But every x of a batch moves the mean and the variance, and through them all other "
    "results: dx has a part for each of the three ways, x itself, the mean, the variance.",
    "dx = gamma / sqrt(var + eps) * (dy - dy.mean(axes) - x_hat * (dy * x_hat).mean(axes))",
    replays=False,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = ev.definition
    if not isinstance(definition, Norm) or not ev.defined:
        return
    axes = definition.statistics_axes(ev.case)
    normal, scale = normalised(definition, ev)
    g = ev.dy
    if "gamma" in ev.problem.arrays:
        g = g * _spread(ev.problem.arrays["gamma"], definition.parameter_axes(ev.case), ev.x.ndim)
    centred, along = g.mean(axes, keepdims=True), normal * (g * normal).mean(axes, keepdims=True)
    yield g / scale, "The mean and the variance are treated"
    yield (g - along) / scale, "The mean is treated"
    yield (g - centred) / scale, "The variance is treated"
    yield g, "There is no division by the standard deviation, and the mean and the variance are treated"


def normalised(definition: Norm, ev: Evidence) -> tuple[Array, Array]:
    """x_hat, and what it was divided by."""
    axes = definition.statistics_axes(ev.case)
    eps = ev.case.settings.get("eps", definition.default("eps"))
    scale = np.sqrt(ev.x.var(axes, keepdims=True) + eps)
    return (ev.x - ev.x.mean(axes, keepdims=True)) / scale, scale


def _spread(parameter: Array, axes: tuple[int, ...], ndim: int) -> Array:
    """gamma or beta, ready to be multiplied with x."""
    shape = [1] * ndim
    for axis, size in zip(axes, parameter.shape, strict=True):
        shape[axis] = size
    return parameter.reshape(shape)


@mistake(
    "db-not-summed",
    "gamma beta",
    "The gradient of a parameter is not summed over everything that it went into: {variant}. gamma and beta are used "
    "at every sample and position, so their gradients are sums over all of them.",
    "dgamma = (dy * x_hat).sum(axes), dbeta = dy.sum(axes), over all axes that gamma has not",
    replays=False,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = ev.definition
    if not isinstance(definition, Norm) or not ev.defined:
        return
    terms = ev.dy * normalised(definition, ev)[0] if argument == "gamma" else ev.dy
    kept = definition.parameter_axes(ev.case)
    names = [f"axis {a}" for a in range(terms.ndim)]
    yield from partial_sums(terms, kept, names)
    yield from assigned_sums(terms, kept, names)


def total(terms: Array, kept: tuple[int, ...]) -> Array:
    """The sum over all axes but those that are kept."""
    return terms.sum(tuple(a for a in range(terms.ndim) if a not in kept))


@mistake(
    "softmax-jacobian-dropped",
    "x",
    "Only the diagonal of the Jacobian of softmax is used: {variant}. Each probability depends on all logits, because "
    "they share the sum in the denominator: dp[i]/dx[j] = p[i] * ((i == j) - p[j]).",
    "dx = p * (dy - (p * dy).sum(axis=1, keepdims=True)); with cross entropy after it p - onehot, by N",
    replays=False,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not ev.defined or ev.definition.name not in ("softmax", "softmax_cross_entropy"):
        return
    powers = np.exp(ev.x - ev.x.max(1, keepdims=True))
    p = powers / powers.sum(1, keepdims=True)
    if ev.definition.name == "softmax":
        yield p * ev.dy, "dx = p * dy"
        yield p * (1 - p) * ev.dy, "dx = p * (1 - p) * dy"
        yield ev.dy.copy(), "dx = dy"
        return
    onehot = np.eye(p.shape[1])[ev.problem.arrays["t"]]
    mean = 1.0 if ev.case.settings.get("reduction") == "sum" else 1.0 / len(p)
    dp = -onehot / p * ev.dy * mean
    yield dp, "dx is the gradient of the probabilities"
    yield p * dp, "dx = p * dp"
    yield p * (1 - p) * dp, "dx = p * (1 - p) * dp"
