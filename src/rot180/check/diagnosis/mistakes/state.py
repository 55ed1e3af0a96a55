"""Mistakes other than wrong formulas: integer arrays, weights updated too early, arrays kept between calls."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..evidence import Evidence
from .mistake import Candidate, mistake


@mistake(
    "integer-truncated",
    "y x w b",
    "Fractions are cut off{variant}: the results are stored in an integer array (np.zeros(shape, dtype=int), "
    "zeros_like of an integer array, or //). Tests with whole numbers do not show this.",
    "allocate arrays with the dtype of the input: np.zeros(shape, x.dtype)",
    replays=False,
    turns=True,
)
def result_truncated(ev: Evidence, argument: str) -> Iterator[Candidate]:
    yield np.trunc(ev.expected[argument]), ""
    yield np.floor(ev.expected[argument]), " (rounded down)"
    yield np.rint(ev.expected[argument]), " (rounded to the nearest integer)"
    with np.errstate(invalid="ignore"):
        yield ev.expected[argument].astype(np.uint8).astype(float), " (and wrapped to 0..255)"


@mistake(
    "integer-truncated",
    "y x w",
    "The fractions of {variant} are cut off before anything is computed (by astype(int), int(...), or a copy into "
    "an integer array). Tests with whole numbers do not show this.",
    "keep {variant} in floating point, or copy into an array of its dtype: np.zeros(shape, x.dtype)",
)
def inputs_truncated(ev: Evidence, argument: str) -> Iterator[Candidate]:
    arrays = ev.problem.arrays
    x, w, dy = np.trunc(ev.x), np.trunc(ev.w), np.trunc(ev.dy)
    if argument == "y":
        yield ev.definition.forward({**arrays, "x": x}, ev.case), "x"
        if "w" in arrays:
            yield ev.definition.forward({**arrays, "w": w}, ev.case), "w"
            integers = {name: np.trunc(array) for name, array in arrays.items()}
            yield (
                ev.definition.forward({**integers, "b": arrays["b"]} if "b" in arrays else integers, ev.case),
                "x and w",
            )
            yield ev.definition.forward(integers, ev.case), "all inputs"
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
    "dx is computed with weights that are already updated: w - {variant} * dw. It must use the weights that the "
    "forward used.",
    "compute dx before w is updated, or store the w of the forward in the cache",
)
def weights_updated_first(ev: Evidence, argument: str) -> Iterator[Candidate]:
    actual, expected = ev.actual["x"], ev.expected["x"]
    if actual.shape != expected.shape:
        return
    step = ev.dx(w=ev.expected["w"]) if "w" in ev.expected else np.zeros_like(expected)
    size = float(np.vdot(step, step))
    if size:
        rate = float(np.vdot(expected - actual, step)) / size
        if abs(rate) > 1e-12:
            yield expected - rate * step, f"{rate:.6g}"
            yield expected - rate * step, f"{rate * len(expected):.6g} / N"


# ---- mistakes that are found by repeated calls, not by comparison ----

INPUT_MUTATED = (
    "{variant} is changed in place. The caller still uses this array, for example in the next layer, in the "
    "optimizer, or in the backward of the previous layer."
)
INPUT_MUTATED_FIX = "work on a copy: x = x.copy(), or x = x + 1 instead of x += 1"
ACCUMULATED = (
    "{variant} grows from call to call, although the inputs are the same. The code adds to an array that it keeps "
    "between calls, for example a global variable or an attribute, and never resets it to zero."
)
ACCUMULATED_FIX = "start from zeros in every backward: dw = np.zeros_like(w)"
