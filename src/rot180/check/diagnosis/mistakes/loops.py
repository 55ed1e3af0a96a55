"""Loops that end early: a return inside the loop, range(n - 1), an index that is fixed at 0 or left over from a loop.

If the loop runs over an axis that is summed, terms are missing. If it runs over an axis of the returned array, some
cells stay 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from ...operations.case import Array
from ...operations.convolution import Convolution, plus_bias
from ..evidence import Evidence
from .mistake import Candidate, mistake

FIRST, LAST = slice(0, 1), slice(-1, None)
NOT_LAST, NOT_FIRST = slice(0, -1), slice(1, None)
_SPATIAL = {0: (), 1: ("position",), 2: ("row", "column"), 3: ("slice", "row", "column")}
Loop = tuple[int, str]  # an axis of an array, and the name of its indices, for example "row of dy"


@mistake(
    "loop-ends-early",
    "x w b",
    "{variant} in this gradient. A loop ends too early, or one of its indices is fixed: look for a return that is "
    "indented into the loop, for range(n - 1) instead of range(n), and for an index 0 or -1 where the loop variable "
    "belongs.",
    "let the loop run over all indices, range(n), use its variable as the index, and return after the loop",
    replays=False,
)
def gradient_loop_ends_early(ev: Evidence, argument: str) -> Iterator[Candidate]:
    expected = ev.expected[argument]
    for axis, name in _result_loops(ev, argument):
        for span, text in _cut_short(name, last=name != "sample"):
            yield keep(expected, axis, span), text.format(verb="filled", left="left at 0")
    if not _takes_another_dy(ev, argument):
        return
    loops = _dy_loops(ev)
    for axis, name in loops:
        for span, text in _cut_short(name, last=False):
            for dy in _keep_channels(ev, ev.dy, axis, span):
                yield _gradient(ev, argument, dy), text.format(verb="used", left="left out")
    yield from _several_loops(ev, argument, loops)
    if argument == "x" and ev.window is not None:
        for axis, name in _kernel_loops(ev):
            for span, text in _cut_short(name, last=False):
                yield ev.dx(w=keep(ev.w, axis, span)), text.format(verb="used", left="left out")


def _several_loops(ev: Evidence, argument: str, loops: Sequence[Loop]) -> Iterator[Candidate]:
    """Yield the gradients that result from a return inside nested loops, or from range(n - 1) in several loops."""
    for count in range(2, len(loops) + 1):
        for nested in combinations(loops, count):
            dy = ev.dy
            for axis, _ in nested:
                dy = keep(dy, axis, FIRST)
            yield _gradient(ev, argument, dy), f"Only the first {_and([name for _, name in nested])} are used"
    if len(spatial := loops[2:]) > 1:
        dy = ev.dy
        for axis, _ in spatial:
            dy = keep(dy, axis, NOT_LAST)
        names = _and([name for _, name in spatial])
        yield _gradient(ev, argument, dy), f"All cells of dy except those of the last {names} are used"


@mistake(
    "loop-ends-early",
    "y",
    "{variant} in the forward. A loop ends too early, or one of its indices is fixed: look for a return that is "
    "indented into the loop, for range(n - 1) instead of range(n), and for an index 0 or -1 where the loop variable "
    "belongs.",
    "let the loop run over all indices, range(n), use its variable as the index, and return after the loop",
    replays=False,
)
def forward_loop_ends_early(ev: Evidence, argument: str) -> Iterator[Candidate]:
    y = ev.expected["y"]
    bias = plus_bias(np.zeros(y.shape), ev.problem.arrays.get("b")) if isinstance(ev.definition, Convolution) else 0 * y
    for axis, name in _result_loops(ev, "y"):
        for span, text in _cut_short(name, last=name != "sample"):
            variant = text.format(verb="filled", left="left at 0")
            yield keep(y, axis, span), variant
            yield keep(y - bias, axis, span) + bias, variant  # b is added after the loop
    if ev.definition.loss:
        yield from _loss_of_fewer(ev)
    if ev.window is None or not isinstance(ev.definition, Convolution):
        return
    arrays = ev.problem.arrays
    for span, text in _cut_short("input channel", last=False):
        for x in _keep_channels(ev, ev.x, 1, span):
            yield ev.definition.forward({**arrays, "x": x}, ev.case), text.format(verb="used", left="left out")
    for axis, name in _kernel_loops(ev):
        for span, text in _cut_short(name, last=False):
            w = keep(ev.w, axis, span)
            yield ev.definition.forward({**arrays, "w": w}, ev.case), text.format(verb="used", left="left out")


def _loss_of_fewer(ev: Evidence) -> Iterator[Candidate]:
    """Yield losses that leave out some samples but divide by the number of all samples."""
    definition, case, arrays = ev.definition, ev.case, ev.problem.arrays
    total = (
        replace(case, settings={**case.settings, "reduction": "sum"}) if "reduction" in definition.settings else case
    )
    whole = float(definition.forward(arrays, total))
    share = float(ev.expected["y"]) / whole if whole else 1.0
    for span, text in _cut_short("sample", last=True):
        fewer = {name: a[span] for name, a in arrays.items()}
        shapes = {name: a.shape for name, a in fewer.items()}
        y = definition.forward(fewer, replace(total, shapes=shapes)) if len(fewer["x"]) else np.zeros(())
        yield share * y, text.format(verb="used", left="left out")


def keep(a: Array, axis: int, span: slice) -> Array:
    """A copy that is 0 except at some indices of one axis."""
    kept = np.zeros(a.shape)
    at: Any = (slice(None),) * axis + (span,)
    kept[at] = a[at]
    return kept


def _keep_channels(ev: Evidence, a: Array, axis: int, span: slice) -> Iterator[Array]:
    """Yield the array with only some indices of an axis; for grouped channels, also with these indices of each
    group.
    """
    yield keep(a, axis, span)
    if axis == 1 and ev.window is not None and ev.window.groups > 1:
        yield np.concatenate([keep(part, 1, span) for part in np.split(a, ev.window.groups, 1)], 1)


def _cut_short(name: str, *, last: bool) -> Iterator[tuple[slice, str]]:
    """Yield the indices that a loop reaches, each with a text. With `last`, also yield the last index alone."""
    yield FIRST, f"Only the first {name} is {{verb}}"
    yield NOT_LAST, f"The last {name} is {{left}}"
    yield NOT_FIRST, f"The first {name} is {{left}}"
    if last:
        yield LAST, f"Only the last {name} is {{verb}}"


def _result_loops(ev: Evidence, argument: str) -> list[Loop]:
    """The axes of the returned array, with their names."""
    a = ev.expected[argument]
    if argument in ("w", "b", "gamma", "beta"):
        sides = ("input channel", "output channel") if ev.definition.transposed else ("output channel", "input channel")
        kernel = tuple(f"{name} of the kernel" for name in _SPATIAL.get(a.ndim - 2, ()))
        names = (*sides, *kernel) if argument == "w" else ("channel",) * a.ndim
    else:
        side = "output channel" if argument == "y" else "input channel"
        names = ("sample", side, *(f"{name} of {_title(argument)}" for name in _SPATIAL.get(a.ndim - 2, ())))
    return [(axis, names[axis]) for axis in range(min(a.ndim, len(names)))]


def _dy_loops(ev: Evidence) -> list[Loop]:
    spatial = [f"{name} of dy" for name in _SPATIAL.get(ev.dy.ndim - 2, ())]
    return [(axis, name) for axis, name in enumerate(["sample", "output channel", *spatial]) if axis < ev.dy.ndim]


def _kernel_loops(ev: Evidence) -> list[Loop]:
    return [(2 + axis, f"{name} of the kernel") for axis, name in enumerate(_SPATIAL.get(ev.w.ndim - 2, ()))]


def _title(argument: str) -> str:
    return argument if argument == "y" else f"d{argument}"


def _takes_another_dy(ev: Evidence, argument: str) -> bool:
    """True if the gradient can be computed for another dy."""
    if isinstance(ev.definition, Convolution):
        return ev.window is not None or argument == "b"
    return ev.defined and ev.dy.ndim > 0


def _gradient(ev: Evidence, argument: str, dy: Array) -> Array:
    if isinstance(ev.definition, Convolution):
        return ev.gradient(argument, dy=dy)
    return ev.definition.gradients(dy, ev.problem.arrays, ev.case)[argument]


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
