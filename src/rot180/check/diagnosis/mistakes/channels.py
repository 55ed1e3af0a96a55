"""Mistakes with channels: swapped weight axes, one channel used for another, and interleaved groups."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...operations.convolution import plus_bias, without_bias
from ..evidence import Evidence
from .mistake import ANY, Candidate, mistake


@mistake(
    "channels-swapped",
    "w",
    "The two channel axes of dw are in the wrong order: they must be in the same order as in w. If the layer has as "
    "many input channels as output channels, the shape does not show the mistake.",
    "dw = dw.swapaxes(0, 1)",
    replays=False,
    turns=True,
)
def dw_channels_swapped(ev: Evidence, argument: str) -> Iterator[Candidate]:
    yield ev.expected[argument].swapaxes(0, 1), ""


@mistake(
    "channels-swapped",
    "y x",
    "The two channel axes of the weight are swapped. The weight of a plain layer is (out, in, ...), that of a "
    "transposed layer is (in, out, ...). If the numbers of input and output channels are equal, the shapes match "
    "anyway; otherwise the code fails.",
    "use w.swapaxes(0, 1) where w is used, or swap the two channel letters in the einsum",
)
def weight_channels_swapped(ev: Evidence, argument: str) -> Iterator[Candidate]:
    w = np.ascontiguousarray(ev.w.swapaxes(0, 1))
    if w.shape == ev.w.shape:
        yield (ev.dx(w=w) if argument == "x" else ev.definition.forward({**ev.problem.arrays, "w": w}, ev.case)), ""


@mistake(
    "wrong-channel",
    "x w",
    "Whole channels are wrong: {variant}. Typical causes are a leftover loop variable, a hard-coded 0, and two "
    "swapped loop variables.",
    "index every array by the channel of the loop",
)
def wrong_channel(ev: Evidence, argument: str) -> Iterator[Candidate]:
    for at, word in ((0, "first"), (-1, "last")):
        index = [at]
        dy = np.broadcast_to(ev.dy[:, index], ev.dy.shape)
        x = np.broadcast_to(ev.x[:, index], ev.x.shape)
        yield ev.gradient(argument, dy=dy.copy()), f"the {word} channel of dy is used for all channels"
        if argument == "w":
            yield ev.gradient(argument, x=x.copy()), f"the {word} channel of x is used for all channels"
        else:
            for axis in (0, 1):
                w = np.broadcast_to(np.take(ev.w, index, axis), ev.w.shape)
                yield ev.dx(w=w.copy()), f"the {word} index of axis {axis} of w is used for all channels"
    expected = ev.expected[argument]
    for axis in (0, 1) if argument == "w" else (1,):
        for at, word in ((0, "first"), (-1, "last")):
            summed = np.zeros_like(expected)
            summed[(slice(None),) * axis + (at,)] = expected.sum(axis)
            yield summed, f"the {word} index of axis {axis} of d{argument} holds the sum over all channels"
        for shift in (1, -1):
            yield np.roll(expected, shift, axis), f"the neighbouring channel on axis {axis} is used"
        yield np.flip(expected, axis), f"the channels on axis {axis} are in reverse order"


@mistake(
    "wrong-channel",
    "y",
    "Whole channels are wrong in the forward: {variant}. Typical causes are a leftover loop variable, a hard-coded 0, "
    "and two swapped loop variables.",
    "index every array by the channel of the loop",
)
def wrong_channel_of_forward(ev: Evidence, argument: str) -> Iterator[Candidate]:
    arrays = ev.problem.arrays
    for at, word in ((0, "first"), (-1, "last")):
        for name, axis in (("x", 1), ("w", 0), ("w", 1), ("b", 0)):
            if name in arrays:
                one = np.broadcast_to(np.take(arrays[name], [at], axis), arrays[name].shape)
                where = f"index of axis {axis} of w" if name == "w" else f"channel of {name}"
                yield (
                    ev.definition.forward({**arrays, name: one.copy()}, ev.case),
                    f"the {word} {where} is used for all channels",
                )


@mistake(
    "wrong-channel",
    "b",
    "Whole channels are wrong: {variant}. Typical causes are a leftover loop variable and a hard-coded 0.",
    "index db and dy by the channel of the loop: db[o] += dy[n, o].sum()",
    replays=False,
)
def wrong_channel_of_db(ev: Evidence, argument: str) -> Iterator[Candidate]:
    db = ev.expected["b"]
    if db.ndim != 1:
        return
    for at, word in ((0, "first"), (-1, "last")):
        yield np.full(db.shape, db[at]), f"the {word} channel of dy is used for all channels"
        summed = np.zeros(db.shape)
        summed[at] = db.sum()
        yield summed, f"the {word} cell of db holds the sum over all channels"
    for shift in (1, -1):
        yield np.roll(db, shift), "a neighbouring channel is used"
    yield db[::-1].copy(), "the channels are in reverse order"


@mistake(
    "groups-mixed",
    "x w y",
    "The channels of the {variant} are grouped in the wrong order. Channel c belongs to group c // (C / groups), so "
    "each group is a contiguous block; your code interleaves the groups (group c % groups). With groups=1 both are "
    "the same.",
    "reshape the channels to (groups, C // groups), not to (C // groups, groups)",
)
def groups_mixed(ev: Evidence, argument: str) -> Iterator[Candidate]:
    groups = int(ev.problem.case.settings.get("groups", 1))
    if groups == 1:
        yield ev.expected[argument], ANY
        return
    order = _interleaved(ev.x.shape[1], groups)
    out = _interleaved(ev.expected["y"].shape[1] if argument == "y" else ev.dy.shape[1], groups)
    inverse = np.argsort(order)
    first = _interleaved(ev.w.shape[0], groups)
    weight_orders = (first, np.argsort(first))
    if argument == "y":
        arrays = ev.problem.arrays
        for permutation in (order, inverse):
            yield ev.definition.forward({**arrays, "x": ev.x[:, permutation]}, ev.case), "input"
        for permutation in weight_orders:
            yield ev.definition.forward({**arrays, "w": ev.w[permutation]}, ev.case), "weight"
        plain = ev.definition.forward(without_bias(arrays), ev.case)
        for permutation in (out, np.argsort(out)):
            yield plus_bias(plain[:, permutation], arrays.get("b")), "output"
            yield plus_bias(plain, arrays.get("b"))[:, permutation], "output, after the bias is added,"
        return
    if argument == "x":
        for permutation in (inverse, order):
            yield ev.expected["x"][:, permutation], "input"
        for permutation in weight_orders:
            yield ev.dx(w=ev.w[permutation]), "weight"
    else:
        for permutation in weight_orders:
            yield ev.expected["w"][permutation], "weight"
        for permutation in (order, inverse):
            yield ev.dw(x=ev.x[:, permutation]), "input"
    for permutation in (out, np.argsort(out)):
        yield ev.gradient(argument, dy=ev.dy[:, permutation]), "output"


@mistake(
    "groups-mixed",
    "b",
    "The channels of db are not in the order of b. Each group of channels is a contiguous block; your code "
    "interleaves the groups (group c % groups). With groups=1 both are the same.",
    "reshape the channels to (groups, O // groups), not to (O // groups, groups)",
)
def db_groups_mixed(ev: Evidence, argument: str) -> Iterator[Candidate]:
    groups = int(ev.problem.case.settings.get("groups", 1))
    order = _interleaved(ev.dy.shape[1], groups)
    for permutation in (order, np.argsort(order)):
        yield ev.expected["b"][permutation], "" if groups > 1 else ANY


def _interleaved(channels: int, groups: int) -> np.ndarray:
    return np.arange(channels).reshape(channels // groups, groups).T.ravel()
