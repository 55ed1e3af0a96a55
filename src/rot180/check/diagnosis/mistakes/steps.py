"""Mistakes with stride and dilation, and loops that overwrite where they should add."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np

from ....errors import ShapeError
from ....window import Window
from ...operations.case import Array, Case
from ...operations.convolution import plus_bias
from ..evidence import Evidence
from .mistake import ANY, Candidate, mistake


@mistake(
    "stride-ignored",
    "x w",
    "The backward ignores the stride. Neighbouring cells of dy belong to windows that begin `stride` cells apart in "
    "x. If the stride is ignored, all contributions are added at the top left{variant}.",
    "put stride - 1 zeros between the cells of dy (dilated[:, :, ::stride, ::stride] = dy), or index x by stride*p "
    "+ dilation*k - padding",
)
def stride_ignored(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if ev.definition.axes:
        ones = (1,) * ev.definition.axes
        window = ev.through(stride=ones)
        variant = "" if any(s > 1 for s in ev.through().stride) else ANY
        yield (ev.dx(window) if argument == "x" else ev.dw(window)), variant
        if argument == "x" and not ev.definition.transposed:  # dx in the size that x would have with stride 1
            uncropped = ev.dx(replace(window, x_size=window.spans, padding=(0,) * window.ndim))
            yield uncropped, variant
            inner = [slice(p, max(n - p, 0)) for n, p in zip(window.spans, window.padding, strict=True)]
            yield uncropped[(slice(None), slice(None), *inner)], variant
        elif argument == "w" and ev.definition.axes:  # dw in the size that the kernel would have with stride 1
            if min(taps := ev.room(window)) > 0:
                yield ev.dw(replace(window, kernel=taps)), ", and the shape of dw differs from that of w"


@mistake(
    "stride-ignored",
    "y",
    "The forward ignores the stride: it moves by one cell from window to window.",
    "index x by stride*p + dilation*k - padding; a transposed layer puts stride - 1 zeros between the cells of x",
)
def forward_stride_ignored(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not ev.definition.axes:
        return
    stride = ev.case.settings.get("stride", ev.definition.default("stride"))
    case = replace(ev.case, settings={**ev.case.settings, "stride": 1})
    with suppress(ShapeError):
        yield ev.definition.forward(ev.problem.arrays, case), "" if np.any(np.asarray(stride) > 1) else ANY


@mistake(
    "dx-strided",
    "x",
    "dx is computed with the stride of the forward: the kernel moves over dy in steps of `stride` cells{variant}. "
    "Instead, the backward must insert stride - 1 zeros between the cells of dy and move the kernel in steps of one "
    "cell.",
    "put stride - 1 zeros between the cells of dy (dilated[:, :, ::stride, ::stride] = dy), pad the result by "
    "dilation*(K - 1) - padding, and correlate it with the rotated kernel at stride 1",
)
def dx_in_steps_of_the_forward(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not ev.definition.axes or ev.definition.transposed:
        return
    window = ev.through()
    if all(s == 1 for s in window.stride):
        yield ev.expected["x"], ANY
        return
    dense = replace(window, stride=(1,) * window.ndim, padding=(0,) * window.ndim)
    full = ev.dx(replace(dense, x_size=dense.spans))
    for cropped in (False, True):
        starts = window.padding if cropped else (0,) * window.ndim
        cells = [slice(p, n - p, s) for p, n, s in zip(starts, full.shape[2:], window.stride, strict=True)]
        dx = full[(slice(None), slice(None), *cells)]
        yield dx, ""
        reached = tuple(slice(min(n, m)) for n, m in zip(dx.shape, ev.x.shape, strict=True))
        filled = np.zeros(ev.x.shape)
        filled[reached] = dx[reached]
        yield filled, ", and the rest of dx stays 0"


@mistake(
    "stride-dilation-swapped",
    "y x w",
    "Stride and dilation are interchanged. The stride is the distance between windows, the dilation is the distance "
    "between the cells of x that one window uses. If both are equal, the mistake does not show.",
    "index x by stride*p + dilation*k - padding",
)
def stride_dilation_swapped(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not ev.definition.axes:
        return
    if argument == "y":
        try:
            yield ev.definition.forward(ev.problem.arrays, with_steps_swapped(ev.case)), ""
        except ShapeError:
            if not ev.actual["y"].size:  # with the swap, the kernel is longer than x, so NumPy's slices are empty
                yield ev.actual["y"], ANY
        return
    window = ev.through()
    other = ev.through(stride=window.dilation, dilation=window.stride)
    yield (ev.dx(other) if argument == "x" else ev.dw(other)), ""


def with_steps_swapped(case: Case) -> Case:
    """Return the case with stride and dilation interchanged."""
    settings = case.settings
    swapped = {**settings, "stride": settings.get("dilation", 1), "dilation": settings.get("stride", 1)}
    return replace(case, settings=swapped)


@mistake(
    "overlap-overwritten",
    "y x w",
    "Cells are overwritten (=) where they should be accumulated (+=). {variant}.",
    "use += instead of =, in an array that starts as zeros",
)
def overlap_overwritten(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if argument != "w":
        yield from _last_of_a_loop(ev, argument)
    if not ev.definition.axes:
        return
    scatters = argument == ("y" if ev.definition.transposed else "x")
    if scatters:
        source = ev.x if argument == "y" else ev.dy
        for variant, result in _overwritten(ev, source, ev.w):
            yield (plus_bias(result, ev.problem.arrays.get("b")) if argument == "y" else result), variant
    elif argument == "w":
        narrow = ev.x if ev.definition.transposed else ev.dy
        for samples, variant in (
            (slice(-1, None), "Only the last window of the last sample contributes to dw"),
            (slice(None), "Only the last window of each sample contributes to dw"),
        ):
            place: Any = (samples, slice(None), *[-1] * ev.definition.axes)
            last_window = np.zeros_like(narrow)
            last_window[place] = narrow[place]
            yield (ev.dw(x=last_window) if ev.definition.transposed else ev.dw(dy=last_window)), variant


def _last_of_a_loop(ev: Evidence, argument: str) -> Iterator[Candidate]:
    """Yield y or dx if a loop over channels or kernel cells uses = instead of +=, which keeps only the last term."""
    source, groups = (ev.x if argument == "y" else ev.dy), ev.through().groups
    channel, tap = np.zeros_like(source), np.zeros_like(ev.w)
    share = source.shape[1] // groups
    channel[:, share - 1 :: share] = source[:, share - 1 :: share]
    place: Any = (slice(None), slice(None), *[-1] * ev.definition.axes)
    tap[place] = ev.w[place]
    side = "dy" if argument == "x" else "x"
    text = f"Only the last term of the sum over the channels of {side} is left, because each replaces the previous"
    yield _with(ev, argument, source=channel), text
    if ev.definition.axes:
        text = "Only the last term of the sum over the kernel cells is left, because each replaces the previous"
        yield _with(ev, argument, w=tap), text


def _with(ev: Evidence, argument: str, source: Array | None = None, w: Array | None = None) -> Array:
    """Compute y or dx from another source or kernel."""
    if argument == "x":
        return ev.dx(w=w, dy=source)
    changes = {name: a for name, a in (("x", source), ("w", w)) if a is not None}
    return ev.definition.forward({**ev.problem.arrays, **changes}, ev.case)


_LOOPS = {"window": "window", "tap": "kernel cell"}  # the words of the report for the two loops


def _overwritten(ev: Evidence, source: Array, w: Array) -> Iterator[tuple[str, Array]]:
    """Yield the result of a scatter that assigns (=): each cell of the result keeps only the last contribution.

    The outer loop can run over windows or over kernel cells. In both cases the last contribution can be found for each
    axis separately. If another loop runs over the channels, only the last channel of each group remains.
    """
    window = ev.through()
    kernel = ev.definition.kernel(w, ev.case)
    size = w.shape[0] // window.groups
    for outer in ("window", "tap"):
        met = [_last_meeting(window, axis, outer) for axis in range(window.ndim)]
        positions_met: Any = (slice(None), slice(None), *np.ix_(*[p for p, _, _ in met]))
        taps: Any = (slice(None), slice(None), *np.ix_(*[k for _, k, _ in met]))
        here, weights = source[positions_met], kernel[taps]
        hit = reduce(np.logical_and.outer, [h for *_, h in met])
        for channels, first in (("", 0), ("channel and ", size - 1)):
            shares = [slice(g * size + first, (g + 1) * size) for g in range(window.groups)]
            parts = [np.einsum("no...,oc...->nc...", here[:, s], weights[s]) for s in shares]
            shows = "" if channels else "; if no windows overlap, the mistake does not show"
            yield (
                f"Each {channels}{_LOOPS[outer]} overwrites the result of the previous one{shows}",
                np.concatenate(parts, 1) * hit,
            )


def _last_meeting(window: Window, axis: int, outer: str) -> tuple[Array, Array, Array]:
    """For each cell along one axis of the result: the last window and kernel cell that reach it, and True if any do."""
    cells = window.x_size[axis]
    last_p, last_k, hit = np.zeros(cells, int), np.zeros(cells, int), np.zeros(cells, bool)
    positions, taps = range(window.y_size[axis]), range(window.kernel[axis])
    pairs = (
        [(p, k) for p in positions for k in taps] if outer == "window" else [(p, k) for k in taps for p in positions]
    )
    for p, k in pairs:
        cell = window.stride[axis] * p + window.dilation[axis] * k - window.padding[axis]
        if 0 <= cell < cells:
            last_p[cell], last_k[cell], hit[cell] = p, k, True
    return last_p, last_k, hit
