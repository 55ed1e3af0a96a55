"""Mistakes at the borders: padding that stays, crops at the wrong place, rows that the stride does not reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    "dx has the size of the padded input: the rows and columns of the padding belong to no cell of x and have to be "
    "cut off{variant}. The slice that does it must not be 0:-0 where there is no padding, which is empty.",
    "dx = dx_padded[:, :, pad:pad + H, pad:pad + W]",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not _plain(ev):
        return
    window = ev.through()
    pads = window.padding
    symmetric = tuple(x + 2 * p for x, p in zip(window.x_size, pads, strict=True))
    whole = ev.dx(ev.through(x_size=symmetric, padding=(0,) * window.ndim))
    right = ev.right["x"]
    empty = [n if p else 0 for n, p in zip(window.x_size, pads, strict=True)]
    for variant in ("", ": here only on one side", ": here only at the end"):
        if any(pads):
            cut = [slice(None), slice(None)]
            for p, n in zip(pads, symmetric, strict=True):
                cut.append(slice(None) if not variant else slice(p, None) if "one" in variant else slice(0, n - p))
            yield whole[tuple(cut)], variant
        else:
            yield right, variant
    # x[p:-p] is empty at p = 0, and right everywhere else
    yield (right if all(pads) else right[(slice(None), slice(None), *[slice(0, n) for n in empty])]), ": here by 0:-0"


@mistake(
    "dx-shifted",
    "x",
    "dx is the right one moved by {variant}: the padded gradient was cropped at another place than where x lay in the "
    "padded input, which is at `padding`.",
    "cut dx out of the padded gradient from `padding` on: dx_padded[:, :, pad:pad + H, pad:pad + W]",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not ev.definition.axes:
        return
    window, moved = ev.through(), _moved(ev)
    pads = window.padding
    for steps in sorted(product(range(-3, 4), repeat=len(pads)), key=lambda s: sum(map(abs, s))):
        if any(steps) and (len(pads) < 3 or sum(map(abs, steps)) < 3 or len(set(steps)) == 1):
            yield from ((array, f"{steps if len(steps) > 1 else steps[0]} cells") for array in moved(steps))
    over = [n + 2 * p - span for n, p, span in zip(window.x_size, pads, window.spans, strict=True)]
    for steps, variant in (
        (tuple(-p for p in pads), "the padding, which was left out"),
        (pads, "the padding, which was cut off twice"),
        (tuple(q - p for p, q in zip(pads, pads[::-1], strict=True)), "the padding, which was that of another axis"),
        (tuple(-n for n in over), "the rows that the stride leaves over, which were put in front and not at the end"),
    ):
        yield from ((array, variant) for array in moved(steps))
    if _plain(ev) and ev.found["x"].shape == ev.right["x"].shape and np.any(ev.found["x"]):
        sizes = sorted(product(*[range(1 - n, n) for n in window.x_size]), key=lambda s: sum(map(abs, s)))
        matches = (a for steps in sizes for a in moved(steps)[:1] if np.any(a) and same(ev.found["x"], a))
        if (array := next(matches, None)) is not None:
            yield array, "several cells, how many may differ from setting to setting"


def _moved(ev: Evidence) -> Callable[[Sizes], list[Array]]:
    """dx by how far it is moved along each axis: with zeros beyond the padded gradient, and as far as that goes."""
    window = ev.through()
    if not _plain(ev):  # x is the narrow side, and it is dy that is read elsewhere

        def read(steps: Sizes) -> list[Array]:
            padding = tuple(p + step for p, step in zip(window.padding, steps, strict=True))
            return [ev.dx(ev.through(padding=padding))] if min(padding) >= 0 else []

        return read
    padded = ev.dx(ev.through(x_size=window.spans, padding=(0,) * window.ndim))
    room = tuple(n + 3 for n in window.x_size)  # to each side, with zeros where no window reaches
    whole = np.pad(padded, [(0, 0), (0, 0), *[(r, 2 * r) for r in room]])

    def cut(steps: Sizes) -> list[Array]:
        begins = [r + p + step for r, p, step in zip(room, window.padding, steps, strict=True)]
        ends = [begin + n for begin, n in zip(begins, window.x_size, strict=True)]
        if min(begins) < 0 or any(end > size for end, size in zip(ends, whole.shape[2:], strict=True)):
            return []
        last = [r + n + 2 * p for r, n, p in zip(room, window.x_size, window.padding, strict=True)]
        both = dict.fromkeys([tuple(ends), tuple(map(min, ends, last))])
        return [whole[(slice(None), slice(None), *map(slice, begins, to))] for to in both]

    return cut


@mistake(
    "border-dropped",
    "x w",
    "The last rows or columns are left out: {variant}. Where the stride does not tile the input, x is longer than what "
    "the windows cover, and dx has the size of x all the same, with zeros at the end.",
    "make dx of the shape of x (np.zeros_like(x)) and add into it, over all P = (H + 2*padding - K) // stride + 1 rows",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not ev.definition.axes:
        return
    window, dy = ev.through(), ev.dy
    axes = range(window.ndim)
    if argument == "x" and not ev.definition.transposed:
        for cut, variant in ((2, ""), (1, ", and the slice from padding to padding + H ends there, without an error")):
            short = tuple(min(window.x_size[a], window.spans[a] - cut * window.padding[a]) for a in axes)
            if min(short) > 0:
                yield ev.dx(ev.through(x_size=short)), f"dx is only as long as the windows reach{variant}"
    if argument == "w":
        yield (
            ev.dw(ev.through(kernel=ev.room(window))),
            "dw has taps more than w, where the spread dy leaves rows of x over",
        )
    for axis in (*axes, None):
        which = list(axes) if axis is None else [axis]
        without = dy.copy()
        for a in which:
            without[(slice(None),) * (2 + a) + (-1,)] = 0
        name = "the last rows and columns of dy are" if axis is None else f"the last cells of dy on axis {axis} are"
        yield ev.gradient(argument, dy=without), f"{name} not used"


@mistake(
    "output-padding-as-zeros",
    "y",
    "The output padding was appended as rows of zeros (or of the bias). It says how many more rows the result has, "
    "because several sizes of input lead to one size of output; those rows are computed like all others, and taps of "
    "the kernel reach them.",
    "make the result (H - 1)*stride - 2*padding + dilation*(K - 1) + output_padding + 1 long first, then add into it",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if not ev.definition.transposed:
        return
    settings = {**ev.case.settings}
    extra = settings.pop("output_padding", 0)
    if not np.any(extra):
        yield ev.right["y"], ANY
        return
    y = ev.definition.forward(ev.problem.arrays, replace(ev.case, settings=settings))
    zeros = np.zeros_like(ev.right["y"])
    for variant, padded in (("", zeros.copy()), ("the bias is there", plus_bias(zeros, ev.problem.arrays.get("b")))):
        padded[tuple(slice(n) for n in y.shape)] = y
        yield padded, variant


@mistake(
    "transposed-padding-added",
    "y",
    "The transposed layer pads by `padding`. It is the adjoint of a layer that padded, so it crops{variant}.",
    "pad the spread input by dilation*(K - 1) - padding, or scatter and crop `padding` cells from each side",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    definition = ev.definition
    if not isinstance(definition, Convolution) or not definition.transposed:
        return
    window = ev.through()
    arrays, b = without_bias(ev.problem.arrays), ev.problem.arrays.get("b")
    scattered = definition.forward(arrays, ev.case, ev.through(x_size=window.spans, padding=(0,) * window.ndim))
    whole = scattered
    for a in range(window.ndim):  # on a correlation of the spread input that pads p, the crop is this, or more padding
        crop = window.dilation[a] * (window.kernel[a] - 1) - window.padding[a]
        extra = window.x_size[a] + 2 * window.padding[a] - window.spans[a]  # the output padding
        more = [(0, 0)] * whole.ndim
        more[2 + a] = (max(-crop, 0), max(extra - crop, 0))
        cut = slice(max(crop, 0), whole.shape[2 + a] - max(crop - extra, 0))
        whole = np.pad(whole[(slice(None),) * (2 + a) + (cut,)], more)
    if whole.size:
        text = (
            ": as a correlation of the input, spread by the stride, it pads by dilation*(K - 1) - padding; where that "
            "happens to equal the padding (a kernel of 3 with padding 1) nothing shows"
        )
        yield plus_bias(whole, b), text
    padding = [(0, 0), (0, 0)]
    for size, span, p in zip(window.x_size, window.spans, window.padding, strict=True):
        padding.append((p, p + size + 2 * p - span))
    yield (
        plus_bias(np.pad(scattered, padding), b),
        ": here its result is longer on each side by the padding that had to be cut off there",
    )
