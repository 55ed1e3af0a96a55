"""Mistakes that are no formula: integers, weights of the next step, arrays that keep what a call before has left."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..evidence import Evidence
from .mistake import Candidate, mistake


@mistake(
    "integer-truncated",
    "y x w b",
    "Fractions are cut off: somewhere an array of integers takes the results (np.zeros(shape, dtype=int), zeros_like "
    "of integers, //). Whole numbers come out right, so a test with integers does not show it.",
    "make the arrays with the dtype of the input: np.zeros(shape, x.dtype)",
    replays=False,
    turns=True,
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    yield np.trunc(ev.right[argument]), ""
    yield np.floor(ev.right[argument]), "downwards"
    yield np.rint(ev.right[argument]), "to the nearest"
    with np.errstate(invalid="ignore"):
        yield ev.right[argument].astype(np.uint8).astype(float), "and wrapped to 0 to 255"


@mistake(
    "integer-truncated",
    "y x w",
    "Fractions are cut off before anything is computed: {variant} is turned into integers (astype(int), int(...), an "
    "array of integers that it is copied into). Whole numbers come out right, so a test with integers shows nothing.",
    "keep {variant} as it is, or make the copy with its dtype: np.zeros(shape, x.dtype)",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    arrays = ev.problem.arrays
    x, w, dy = np.trunc(ev.x), np.trunc(ev.w), np.trunc(ev.dy)
    if argument == "y":
        yield ev.definition.forward({**arrays, "x": x}, ev.case), "x"
        if "w" in arrays:
            yield ev.definition.forward({**arrays, "w": w}, ev.case), "w"
            whole = {name: np.trunc(array) for name, array in arrays.items()}
            yield ev.definition.forward({**whole, "b": arrays["b"]} if "b" in arrays else whole, ev.case), "x and w"
            yield ev.definition.forward(whole, ev.case), "all that comes in"
        return
    yield ev.gradient(argument, dy=dy), "dy"
    if argument == "x" and "w" not in arrays:
        return
    other = "x" if argument == "w" else "w"
    yield (ev.dw(x=x) if argument == "w" else ev.dx(w=w)), other
    yield (ev.dw(x=x, dy=dy) if argument == "w" else ev.dx(w=w, dy=dy)), f"{other} and dy"


@mistake(
    "weights-updated-first",
    "x",
    "dx is computed with weights that are already those of the next step: w - {variant} * dw. The gradient belongs to "
    "the weights that the forward has used.",
    "compute dx before w is updated, or keep the w of the forward in the cache",
)
def _(ev: Evidence, argument: str) -> Iterator[Candidate]:
    found, right = ev.found["x"], ev.right["x"]
    if found.shape != right.shape:
        return
    step = ev.dx(w=ev.right["w"]) if "w" in ev.right else np.zeros_like(right)
    size = float(np.vdot(step, step))
    if size:
        rate = float(np.vdot(right - found, step)) / size
        if abs(rate) > 1e-12:
            yield right - rate * step, f"{rate:.6g}"
            yield right - rate * step, f"{rate * len(right):.6g} / N"


# ---- what shows by calling, not by comparing ----

INPUT_MUTATED = (
    "{variant} is changed in place. Whoever passed it uses it again: the next layer, the optimiser, or the backward of "
    "the layer before."
)
INPUT_MUTATED_FIX = "work on a copy: x = x.copy(), or x = x + 1 for x += 1"
ACCUMULATED = (
    "A second call of forward and backward with the same arrays gives another gradient: {variant}. Something is kept "
    "between the calls and not zeroed, a global array or an attribute that is added to."
)
ACCUMULATED_FIX = "start from zeros inside the backward: dw = np.zeros_like(w)"
