"""Mistakes at the borders: padding that is kept, crops at the wrong place, and rows that no window reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from ....window import Sizes
from ...comparison import same
from ...operations.case import Array
from ...operations.convolution import Convolution, plus_bias, without_bias
from ..evidence import Evidence
from .mistake import ANY, Candidate, mistake


def _plain(ev: Evidence) -> bool:
    return not ev.definition.transposed and ev.definition.axes > 0


@mistake(
    "dx-padding-kept",
    "x",
    "{variant} The forward added rows and columns of padding around x. The padding is not part of x, so the backward "
    "must remove it at both ends of each axis.",
    "dx = dx_padded[:, :, pad:pad + H, pad:pad + W]",
)
def dx_padding_kept(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not _plain(ev):
        return
    window = ev.through()
    pads = window.padding
    symmetric = tuple(x + 2 * p for x, p in zip(window.x_size, pads, strict=True))
    padded = ev.dx(ev.through(x_size=symmetric, padding=(0,) * window.ndim))
    expected = ev.expected["x"]
    empty = [n if p else 0 for n, p in zip(window.x_size, pads, strict=True)]
    for variant, cut_start, cut_end in (
        ("dx has the size of the padded input.", False, False),
        ("dx still has the padding at the end of each axis: only the start was cut off.", True, False),
        ("dx still has the padding at the start of each axis: only the end was cut off.", False, True),
    ):
        crops = [slice(p if cut_start else 0, n - p if cut_end else n) for p, n in zip(pads, symmetric, strict=True)]
        yield (padded[(slice(None), slice(None), *crops)] if any(pads) else expected), variant
    # The slice p:-p is empty if p is 0, and correct otherwise.
    sliced = expected if all(pads) else expected[(slice(None), slice(None), *[slice(0, n) for n in empty])]
    yield sliced, "dx is empty where the padding is 0, because the slice p:-p becomes 0:-0."


@mistake(
    "dx-shifted",
    "x",
    "dx is correct but shifted {variant}. x begins at offset `padding` in the padded input, so dx must be cropped "
    "from there.",
    "crop dx at the padding: dx = dx_padded[:, :, pad:pad + H, pad:pad + W]",
)
def dx_shifted(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not ev.definition.axes:
        return
    window, shifted_by = ev.through(), _shift(ev)
    pads = window.padding
    for steps in sorted(product(range(-3, 4), repeat=len(pads)), key=lambda s: sum(map(abs, s))):
        if any(steps) and (len(pads) < 3 or sum(map(abs, steps)) < 3 or len(set(steps)) == 1):
            yield from ((array, _distance(steps)) for array in shifted_by(steps))
    over = [n + 2 * p - span for n, p, span in zip(window.x_size, pads, window.spans, strict=True)]
    for steps, variant in (
        (tuple(-p for p in pads), "by the padding, because the crop starts at 0"),
        (pads, "by the padding, because the crop starts at 2 * padding"),
        (
            tuple(q - p for p, q in zip(pads, pads[::-1], strict=True)),
            "because each axis is cropped by the padding of another axis",
        ),
        (
            tuple(-n for n in over),
            "by the rows that no window reaches: they were added at the start instead of the end",
        ),
    ):
        yield from ((array, variant) for array in shifted_by(steps))
    if _plain(ev) and ev.actual["x"].shape == ev.expected["x"].shape and np.any(ev.actual["x"]):
        sizes = sorted(product(*[range(1 - n, n) for n in window.x_size]), key=lambda s: sum(map(abs, s)))
        matches = (a for steps in sizes for a in shifted_by(steps)[:1] if np.any(a) and same(ev.actual["x"], a))
        if (array := next(matches, None)) is not None:
            yield array, "by several cells; the number of cells may depend on the settings"


def _distance(steps: Sizes) -> str:
    if len(steps) > 1:
        return f"by {steps} cells"
    return f"by {steps[0]} {'cell' if abs(steps[0]) == 1 else 'cells'}"


def _shift(ev: Evidence) -> Callable[[Sizes], list[Array]]:
    """Return a function that computes dx shifted by the given number of cells along each axis.

    The function returns two crops: one is filled with zeros beyond the end of the padded gradient, one ends there.
    """
    window = ev.through()
    if not _plain(ev):  # transposed: a shifted dx comes from reading dy at shifted positions

        def read(steps: Sizes) -> list[Array]:
            padding = tuple(p + step for p, step in zip(window.padding, steps, strict=True))
            return [ev.dx(ev.through(padding=padding))] if min(padding) >= 0 else []

        return read
    padded = ev.dx(ev.through(x_size=window.spans, padding=(0,) * window.ndim))
    room = tuple(n + 3 for n in window.x_size)  # zeros on each side, where no window reaches
    extended = np.pad(padded, [(0, 0), (0, 0), *[(r, 2 * r) for r in room]])

    def cut(steps: Sizes) -> list[Array]:
        begins = [r + p + step for r, p, step in zip(room, window.padding, steps, strict=True)]
        ends = [begin + n for begin, n in zip(begins, window.x_size, strict=True)]
        if min(begins) < 0 or any(end > size for end, size in zip(ends, extended.shape[2:], strict=True)):
            return []
        last = [r + n + 2 * p for r, n, p in zip(room, window.x_size, window.padding, strict=True)]
        both = dict.fromkeys([tuple(ends), tuple(map(min, ends, last))])
        return [extended[(slice(None), slice(None), *map(slice, begins, to))] for to in both]

    return cut


@mistake(
    "dx-cropped",
    "x",
    "dx is cut too short: {variant}. dx has one cell for each cell of x. Cut off only the padding of the forward: "
    "`padding` cells at both ends of each axis.",
    "dx = dx_padded[:, :, pad:pad + H, pad:pad + W]; if dx is a correlation of dy with the rotated kernel, pad dy by "
    'dilation*(K - 1) on each side first (mode="full")',
)
def dx_cropped(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not _plain(ev):
        return
    window = ev.through()
    lengths = [d * (k - 1) for d, k in zip(window.dilation, window.kernel, strict=True)]
    padded = tuple(n + 2 * p for n, p in zip(window.x_size, window.padding, strict=True))
    whole = [ev.dx(ev.through(x_size=size, padding=(0,) * window.ndim)) for size in (window.spans, padded)]
    cuts: list[tuple[str, Sequence[int]]] = [
        ("kernel - 1 cells are", lengths), ("`padding` cells too many are", window.padding),
        ("one cell is", [1] * window.ndim),
    ]  # fmt: skip
    for text, counts in cuts:
        for a in (*(whole if counts is lengths else []), ev.expected["x"]):
            for where, start, end in (("start", 1, 0), ("end", 0, 1)):
                yield _cut(a, [start * n for n in counts], [end * n for n in counts]), f"{text} cut off at the {where}"
            yield _cut(a, counts, counts), f"{text} cut off at both ends" + (', as mode="valid" does' * (a is whole[0]))
    for a in whole:
        half = [n // 2 for n in lengths]
        other = [n - h for n, h in zip(lengths, half, strict=True)]
        for first, last in ((half, other), (other, half)):
            yield _cut(a, first, last), 'it has the size of dy, as with mode="same"'


def _cut(a: Array, start: Sequence[int], end: Sequence[int]) -> Array:
    """Cut cells off at the start and the end of each spatial axis."""
    inner = [slice(s, max(n - e, 0)) for n, s, e in zip(a.shape[2:], start, end, strict=True)]
    return a[(slice(None), slice(None), *inner)]


@mistake(
    "border-dropped",
    "x w",
    "{variant}. If (H + 2*padding - K) is not a multiple of the stride, no window reaches the last rows of x. Their "
    "gradient is 0, but dx must contain it, and they do not contribute to dw.",
    "allocate dx with np.zeros_like(x) and add the contributions of all P = (H + 2*padding - K) // stride + 1 "
    "positions; crop dw to the shape of w",
)
def border_dropped(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not ev.definition.axes:
        return
    window = ev.through()
    axes = range(window.ndim)
    if argument == "x" and not ev.definition.transposed:
        for cut, variant in ((2, ""), (1, ": the slice pad:pad + H is cut short without an error")):
            short = tuple(min(window.x_size[a], window.spans[a] - cut * window.padding[a]) for a in axes)
            if min(short) > 0:
                yield ev.dx(ev.through(x_size=short)), f"dx contains only the cells that the windows reach{variant}"
    if argument == "w":
        yield (
            ev.dw(ev.through(kernel=ev.room(window))),
            "dw is larger than w, because the correlation of x with dy also uses rows that no window reaches",
        )


@mistake(
    "output-padding-as-zeros",
    "y",
    "The output padding was appended as rows of zeros{variant}. output_padding makes the result larger, but the "
    "additional rows are computed like all others, because the kernel reaches them.",
    "first allocate a result of (H - 1)*stride - 2*padding + dilation*(K - 1) + output_padding + 1 rows, then add to "
    "it",
)
def output_padding_as_zeros(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not ev.definition.transposed:
        return
    settings = {**ev.case.settings}
    extra = settings.pop("output_padding", 0)
    if not np.any(extra):
        yield ev.expected["y"], ANY
        return
    y = ev.definition.forward(ev.problem.arrays, replace(ev.case, settings=settings))
    zeros = np.zeros_like(ev.expected["y"])
    for variant, padded in (("", zeros.copy()), (" plus the bias", plus_bias(zeros, ev.problem.arrays.get("b")))):
        padded[tuple(slice(n) for n in y.shape)] = y
        yield padded, variant


@mistake(
    "transposed-padding-added",
    "y",
    "The padding of a transposed convolution makes the result smaller: `padding` cells are cut off from each side, "
    "because it is the padding of the plain convolution with input and output exchanged. {variant}",
    "pad the dilated input by dilation*(K - 1) - padding; or scatter, then crop `padding` cells from each side",
)
def transposed_padding_added(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = ev.definition
    if not isinstance(definition, Convolution) or not definition.transposed:
        return
    window = ev.through()
    arrays, b = without_bias(ev.problem.arrays), ev.problem.arrays.get("b")
    scattered = definition.forward(arrays, ev.case, ev.through(x_size=window.spans, padding=(0,) * window.ndim))
    extended = scattered
    # Correlating the dilated input with this padding gives the result cropped by `crop`, or extended if it is negative.
    for a in range(window.ndim):
        crop = window.dilation[a] * (window.kernel[a] - 1) - window.padding[a]
        extra = window.x_size[a] + 2 * window.padding[a] - window.spans[a]  # the output padding
        more = [(0, 0)] * extended.ndim
        more[2 + a] = (max(-crop, 0), max(extra - crop, 0))
        cut = slice(max(crop, 0), extended.shape[2 + a] - max(crop - extra, 0))
        extended = np.pad(extended[(slice(None),) * (2 + a) + (cut,)], more)
    if extended.size:
        text = (
            "Your code pads the dilated input by `padding` instead of dilation*(K - 1) - padding. For a kernel of "
            "size 3 with padding 1, both are equal, so the mistake does not show."
        )
        yield plus_bias(extended, b), text
    padding = [(0, 0), (0, 0)]
    for size, span, p in zip(window.x_size, window.spans, window.padding, strict=True):
        padding.append((p, p + size + 2 * p - span))
    yield (
        plus_bias(np.pad(scattered, padding), b),
        "Your code makes the result longer by `padding` on each side instead.",
    )
