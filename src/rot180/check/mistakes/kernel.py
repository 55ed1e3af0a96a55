"""Mistakes with the kernel: rotated where it must not be, or not where it must; dw rotated or transposed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..case import Array
from ..definitions.convolution import rotated
from ..evidence import Evidence
from .mistake import Candidate, mistake


def _with_kernel_rotated(ev: Evidence) -> Evidence:
    return replace(ev, problem=replace(ev.problem, arrays={**ev.problem.arrays, "w": rotated(ev.w)}))


@mistake(
    "forward-flipped",
    "y",
    "The forward uses the kernel rotated by 180 degrees against the definition. A plain layer correlates: y[p] sums "
    "w[k] * x[stride*p + k]; scipy.signal.convolve2d and the convolution of mathematics rotate the kernel first. A "
    "transposed layer is the adjoint of that and scatters the kernel as it is. A network learns with either, but "
    "weights cannot be exchanged with other libraries, and the backward has to belong to the forward that is used.",
    "use w where the forward has w[..., ::-1, ::-1] (or scipy.signal.correlate2d for convolve2d); or say "
    'convention="convolution" if that is meant',
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    arrays = {**ev.problem.arrays, "w": rotated(ev.w)}
    yield ev.definition.forward(arrays, ev.case), ""


@mistake(
    "dx-kernel-not-rotated",
    "x",
    "dx uses the kernel the wrong way round for this forward. What the forward gathers, the backward scatters: the "
    "cell x[stride*p + k] met w[k], so dx[stride*p + k] gets dy[p] * w[k]. Written as a correlation of the padded dy "
    "that needs the kernel rotated by 180 degrees against the one of the forward; without padding even the sum over dx "
    "comes out right, so only single cells show it.{variant}",
    "rotate the kernel that dx uses: w[..., ::-1, ::-1] where there is w now, and w where that is",
    premise=_with_kernel_rotated,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    yield ev.dx(w=rotated(ev.w)), ""
    for w, variant in _half_rotated(ev.w):
        yield ev.dx(w=w), variant


@mistake(
    "dw-rotated",
    "w",
    "dw is the right one rotated by 180 degrees. dw[k] belongs to the tap w[k] that met x[stride*p + k]: it is the sum "
    "over p of dy[p] * x[stride*p + k], a correlation of x with dy without any flip. A convolve2d in its place, or the "
    "gradient of a rotated kernel that was not rotated back, turns it round.{variant}",
    "dw = dw[..., ::-1, ::-1]",
    replays=False,
    turns=True,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    right = ev.right[argument]
    if right.ndim > 2:
        yield rotated(right), ""
        yield from _half_rotated(right)


def _half_rotated(w: Array) -> Iterator[tuple[Array, str]]:
    """A kernel on which a rotation, against what is needed, went wrong."""
    spatial = tuple(range(2, w.ndim))
    for axis in spatial if len(spatial) > 1 else ():
        yield np.flip(w, axis), f" Here only axis {axis} is backwards against what is needed."
    for axis in spatial if len(spatial) > 2 else ():
        others = tuple(a for a in spatial if a != axis)
        yield np.flip(w, others), f" Here axes {others} are backwards against what is needed."
    yield np.flip(w), " Here the channels are backwards too: np.flip without axes turns all."
    yield np.flip(w, (0, 1)), " Here it is the channels that are backwards: np.rot90(w, 2) turns the first two axes."
    yield np.flip(w, (0, 1, *spatial[:1])), " Here channels and rows are backwards."
    yield np.flip(rotated(w), (0, 1)), " Here the channels are backwards too."


@mistake(
    "dw-transposed",
    "w",
    "The last two axes of dw are swapped: rows for columns. With kernels of three by three the shape hides it.",
    "dw = dw.swapaxes(-1, -2)",
    replays=False,
    turns=True,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    right = ev.right[argument]
    if right.ndim > 3:
        yield right.swapaxes(-1, -2), ""
        yield np.flip(right.swapaxes(-1, -2), (-1,)), "and turned by 90 degrees"
