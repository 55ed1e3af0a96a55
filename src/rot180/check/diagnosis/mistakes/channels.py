"""Mistakes with channels: the axes of the weight swapped, one channel taken for another, groups interleaved."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...operations.convolution import plus_bias, without_bias
from ..evidence import Evidence
from .mistake import ANY, Candidate, mistake


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
        for at, word in ((0, "first"), (-1, "last")):
            gathered = np.zeros_like(right)
            gathered[(slice(None),) * axis + (at,)] = right.sum(axis)
            yield gathered, f"{word} index of axis {axis} of d{argument} gets what belongs to all"
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
    first = _interleaved(ev.w.shape[0], groups)
    rows = (first, np.argsort(first))
    if argument == "y":
        arrays = ev.problem.arrays
        for seen in (order, back):
            yield ev.definition.forward({**arrays, "x": ev.x[:, seen]}, ev.case), "input"
        for seen in rows:
            yield ev.definition.forward({**arrays, "w": ev.w[seen]}, ev.case), "weight"
        plain = ev.definition.forward(without_bias(arrays), ev.case)
        for seen in (out, np.argsort(out)):
            yield plus_bias(plain[:, seen], arrays.get("b")), "output"
            yield plus_bias(plain, arrays.get("b"))[:, seen], "output, bias and all"
        return
    if argument == "x":
        for seen in (back, order):
            yield ev.right["x"][:, seen], "input"
        for seen in rows:
            yield ev.dx(w=ev.w[seen]), "weight"
    else:
        for seen in rows:
            yield ev.right["w"][seen], "weight"
        for seen in (order, back):
            yield ev.dw(x=ev.x[:, seen]), "input"
    for seen in (out, np.argsort(out)):
        yield ev.gradient(argument, dy=ev.dy[:, seen]), "output"


@mistake(
    "groups-mixed",
    "b",
    "The channels of db come in another order than those of b: the groups lie one after the other, while here they "
    "are interleaved (c % groups). With one group both are the same.",
    "reshape channels to (groups, O // groups), in this order, and not to (O // groups, groups)",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    groups = int(ev.problem.case.settings.get("groups", 1))
    order = _interleaved(ev.dy.shape[1], groups)
    for seen in (order, np.argsort(order)):
        yield ev.right["b"][seen], "" if groups > 1 else ANY


def _interleaved(channels: int, groups: int) -> np.ndarray:
    return np.arange(channels).reshape(channels // groups, groups).T.ravel()
