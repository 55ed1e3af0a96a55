"""Mistakes in batch norm and layer norm: the statistics, and the gradients of gamma and beta."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...comparison import same
from ...operations.case import Array
from ...operations.norm import Norm
from ..evidence import Evidence
from .mistake import Candidate, mistake
from .sums import assigned_sums, partial_sums


@mistake(
    "statistics-as-constants",
    "x",
    "{variant} treated as constant. Each cell of x also changes the mean and the variance, and through them all other "
    "results. So dx is the sum of three terms: the derivatives through x itself, through the mean, and through the "
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


@mistake(
    "gamma-missing",
    "x",
    "dx does not contain gamma{variant}. gamma multiplies the normalised x, so by the chain rule dy must be "
    "multiplied by gamma before the gradient of the normalisation is computed.",
    "g = dy * gamma; dx = (g - g.mean(axes) - x_hat * (g * x_hat).mean(axes)) / sqrt(var + eps)",
    replays=False,
)
def gamma_missing(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = ev.definition
    if not isinstance(definition, Norm) or not ev.defined or "gamma" not in ev.problem.arrays:
        return
    axes = definition.statistics_axes(ev.case)
    normal, scale = normalised(definition, ev)
    means = ev.dy.mean(axes, keepdims=True) + normal * (ev.dy * normal).mean(axes, keepdims=True)
    yield (ev.dy - means) / scale, ""


def normalised(definition: Norm, ev: Evidence) -> tuple[Array, Array]:
    """Return the normalised x (x_hat) and the standard deviation."""
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
    "gradients-swapped",
    "gamma beta",
    "dgamma and dbeta are returned in the wrong order: {variant}.",
    "return dx, dgamma, dbeta in this order: dgamma = (dy * x_hat).sum(axes), dbeta = dy.sum(axes)",
    replays=False,
)
def gamma_and_beta_swapped(ev: Evidence, argument: str) -> Iterator[Candidate]:
    other = "beta" if argument == "gamma" else "gamma"
    if {"gamma", "beta"} <= set(ev.actual) and other in ev.expected:
        if same(ev.actual[other], ev.expected[argument]):
            yield ev.expected[other], f"d{argument} is the gradient of {other}, and vice versa"


@mistake(
    "x-hat-missing",
    "gamma beta",
    "The gradient of this parameter is a sum over the right axes, but of the wrong terms: {variant}. beta is "
    "added, so dbeta is the sum of dy. gamma is multiplied by x_hat, the normalised x, so dgamma is the sum of "
    "dy * x_hat.",
    "dgamma = (dy * x_hat).sum(axes), dbeta = dy.sum(axes)",
    replays=False,
    alone=True,
)
def parameter_gradient_of_wrong_terms(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = ev.definition
    if not isinstance(definition, Norm) or not ev.defined:
        return
    parameter_axes = definition.parameter_axes(ev.case)
    if argument == "beta":
        yield total(ev.dy * normalised(definition, ev)[0], parameter_axes), "it sums dy * x_hat, which is dgamma"
    else:
        yield total(ev.dy, parameter_axes), "it sums dy, which is dbeta"
        yield total(ev.dy * ev.x, parameter_axes), "it sums dy * x, with x instead of x_hat"
