"""Mistakes with the kernel: rotated, transposed, its channels taken for one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import numpy as np

from ..case import Array
from ..definitions.convolution import plus_bias, rotated, without_bias
from ..evidence import Evidence
from .mistake import ANY, Candidate, mistake


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


@mistake(
    "channels-swapped",
    "w",
    "The channel axes of dw are swapped: (in, out) where the weight is (out, in). As many channels in as out hide it "
    "in the shape.",
    "dw = dw.swapaxes(0, 1)",
    replays=False,
    turns=True,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    yield ev.right[argument].swapaxes(0, 1), ""


@mistake(
    "channels-swapped",
    "y x",
    "The channel axes of the weight are swapped: a plain layer has (out, in), a transposed one (in, out). With as many "
    "channels in as out the shapes fit all the same; where they differ, the code refuses.",
    "w.swapaxes(0, 1) where w is used, or the other letter in the einsum",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    w = np.ascontiguousarray(ev.w.swapaxes(0, 1))
    if w.shape == ev.w.shape:
        yield (ev.dx(w=w) if argument == "x" else ev.definition.forward({**ev.problem.arrays, "w": w}, ev.case)), ""


@mistake(
    "wrong-channel",
    "x w",
    "One channel index is used where another belongs, so that whole channels are wrong: a loop variable left over, a 0 "
    "that was meant for a trial, or two loop variables mixed up.",
    "the {variant}: index it by the channel of the loop",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    for at, word in ((0, "first"), (-1, "last")):
        index = [at]
        dy = np.broadcast_to(ev.dy[:, index], ev.dy.shape)
        x = np.broadcast_to(ev.x[:, index], ev.x.shape)
        yield ev.gradient(argument, dy=dy.copy()), f"{word} channel of dy is used for all"
        if argument == "w":
            yield ev.gradient(argument, x=x.copy()), f"{word} channel of x is used for all"
        else:
            for axis in (0, 1):
                w = np.broadcast_to(np.take(ev.w, index, axis), ev.w.shape)
                yield ev.dx(w=w.copy()), f"{word} index of axis {axis} of w is used for all"
    right = ev.right[argument]
    for axis in (0, 1) if argument == "w" else (1,):
        if right.shape[axis] > 1:
            for shift in (1, -1):
                yield np.roll(right, shift, axis), f"channel next to the right one is used on axis {axis}"
            yield np.flip(right, axis), f"channels of axis {axis} come in reverse order"


@mistake(
    "groups-mixed",
    "x w y",
    "The groups are taken apart in another order than they belong together: channel c is in group c // (C / groups), "
    "the groups lie one after the other, while here they are interleaved (c % groups), on the side of the {variant}. "
    "With one group both are the same.",
    "reshape channels to (groups, C // groups), in this order, and not to (C // groups, groups)",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    groups = int(ev.problem.case.settings.get("groups", 1))
    if groups == 1:
        yield ev.right[argument], ANY
        return
    order = _interleaved(ev.x.shape[1], groups)
    out = _interleaved(ev.right["y"].shape[1] if argument == "y" else ev.dy.shape[1], groups)
    back = np.argsort(order)
    if argument == "y":
        arrays = ev.problem.arrays
        for seen in (order, back):
            yield ev.definition.forward({**arrays, "x": ev.x[:, seen]}, ev.case), "input"
        plain = ev.definition.forward(without_bias(arrays), ev.case)
        for seen in (out, np.argsort(out)):
            yield plus_bias(plain[:, seen], arrays.get("b")), "output"
        return
    if argument == "x":
        for seen in (back, order):
            yield ev.right["x"][:, seen], "input"
    else:
        for seen in (order, back):
            yield ev.dw(x=ev.x[:, seen]), "input"
    for seen in (out, np.argsort(out)):
        yield ev.gradient(argument, dy=ev.dy[:, seen]), "output"


def _interleaved(channels: int, groups: int) -> np.ndarray:
    return np.arange(channels).reshape(channels // groups, groups).T.ravel()


@mistake(
    "reshaped-not-transposed",
    "x w",
    "The numbers are right and in the wrong places: an array was reshaped where its axes had to be transposed first. "
    "reshape keeps the order in memory, so (N, O, P, Q) read as (O, N*P*Q) mixes samples with channels{variant} (S is "
    "for the cells in space).",
    "transpose before the reshape, for example dy.transpose(1, 0, 2, 3).reshape(O, -1)",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    for name, scrambled in _relaid(ev.dy, "NO"):
        yield ev.gradient(argument, dy=scrambled), f": dy, {name}"
    if argument == "w":
        for name, scrambled in _relaid(ev.x, "NC"):
            yield ev.gradient(argument, x=scrambled), f": x, {name}"
    right = ev.right[argument]
    for name, scrambled in _relaid(right, "OC" if argument == "w" else "NC"):
        yield scrambled, f": d{argument}, {name}"
    if right.ndim > 3:
        yield np.ascontiguousarray(right.swapaxes(-1, -2)).reshape(right.shape), ": rows and columns"


def _relaid(a: Array, letters: str) -> Iterator[tuple[str, Array]]:
    """An array laid out in one order and read in another, all ways; its cells S in space stay together."""
    orders: list[tuple[int, ...]] = [(0, 1), (1, 0)]
    if a.ndim > 2:
        orders = [tuple(m for axis in order for m in _axes(axis, a.ndim)) for order in permutations(range(3))]
    for written, read in permutations(orders, 2):
        laid = a.transpose(written).reshape([a.shape[axis] for axis in read])
        names = ["".join(dict.fromkeys((*letters, *"S" * a.ndim)[axis] for axis in order)) for order in (written, read)]
        yield f"laid out as {names[0]} and read as {names[1]}", np.ascontiguousarray(laid.transpose(np.argsort(read)))


def _axes(axis: int, ndim: int) -> tuple[int, ...]:
    return (axis,) if axis < 2 else tuple(range(2, ndim))
