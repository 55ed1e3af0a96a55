"""Mistakes with the kernel: a wrong or a missing rotation, and a dw that is rotated or transposed."""

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
    "Compared with the definition, your forward rotates the kernel by 180 degrees. With the default "
    'convention="correlation", a convolution computes y[p] as the sum of w[k] * x[stride*p + k], and a transposed '
    "convolution adds w[k] * x[p] to y[stride*p + k]. scipy.signal.convolve2d and the convolution of mathematics "
    "rotate the kernel first. A network can learn with either orientation, but its weights are not compatible with "
    "other libraries, and the backward must match the forward.",
    "use w where the forward uses w[..., ::-1, ::-1] (or scipy.signal.correlate2d instead of convolve2d); if you want "
    'the rotation, pass convention="convolution" to the checker',
)
def forward_flipped(ev: Evidence, argument: str) -> Iterator[Candidate]:
    arrays = {**ev.problem.arrays, "w": rotated(ev.w)}
    yield ev.definition.forward(arrays, ev.case), ""


@mistake(
    "dx-kernel-not-rotated",
    "x",
    "dx uses the kernel in the wrong orientation for this forward. The forward multiplies the cell x[stride*p + k] by "
    "w[k], so dx[stride*p + k] must receive dy[p] * w[k]. If you compute dx as a correlation of the padded dy, the "
    "kernel must be rotated by 180 degrees compared with the forward. Without padding, even the sum of dx is correct, "
    "so only the individual cells show the mistake.",
    "rotate the kernel that dx uses by 180 degrees: write w[..., ::-1, ::-1] instead of w, or w instead of w[..., "
    "::-1, ::-1]",
    premise=_with_kernel_rotated,
)
def dx_kernel_not_rotated(ev: Evidence, argument: str) -> Iterator[Candidate]:
    yield ev.dx(w=rotated(ev.w)), ""


@mistake(
    "dx-kernel-not-rotated",
    "x",
    "dx uses the kernel in the wrong orientation: it is flipped along axes {variant} compared with the correct one. "
    "Axes 0 and 1 are the channels. A rotation by 180 degrees flips all spatial axes and no channel axis: w[:, :, "
    "::-1] flips only the rows, np.rot90(w, 2) the first two axes, and np.flip(w) all axes.",
    "flip the kernel that dx uses along its spatial axes: w[..., ::-1, ::-1], or np.flip(w, (2, 3))",
)
def dx_kernel_flipped(ev: Evidence, argument: str) -> Iterator[Candidate]:
    for axes in _other_flips(ev.w.ndim):
        yield ev.dx(w=np.flip(ev.w, axes)), str(axes)


@mistake(
    "dw-rotated",
    "w",
    "Your dw is the correct gradient rotated by 180 degrees. Either the kernel was rotated and its gradient was "
    "not rotated back, or dw was rotated once too often: dw[k] must be the gradient of w[k].",
    "dw = dw[..., ::-1, ::-1]",
    replays=False,
    turns=True,
)
def dw_rotated(ev: Evidence, argument: str) -> Iterator[Candidate]:
    expected = ev.expected[argument]
    if expected.ndim > 2:
        yield rotated(expected), ""


@mistake(
    "dw-rotated",
    "w",
    "Your dw is the correct gradient flipped along axes {variant}. Axes 0 and 1 are the channels. A rotation by 180 "
    "degrees flips all spatial axes and no channel axis: dw[:, :, ::-1] flips only the rows, np.rot90(dw, 2) the "
    "first two axes, and np.flip(dw) all axes.",
    "flip either no axis or all spatial axes of dw; dw = np.flip(dw, {variant}) corrects the present result",
    replays=False,
    turns=True,
)
def dw_flipped(ev: Evidence, argument: str) -> Iterator[Candidate]:
    for axes in _other_flips(ev.w.ndim):
        yield np.flip(ev.expected[argument], axes), str(axes)


def _other_flips(ndim: int) -> Iterator[tuple[int, ...]]:
    """Yield the sets of axes that wrong code flips instead of all spatial axes."""
    spatial = tuple(range(2, ndim))
    for count in range(1, len(spatial)):
        yield from combinations(spatial, count)
    yield from (tuple(range(ndim)), (0, 1), (0, 1, *spatial[:1]))


@mistake(
    "dw-transposed",
    "w",
    "The last two axes of dw are swapped: its rows are the columns of the correct dw{variant}. If the kernel is "
    "square, the shape does not show the mistake.",
    "dw = dw.swapaxes(-1, -2)",
    replays=False,
    turns=True,
)
def dw_transposed(ev: Evidence, argument: str) -> Iterator[Candidate]:
    expected = ev.expected[argument]
    if expected.ndim > 3:
        yield expected.swapaxes(-1, -2), ""
        yield np.flip(expected.swapaxes(-1, -2), (-1,)), ", and one of them is reversed, so dw is rotated by 90 degrees"


@mistake(
    "dw-convolved",
    "w",
    "dw is computed with {variant} rotated by 180 degrees, which is not the same as a rotated dw. dw is the "
    "correlation of x with dy, without a rotation; scipy.signal.convolve2d(x, dy) rotates one of the two.",
    "use scipy.signal.correlate2d instead of convolve2d; rotate its result only if the forward rotates the kernel",
    alone=True,
)
def dw_convolved(ev: Evidence, argument: str) -> Iterator[Candidate]:
    if ev.definition.axes:
        yield ev.dw(dy=rotated(ev.dy)), "dy"
        yield ev.dw(x=rotated(ev.x)), "x"
