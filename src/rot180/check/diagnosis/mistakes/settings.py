"""Settings and arguments that are ignored, or used on the wrong axis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ....errors import ShapeError
from ...operations.case import Array
from ...operations.convolution import without_bias
from ..evidence import Evidence
from .mistake import ANY, Candidate, mistake


@mistake(
    "padding-ignored",
    "y",
    "The forward ignores padding: the result equals the one for padding=0. If your layer has no padding, pass "
    "padding=0 to the checker.",
    "use padding in the forward: index x by stride*p + dilation*k - padding",
    alone=True,
)
def padding_ignored(ev: Evidence, argument: str) -> Iterator[Candidate]:
    yield from _with_the_default(ev, "padding")


@mistake(
    "dilation-ignored",
    "y",
    "The forward ignores dilation: the result equals the one for dilation=1. If your layer has no dilation, pass "
    "dilation=1 to the checker.",
    "use dilation in the forward: index x by stride*p + dilation*k - padding",
    alone=True,
)
def dilation_ignored(ev: Evidence, argument: str) -> Iterator[Candidate]:
    yield from _with_the_default(ev, "dilation")


@mistake(
    "output-padding-ignored",
    "y",
    "The forward ignores output_padding: the result equals the one for output_padding=0. If your layer has no output "
    "padding, pass output_padding=0 to the checker.",
    "allocate a result of (H - 1)*stride - 2*padding + dilation*(K - 1) + output_padding + 1 rows",
    alone=True,
)
def output_padding_ignored(ev: Evidence, argument: str) -> Iterator[Candidate]:
    yield from _with_the_default(ev, "output_padding")


def _with_the_default(ev: Evidence, setting: str) -> Iterator[Candidate]:
    """Yield the result for the default of a setting."""
    if setting in ev.definition.settings:
        yield from ((array, "") for array in _forward_with(ev, setting, ev.definition.default(setting)))


def _forward_with(ev: Evidence, setting: str, value: Any) -> Iterator[Array]:
    """Yield the result for another value of a setting, if that is possible."""
    case = replace(ev.case, settings={**ev.case.settings, setting: value})
    with suppress(ShapeError):
        yield ev.definition.forward(ev.problem.arrays, case)


@mistake(
    "bias-ignored",
    "y",
    "The forward ignores b: the result equals the one without the bias.",
    "add b at every position in the forward",
    alone=True,
)
def bias_ignored(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if "b" in ev.problem.arrays:
        yield ev.definition.forward(without_bias(ev.problem.arrays), ev.case), ""


@mistake(
    "dilation-ignored",
    "x w",
    "The backward ignores the dilation: the gradient is that of a layer with dilation 1. The cells of x that one "
    "window uses are `dilation` cells apart.",
    "index x by stride*p + dilation*k - padding, in the backward too",
    alone=True,
)
def backward_dilation_ignored(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if ev.definition.axes:
        window = ev.through(dilation=(1,) * ev.definition.axes)
        yield (ev.dx(window) if argument == "x" else ev.dw(window)), ""


@mistake(
    "axes-swapped",
    "y x w",
    "The {variant} of one axis is used for the other axis. If the two values are equal, the mistake does not show.",
    "use {variant}[0] for the rows and {variant}[1] for the columns",
    alone=True,
)
def axes_of_setting_swapped(ev: Evidence, argument: str) -> Iterator[Candidate]:
    for setting in ("stride", "padding", "dilation"):
        given = ev.case.settings.get(setting)
        if not isinstance(given, tuple) or setting not in ev.definition.settings or len(given) != 2:
            continue
        if len(set(given)) == 1:
            yield ev.expected[argument], ANY
            continue
        yield from ((array, setting) for array in _on_other_axes(ev, argument, setting))


def _on_other_axes(ev: Evidence, argument: str, setting: str) -> Iterator[Array]:
    if argument == "y":
        yield from _forward_with(ev, setting, ev.case.settings[setting][::-1])
        return
    turned = getattr(ev.through(), setting)[::-1]
    window = ev.through(**{setting: turned})
    yield ev.dx(window) if argument == "x" else ev.dw(window)


@mistake(
    "height-width-mixed",
    "x w y",
    "{variant}: height and width are mixed up. On square images with square kernels, the mistake does not show.",
    "use H, P and R (rows) for the first spatial axis, and W, Q and S (columns) for the second",
    replays=False,
)
def height_and_width_mixed(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if ev.definition.axes != 2 or ev.window is None:
        return
    window = ev.through()
    if argument == "y":
        for axis, name in enumerate(("rows", "columns")):
            size = window.y_size[axis] if not ev.definition.transposed else window.x_size[axis]
            yield ev.expected["y"][:, :, :size, :size], f"The result has as many rows and columns as it has {name}"
        return
    if argument == "x" and not ev.definition.transposed:
        padded = ev.dx(ev.through(x_size=_padded(ev), padding=(0, 0)))
        for axis, name in enumerate(("height", "width")):
            ends = [slice(p, p + window.x_size[axis]) for p in window.padding]
            yield padded[(slice(None), slice(None), *ends)], f"Rows and columns of dx are cut to the {name} of x"
    for axis, name in enumerate(("rows", "columns")):
        dy = _zero_beyond(ev.dy, axis)
        yield ev.gradient(argument, dy=dy), f"Both loops over dy run over the number of its {name}"
        dx_or_dw = ev.dx(w=_zero_beyond(ev.w, axis)) if argument == "x" else _zero_beyond(ev.expected["w"], axis)
        yield dx_or_dw, f"Both loops over the kernel run over the number of its {name}"


def _zero_beyond(array: Array, axis: int) -> Array:
    """A copy in which the other spatial axis is 0 from the size of `axis` on."""
    cut = array.copy()
    cut[(slice(None),) * (3 - axis) + (slice(array.shape[2 + axis], None),)] = 0
    return cut


def _padded(ev: Evidence) -> tuple[int, ...]:
    """The size of the padded x."""
    window = ev.through()
    return tuple(n + 2 * p for n, p in zip(window.x_size, window.padding, strict=True))
