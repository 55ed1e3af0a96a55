"""What is recognised, cell for cell, and has no name in the list of mistakes: it stays `unknown`, and the text says it.

Such an entry makes no pairs, and gives way to a mistake with a name that explains the same on several problems.
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
    "dw is what comes of {variant} rotated by 180 degrees, which is not dw rotated. x and dy meet as they are: dw is a "
    "correlation of the two, and scipy.signal.convolve2d(x, dy) rotates one of them first.",
    "scipy.signal.correlate2d in place of convolve2d(x, dy); and what it gives is rotated only if the forward rotates "
    "its kernel",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if ev.definition.axes:
        yield ev.dw(dy=rotated(ev.dy)), "dy"
        yield ev.dw(x=rotated(ev.x)), "x"


@mistake(
    UNNAMED,
    "gamma beta",
    "The gradient of this parameter is a sum over the right axes, and of something else: {variant}. beta is added, so "
    "dbeta is the sum of dy; gamma is multiplied with x_hat, so dgamma is the sum of dy * x_hat.",
    "dgamma = (dy * x_hat).sum(axes), dbeta = dy.sum(axes), and returned in this order",
    replays=False,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = ev.definition
    if not isinstance(definition, Norm) or not ev.defined:
        return
    kept = definition.parameter_axes(ev.case)
    if argument == "beta":
        yield total(ev.dy * normalised(definition, ev)[0], kept), "of dy * x_hat, which is dgamma"
    else:
        yield total(ev.dy, kept), "of dy, which is dbeta, without x_hat"
        yield total(ev.dy * ev.x, kept), "of dy * x, with x where x_hat belongs"


def _by_default(ev: Evidence, argument: str, setting: str) -> Iterator[Candidate]:
    if setting in ev.definition.settings:
        case = replace(ev.case, settings={**ev.case.settings, setting: ev.definition.default(setting)})
        with suppress(ShapeError):
            yield ev.definition.forward(ev.problem.arrays, case), ""


for _setting, _none in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
    mistake(
        UNNAMED,
        "y",
        f"The result is the one without the {_setting.replace('_', ' ')}: what is given there is not used, or not by "
        f"the forward; or, if it is to have none, tell the checker: {_setting}={_none}.",
        f"use {_setting} in the forward: x index = stride*p + dilation*k - padding",
    )(partial(_by_default, setting=_setting))


@mistake(
    UNNAMED,
    "y",
    "The result is the one without the bias: what is given there is not used, or not by the forward.",
    "add b on every position, in the forward",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if "b" in ev.problem.arrays:
        yield ev.definition.forward(without_bias(ev.problem.arrays), ev.case), ""


@mistake(
    UNNAMED,
    "x w",
    "The gradient is that of a layer with dilation 1, through which the forward did not go: the taps of a window lie "
    "dilation cells apart.",
    "x index = stride*p + dilation*k - padding, in the backward too",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if ev.definition.axes:
        window = ev.through(dilation=(1,) * ev.definition.axes)
        yield (ev.dx(window) if argument == "x" else ev.dw(window)), ""


@mistake(
    UNNAMED,
    "y x w",
    "The {variant} of one axis is used on the other axis: nothing shows where they are equal.",
    "take {variant}[0] for the rows and {variant}[1] for the columns",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    for setting in ("stride", "padding", "dilation"):
        given = ev.case.settings.get(setting)
        if not isinstance(given, tuple) or setting not in ev.definition.settings or len(given) != 2:
            continue
        if len(set(given)) == 1:
            yield ev.right[argument], ANY
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
