"""Mistakes in activations, norms and softmax: masks, statistics, the Jacobian, and the gradients of gamma and beta."""

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
    "The gradient does not follow the mask of the forward: {variant}. The forward decides which cells get a "
    "gradient: relu passes dy where x > 0, and max pooling passes it to the largest cell of each window.",
    "use the mask of the forward: dx = dy * (x > 0) for relu, dx[argmax] += dy for max pooling",
    replays=False,
)
def mask_wrong(ev: Evidence, argument: str) -> Iterator[Candidate]:
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
        yield (
            dy * (x > 0),
            "no gradient passes where x is negative, as in relu; leaky_relu multiplies it by the slope there",
        )
        yield dy * below, "the slope of the negative side is used for all cells"
    yield dy.copy(), "there is no mask, so all of dy passes"
    yield dy * np.where(dy > 0, 1.0, below), "the mask is dy > 0 instead of x > 0"
    yield dy * np.where(x < 0, 1.0, below), "the mask is inverted (x < 0)"
    yield np.where(x > 0, 1.0, below), "the mask is returned without dy"
    yield np.maximum(x, below * x) * dy, "dy is multiplied by the result of the forward instead of the mask"


def _pooled(definition: MaxPooling, ev: Evidence) -> Iterator[Candidate]:
    """Yield dx of a max pooling that passes the gradient to the wrong cells."""
    everywhere, evenly, smallest = (np.zeros(ev.x.shape) for _ in range(3))
    for gradient, cells in definition.gradients_with_windows(ev.problem):
        for cell in cells:
            everywhere[cell] += gradient
            evenly[cell] += gradient / len(cells)
        smallest[min(cells, key=lambda cell: ev.x[cell])] += gradient
    yield everywhere, "every cell of a window gets the whole gradient"
    yield evenly, "every cell of a window gets an equal share, as in average pooling"
    yield smallest, "the smallest cell of each window gets the gradient"
    yield ev.expected["x"] * ev.x, "the gradient is multiplied by the value of the largest cell"


@mistake(
    "statistics-as-constants",
    "x",
    "{variant} treated as constant. But every x of a batch also changes the mean and the variance, and through "
    "them all other results, so dx is the sum of three terms: through x itself, through the mean, and through the "
    "variance.",
    "dx = gamma / sqrt(var + eps) * (dy - dy.mean(axes) - x_hat * (dy * x_hat).mean(axes))",
    replays=False,
)
def statistics_as_constants(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = ev.definition
    if not isinstance(definition, Norm) or not ev.defined:
        return
    axes = definition.statistics_axes(ev.case)
    normal, scale = normalised(definition, ev)
    g = ev.dy
    if "gamma" in ev.problem.arrays:
        g = g * _spread(ev.problem.arrays["gamma"], definition.parameter_axes(ev.case), ev.x.ndim)
    centred, along = g.mean(axes, keepdims=True), normal * (g * normal).mean(axes, keepdims=True)
    yield g / scale, "The mean and the variance are"
    yield (g - along) / scale, "The mean is"
    yield (g - centred) / scale, "The variance is"
    yield g, "dy is not divided by the standard deviation, and the mean and the variance are"


def normalised(definition: Norm, ev: Evidence) -> tuple[Array, Array]:
    """Return x_hat and the standard deviation by which it was divided."""
    axes = definition.statistics_axes(ev.case)
    eps = ev.case.settings.get("eps", definition.default("eps"))
    scale = np.sqrt(ev.x.var(axes, keepdims=True) + eps)
    return (ev.x - ev.x.mean(axes, keepdims=True)) / scale, scale


def _spread(parameter: Array, axes: tuple[int, ...], ndim: int) -> Array:
    """Reshape gamma or beta so that it broadcasts against x."""
    shape = [1] * ndim
    for axis, size in zip(axes, parameter.shape, strict=True):
        shape[axis] = size
    return parameter.reshape(shape)


@mistake(
    "db-not-summed",
    "gamma beta",
    "The gradient of this parameter is not summed over all cells where the parameter is used: {variant}. gamma and "
    "beta are used at every sample and position, so their gradients are sums over all of them.",
    "dgamma = (dy * x_hat).sum(axes) and dbeta = dy.sum(axes), where axes are all axes that gamma does not have",
    replays=False,
)
def parameter_gradient_not_summed(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = ev.definition
    if not isinstance(definition, Norm) or not ev.defined:
        return
    terms = ev.dy * normalised(definition, ev)[0] if argument == "gamma" else ev.dy
    parameter_axes = definition.parameter_axes(ev.case)
    names = [f"axis {a}" for a in range(terms.ndim)]
    yield from partial_sums(terms, parameter_axes, names)
    yield from assigned_sums(terms, parameter_axes, names)


def total(terms: Array, parameter_axes: tuple[int, ...]) -> Array:
    """Sum over all axes except `parameter_axes`."""
    return terms.sum(tuple(a for a in range(terms.ndim) if a not in parameter_axes))


@mistake(
    "softmax-jacobian-dropped",
    "x",
    "The Jacobian of softmax is missing or reduced to its diagonal: {variant}. Every probability depends on every "
    "logit, because all share the denominator: dp[i]/dx[j] = p[i] * ((i == j) - p[j]).",
    "dx = p * (dy - (p * dy).sum(axis=1, keepdims=True)); for cross entropy after softmax, dx = (p - onehot) / N",
    replays=False,
)
def softmax_jacobian_dropped(ev: Evidence, argument: str) -> Iterator[Candidate]:
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
    yield dp, "dx is the gradient with respect to the probabilities"
    yield p * dp, "dx = p * dp"
    yield p * (1 - p) * dp, "dx = p * (1 - p) * dp"
