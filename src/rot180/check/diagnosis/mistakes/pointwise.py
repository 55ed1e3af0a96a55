"""Mistakes in activations and softmax: masks, the sign of an exponent, and the Jacobian."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...operations.pooling import MaxPooling
from ..evidence import Evidence
from .mistake import Candidate, mistake

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
    "softmax-jacobian-dropped",
    "x",
    "The Jacobian of softmax, the matrix of its derivatives, is missing or reduced to its diagonal: {variant}. Every "
    "probability depends on every logit, because all share the denominator: dp[i]/dx[j] = p[i] * ((i == j) - p[j]).",
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


@mistake(
    "sign-inverted",
    "y",
    "The sign of the exponent is wrong: the forward computes {variant}.",
    "use np.exp(-x) in a sigmoid, 1 / (1 + np.exp(-x)), and np.exp(x) in a softmax",
    replays=False,
)
def exponent_inverted(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if ev.definition.name in ("sigmoid", "softmax"):
        turned = {**ev.problem.arrays, "x": -ev.x}
        yield ev.definition.forward(turned, ev.case), f"{ev.definition.name}(-x)"


@mistake(
    "derivative-misplaced",
    "x",
    "The derivative is evaluated at the wrong array: {variant}. The derivative of sigmoid and of tanh can be written "
    "in terms of the input x or of the result y, and each formula holds for one of them only.",
    "use the result of the forward: dx = dy * y * (1 - y) for sigmoid, dx = dy * (1 - y**2) for tanh",
    replays=False,
)
def derivative_misplaced(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not ev.defined or ev.definition.name not in ("sigmoid", "tanh"):
        return
    y = ev.definition.forward(ev.problem.arrays, ev.case)
    again = ev.definition.forward({"x": y}, ev.case)
    if ev.definition.name == "sigmoid":
        yield ev.dy * ev.x * (1 - ev.x), "it is x * (1 - x) of the input instead of y * (1 - y) of the result"
        yield ev.dy * again * (1 - again), "the result is passed through sigmoid again"
    else:
        yield ev.dy * (1 - ev.x**2), "it is 1 - x**2 of the input instead of 1 - y**2 of the result"
        yield ev.dy * (1 - again**2), "the result is passed through tanh again"
