"""Mistakes with the kernel: rotated, transposed, its channels taken for one another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..definitions.convolution import rotated
from ..evidence import Evidence
from .mistake import ANY, Candidate, mistake


@mistake(
    "forward-flipped",
    "y",
    "The forward uses the kernel rotated by 180 degrees against the definition. A plain layer correlates: y[p] sums "
    "w[k] * x[stride*p + k]; scipy.signal.convolve2d and the convolution of mathematics rotate the kernel first. A "
    "transposed layer is the adjoint of that and scatters the kernel as it is. A network learns with either, but "
    "weights "
    "cannot be exchanged with other libraries, and the backward has to belong to the forward that is used.",
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
    "cell "
    "x[stride*p + k] met w[k], so dx[stride*p + k] gets dy[p] * w[k]. Written as a correlation of the padded dy that "
    "needs the kernel rotated by 180 degrees against the one of the forward; without padding even the sum over dx "
    "comes "
    "out right, so only single cells show it.",
    "rotate the kernel that dx uses: w[..., ::-1, ::-1] where there is w now, and w where that is",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    yield ev.dx(w=rotated(ev.w)), ""


@mistake(
    "dw-rotated",
    "w",
    "dw is the right one rotated by 180 degrees. dw[k] belongs to the tap w[k] that met x[stride*p + k]: it is the sum "
    "over p of dy[p] * x[stride*p + k], a correlation of x with dy without any flip. A convolve2d in its place, or the "
    "gradient of a rotated kernel that was not rotated back, turns it round.",
    "dw = dw[..., ::-1, ::-1]",
    replays=False,
    turns=True,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    right = ev.right[argument]
    if right.ndim > 2:
        yield rotated(right), ""


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
    "in "
    "the shape.",
    "dw = dw.swapaxes(0, 1)",
    replays=False,
    turns=True,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    yield ev.right[argument].swapaxes(0, 1), ""


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
    "the "
    "groups lie one after the other, while here they are interleaved (c % groups), on the side of the {variant}. With "
    "one "
    "group both are the same.",
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
        arrays = {name: a for name, a in ev.problem.arrays.items() if name != "b"}
        b = ev.problem.arrays.get("b", np.zeros(len(out))).reshape(-1, *[1] * ev.definition.axes)
        yield ev.definition.forward({**arrays, "x": ev.x[:, order]}, ev.case) + b, "input"
        yield ev.definition.forward({**arrays, "x": ev.x[:, back]}, ev.case) + b, "input"
        plain = ev.definition.forward(arrays, ev.case)
        yield plain[:, out] + b, "output"
        yield plain[:, np.argsort(out)] + b, "output"
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
    "reshape keeps the order in memory, so (N, O, P, Q) read as (O, N*P*Q) mixes samples with channels{variant}.",
    "transpose before the reshape, for example dy.transpose(1, 0, 2, 3).reshape(O, -1)",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    dy, x, right = ev.dy, ev.x, ev.right[argument]
    swapped = (1, 0, *range(2, dy.ndim))
    scrambled = dy.reshape(dy.shape[1], dy.shape[0], *dy.shape[2:]).transpose(swapped)
    yield ev.gradient(argument, dy=np.ascontiguousarray(scrambled)), ": dy, read with its first two axes swapped"
    back = dy.transpose(swapped).reshape(dy.shape)
    yield ev.gradient(argument, dy=back), ": dy, written with its first two axes swapped"
    last = dy.transpose(0, *range(2, dy.ndim), 1).reshape(dy.shape)
    yield ev.gradient(argument, dy=last), ": dy, with its channels last in memory"
    cells = np.ascontiguousarray(np.moveaxis(dy.reshape(dy.shape[0], -1, dy.shape[1]), -1, 1)).reshape(dy.shape)
    yield ev.gradient(argument, dy=cells), ": dy, read as if its channels came last"
    if argument == "w":
        seen = x.reshape(x.shape[1], x.shape[0], *x.shape[2:]).transpose(swapped)
        yield ev.gradient(argument, x=np.ascontiguousarray(seen)), ": x, read with its first two axes swapped"
        yield right.reshape(right.shape[0], -1).T.reshape(right.shape), ": dw, as a matrix that had to be transposed"
        yield right.swapaxes(0, 1).reshape(right.shape), ": dw, with its channel axes"
    else:
        yield right.transpose(swapped).reshape(right.shape), ": dx, with its first two axes"
        yield np.moveaxis(right, 1, -1).reshape(right.shape), ": dx, with its channels last in memory"
    if right.ndim > 3:
        yield np.ascontiguousarray(right.swapaxes(-1, -2)).reshape(right.shape), ": rows and columns"
