"""Points where an operation has no derivative: relu at 0, and windows whose maximum occurs several times.

Every one-sided choice is equally valid there, so the choice of the user's backward is noted and not judged. This
includes passing the whole gradient to all tied cells, as code with a mask of the largest cells does, although it is not
a subgradient. NaN and infinity are faults even at these points.

Internal to check/.
"""

from __future__ import annotations

import numpy as np

from ..adapter.code import Code, Refused
from ..comparison import same
from ..operations import Definition
from ..operations.case import Array, Problem
from ..operations.pooling import MaxPooling
from ..report import Diagnosis

SLUG = "at-a-kink"
_TEXT = {
    "relu": "At x = 0 your derivative differs from PyTorch's, which uses the value of the negative side. relu has no "
    "derivative there, so this is a choice, not a fault ({count} of {total} cells of this problem have x = 0).",
    "pool": "Where several cells of a window are the largest, {choice}; PyTorch passes the gradient to the first one. "
    "The maximum has no derivative there, so this is a choice, not a fault.",
}
TIED = (
    "Where several cells of a window are the largest, each of them gets the whole gradient of the window, because "
    "the mask x == max is 1 at all of them. The maximum has no derivative at such a point, so this is not a fault. "
    "But the sum of the gradients is larger than dy, which is not a subgradient; PyTorch passes the gradient to "
    "the first cell. Ties are common after a relu, whose zeros are equal. To share the gradient, use mask / "
    "mask.sum() as the mask; to pass it to one cell, use argmax."
)
NOT_FINITE = (
    "dx is not finite where {where}: {count} of {total} cells are NaN or infinite. The cause is probably a "
    "division by 0."
)


def note(code: Code, definition: Definition, problem: Problem) -> Diagnosis | None:
    """Report the choice of the backward on a problem with kinks.

    Returns None if the gradient agrees with PyTorch, and a note if the backward makes another choice. A gradient that
    is not finite gets the slug "unknown", which is a fault.
    """
    try:
        outcome = code.run(problem)
    except Refused:
        return None
    actual, expected = outcome.gradients.get("x"), definition.gradients(problem.dy, problem.arrays, problem.case)["x"]
    if actual is None or actual.shape != expected.shape or same(actual, expected):
        return None
    pooled = isinstance(definition, MaxPooling)
    if count := int((~np.isfinite(actual)).sum()):
        where = "several cells of a window are the largest" if pooled else "x is 0"
        text = NOT_FINITE.format(where=where, count=count, total=actual.size)
        return Diagnosis("unknown", "dx", text, "", problem.case.describe())
    if not isinstance(definition, MaxPooling):
        there = problem.arrays["x"] == 0
        text = _TEXT["relu"].format(count=int(there.sum()), total=there.size)
        return Diagnosis(SLUG, "dx", text, "") if same(np.where(there, expected, actual), expected) else None
    shares = _shares(definition, problem)
    if same(actual, shares["all"]):
        return Diagnosis(SLUG, "dx", TIED, "")
    choice = "the last one gets the gradient" if same(actual, shares["last"]) else "the gradient is shared unevenly"
    choice = "they share the gradient evenly" if same(actual, shares["even"]) else choice
    return Diagnosis(SLUG, "dx", _TEXT["pool"].format(choice=choice), "")


def _shares(definition: MaxPooling, problem: Problem) -> dict[str, Array]:
    """Return dx for three choices: all tied cells get the whole gradient, the last one does, or each gets an even
    share.
    """
    x = problem.arrays["x"]
    results = {name: np.zeros(x.shape) for name in ("all", "last", "even")}
    for gradient, cells in definition.gradients_with_windows(problem):
        largest = max(x[cell] for cell in cells)
        tied = [cell for cell in cells if x[cell] == largest]
        for cell in tied:
            results["all"][cell] += gradient
            results["even"][cell] += gradient / len(tied)
        results["last"][tied[-1]] += gradient
    return results
