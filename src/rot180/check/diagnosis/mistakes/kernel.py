"""Mistakes with the kernel: rotated where it must not be, or not where it must; dw rotated or transposed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np

from ...operations.convolution import rotated
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
    "comes out right, so only single cells show it.",
    "rotate the kernel that dx uses: w[..., ::-1, ::-1] where there is w now, and w where that is",
    premise=_with_kernel_rotated,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    yield ev.dx(w=rotated(ev.w)), ""


@mistake(
    "dx-kernel-not-rotated",
    "x",
    "dx uses the kernel with its axes {variant} backwards against what this forward needs, where 0 and 1 are those of "
    "the channels. To turn a kernel by 180 degrees is to turn its spatial axes and no others: w[:, :, ::-1] turns the "
    "rows alone, np.rot90(w, 2) the first two axes, and np.flip(w) all of them.",
    "turn the kernel that dx uses on its spatial axes: w[..., ::-1, ::-1], or np.flip(w, (2, 3))",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    for axes in _other_turns(ev.w.ndim):
        yield ev.dx(w=np.flip(ev.w, axes)), str(axes)


@mistake(
    "dw-rotated",
    "w",
    "dw is the right one rotated by 180 degrees. It is the gradient of a kernel that was rotated and not rotated back, "
    "or was rotated once too often: dw[k] belongs to the tap w[k], where the kernel lies as it was given.",
    "dw = dw[..., ::-1, ::-1]",
    replays=False,
    turns=True,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    right = ev.right[argument]
    if right.ndim > 2:
        yield rotated(right), ""


@mistake(
    "dw-rotated",
    "w",
    "dw is the right one with its axes {variant} backwards, where 0 and 1 are those of the channels. To turn a kernel "
    "by 180 degrees is to turn its spatial axes and no others: dw[:, :, ::-1] turns the rows alone, np.rot90(dw, 2) "
    "the first two axes, and np.flip without axes all of them.",
    "dw = np.flip(dw, {variant}), on top of what is there; or turn no axis, or all spatial ones, from the start",
    replays=False,
    turns=True,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    for axes in _other_turns(ev.w.ndim):
        yield np.flip(ev.right[argument], axes), str(axes)


def _other_turns(ndim: int) -> Iterator[tuple[int, ...]]:
    """The axes that are backwards where a rotation by 180 degrees, of the spatial axes, went wrong."""
    spatial = tuple(range(2, ndim))
    for count in range(1, len(spatial)):
        yield from combinations(spatial, count)
    yield from (tuple(range(ndim)), (0, 1), (0, 1, *spatial[:1]))


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
