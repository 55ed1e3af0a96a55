"""Mistakes that are recognised cell for cell but have no slug: the slug is `unknown`, and the text explains them.

They are never combined with other mistakes, and a named mistake that explains the same arrays takes precedence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np

from ....errors import ShapeError
from ...operations.case import Case
from ...operations.convolution import rotated, without_bias
from ...operations.norm import Norm
from ..evidence import Evidence
from .mistake import ANY, UNNAMED, Candidate, mistake
from .pointwise import normalised, total


@mistake(
    UNNAMED,
    "w",
    "dw is computed with {variant} rotated by 180 degrees, which is not the same as a rotated dw. dw is the "
    "correlation of x with dy, and neither is rotated; scipy.signal.convolve2d(x, dy) rotates one of them.",
    "use scipy.signal.correlate2d instead of convolve2d; rotate its result only if the forward rotates the kernel",
)
def dw_convolved(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if ev.definition.axes:
        yield ev.dw(dy=rotated(ev.dy)), "dy"
        yield ev.dw(x=rotated(ev.x)), "x"


@mistake(
    UNNAMED,
    "gamma beta",
    "The gradient of this parameter is a sum over the right axes, but of the wrong terms: {variant}. beta is "
    "added, so dbeta is the sum of dy. gamma is multiplied by x_hat, so dgamma is the sum of dy * x_hat.",
    "dgamma = (dy * x_hat).sum(axes), dbeta = dy.sum(axes), returned in this order",
    replays=False,
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


def setting_ignored(ev: Evidence, argument: str, setting: str) -> Iterator[Candidate]:
    if setting in ev.definition.settings:
        case = replace(ev.case, settings={**ev.case.settings, setting: ev.definition.default(setting)})
        with suppress(ShapeError):
            yield ev.definition.forward(ev.problem.arrays, case), ""


for _setting, _none in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
    mistake(
        UNNAMED,
        "y",
        f"The result is the one for {_setting}={_none}: the forward ignores {_setting}. If your layer is not meant to "
        f"have it, tell the checker: {_setting}={_none}.",
        f"use {_setting} in the forward: index x by stride*p + dilation*k - padding",
    )(partial(setting_ignored, setting=_setting))


@mistake(
    UNNAMED,
    "y",
    "The result is the one without the bias: the forward ignores b.",
    "add b at every position in the forward",
)
def bias_ignored(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if "b" in ev.problem.arrays:
        yield ev.definition.forward(without_bias(ev.problem.arrays), ev.case), ""


@mistake(
    UNNAMED,
    "x w",
    "The backward ignores the dilation: the gradient is that of a layer with dilation 1. The taps of a window are "
    "`dilation` cells apart.",
    "index x by stride*p + dilation*k - padding, in the backward too",
)
def backward_dilation_ignored(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if ev.definition.axes:
        window = ev.through(dilation=(1,) * ev.definition.axes)
        yield (ev.dx(window) if argument == "x" else ev.dw(window)), ""


@mistake(
    UNNAMED,
    "y x w",
    "The {variant} of one axis is used for the other axis. Where the two are equal, the mistake does not show.",
    "use {variant}[0] for the rows and {variant}[1] for the columns",
)
def axes_of_setting_swapped(ev: Evidence, argument: str) -> Iterator[Candidate]:
    for setting in ("stride", "padding", "dilation"):
        given = ev.case.settings.get(setting)
        if not isinstance(given, tuple) or setting not in ev.definition.settings or len(given) != 2:
            continue
        if len(set(given)) == 1:
            yield ev.expected[argument], ANY
            continue
        case = replace(ev.case, settings={**ev.case.settings, setting: given[::-1]})
        yield from ((array, setting) for array in _on_other_axes(ev, argument, case, setting))


def _on_other_axes(ev: Evidence, argument: str, case: Case, setting: str) -> Iterator[np.ndarray]:
    if argument == "y":
        with suppress(ShapeError):
            yield ev.definition.forward(ev.problem.arrays, case)
        return
    turned = getattr(ev.through(), setting)[::-1]
    window = ev.through(**{setting: turned})
    yield ev.dx(window) if argument == "x" else ev.dw(window)
