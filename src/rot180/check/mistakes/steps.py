"""Mistakes with the steps: the stride left out or taken for the dilation, cells overwritten where windows overlap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import ShapeError
from ...window import Window
from ..case import Array
from ..evidence import Evidence
from .mistake import Candidate, mistake


@mistake(
    "stride-ignored",
    "x w",
    "The backward does not spread dy by the stride. Between two cells of dy lie stride - 1 cells of x that no window "
    "begins at; without that distance the windows lie next to each other, and everything gathers at the top left.",
    "put zeros between the cells of dy (spread[:, :, ::stride, ::stride] = dy), or index x by stride*p + dilation*k - "
    "padding",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if ev.definition.axes:
        window = ev.through(stride=(1,) * ev.definition.axes)
        yield (ev.dx(window) if argument == "x" else ev.dw(window)), ""


@mistake(
    "stride-dilation-swapped",
    "y x w",
    "The stride is used where the dilation belongs, and the other way round: the stride lies between windows, the "
    "dilation between the taps of one window. Nothing shows where they are equal.",
    "x index = stride*p + dilation*k - padding",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not ev.definition.axes:
        return
    settings = ev.case.settings
    swapped = {**settings, "stride": settings.get("dilation", 1), "dilation": settings.get("stride", 1)}
    if argument == "y":
        try:
            yield ev.definition.forward(ev.problem.arrays, replace(ev.case, settings=swapped)), ""
        except ShapeError:
            return
        return
    window = ev.through()
    other = ev.through(stride=window.dilation, dilation=window.stride)
    yield (ev.dx(other) if argument == "x" else ev.dw(other)), ""


@mistake(
    "overlap-overwritten",
    "y x w",
    "Cells are overwritten where they should be added to: = for +=. {variant}. Where the windows do not overlap, "
    "nothing "
    "shows.",
    "+= , into an array of zeros",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not ev.definition.axes:
        return
    scatters = argument == ("y" if ev.definition.transposed else "x")
    if scatters:
        source = ev.x if argument == "y" else ev.dy
        for variant, result in _overwritten(ev, source, ev.w):
            if argument == "y" and "b" in ev.problem.arrays:
                result = result + ev.problem.arrays["b"].reshape(-1, *[1] * ev.definition.axes)
            yield result, variant
    elif argument == "w":
        narrow = ev.x if ev.definition.transposed else ev.dy
        for samples, variant in (
            (slice(-1, None), "Of dw only what the last window of the last sample gives is left"),
            (slice(None), "Of dw only what the last window gives is left"),
        ):
            place: Any = (samples, slice(None), *[-1] * ev.definition.axes)
            kept = np.zeros_like(narrow)
            kept[place] = narrow[place]
            yield (ev.dw(x=kept) if ev.definition.transposed else ev.dw(dy=kept)), variant


def _overwritten(ev: Evidence, source: Array, w: Array) -> Iterator[tuple[str, Array]]:
    """What a scatter leaves when windows overwrite one another, in the order of loops over the narrow side."""
    window = ev.through()
    kernel = ev.definition.kernel(w, ev.case)
    groups, narrow = window.groups, w.shape[0]
    wide = w.shape[1] * groups
    shape = (source.shape[0], wide, *window.x_size)
    for variant in ("Each window replaces the one before", "Each channel and window replaces the one before"):
        result = np.zeros(shape)
        for n in range(source.shape[0]):
            outer = range(narrow) if "channel" in variant else (None,)
            for o in outer:
                for p in np.ndindex(*window.y_size):
                    _place(result[n], window, p, _block(kernel, source[n], p, o, groups), o, narrow, groups)
        yield variant, result
    for variant in ("Each channel of a window replaces the one before",):
        result = np.zeros(shape)
        for n in range(source.shape[0]):
            for p in np.ndindex(*window.y_size):
                for o in range(narrow):
                    _place(result[n], window, p, _block(kernel, source[n], p, o, groups), o, narrow, groups)
        yield variant, result


def _block(kernel: Array, source: Array, p: tuple[int, ...], o: int | None, groups: int) -> Array:
    """What the position p gives: (wide, *kernel), of all narrow channels or of one, (wide/groups, *kernel)."""
    if o is not None:
        return kernel[o] * source[(o, *p)]
    size = kernel.shape[0] // groups
    place: Any = (slice(None), *p)
    here = source[place]  # (narrow,)
    shares = [slice(g * size, (g + 1) * size) for g in range(groups)]
    parts = [np.tensordot(here[share], kernel[share], 1) for share in shares]
    return np.concatenate(parts)


def _place(
    result: Array, window: Window, p: tuple[int, ...], block: Array, o: int | None, narrow: int, groups: int
) -> None:
    """Write a block over the cells that its window meets."""
    size = result.shape[0] // groups
    first = 0 if o is None else o // (narrow // groups) * size
    for k in np.ndindex(*block.shape[1:]):
        cell = tuple(
            s * q + d * t - pad
            for s, q, d, t, pad in zip(window.stride, p, window.dilation, k, window.padding, strict=True)
        )
        if all(0 <= c < n for c, n in zip(cell, result.shape[1:], strict=True)):
            target: Any = (slice(first, first + block.shape[0]), *cell)
            source: Any = (slice(None), *k)
            result[target] = block[source]
