"""Where an operation has no derivative: relu at 0, the largest cell of a window several times.

Every one-sided choice is as good as another there, so what the user's backward does is noted and not judged. So is the
whole gradient to all cells that tie, which is no subgradient but what a mask of the largest cells does. What is not
finite is no choice.

Who may import it: the parts of check/. Deliberately absent: everything where there is a derivative.
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
    "relu": "The derivative at 0 is another than PyTorch's, which is that of the negative side. There is none, so this "
    "is a choice and no fault: {count} of {total} cells of the problem that was tried had x = 0.",
    "pool": "Where several cells of a window are the largest, {choice}, while PyTorch gives the gradient to the first "
    "one. The maximum has no derivative there, so this is a choice and no fault.",
}
TIED = (
    "Where several cells of a window are the largest, each of them gets the whole gradient of the window: the mask "
    "x == max has several ones there. The maximum has no derivative at such a point, so this is no fault; but more "
    "arrives below than was sent, which is no subgradient. PyTorch sends it to the first one. After a relu, whose "
    "zeros tie, that is not rare. To share it write mask / mask.sum() for the mask, to send it to one use argmax."
)
NOT_FINITE = (
    "dx is not finite where {where}: NaN or infinite at {count} of {total} cells. A division by 0 is near at hand."
)


def note(code: Code, definition: Definition, problem: Problem) -> Diagnosis | None:
    """What the backward does on a problem with kinks: nothing, a note, or "unknown" where it is not finite."""
    try:
        outcome = code.run(problem)
    except Refused:
        return None
    found, right = outcome.gradients.get("x"), definition.gradients(problem.dy, problem.arrays, problem.case)["x"]
    if found is None or found.shape != right.shape or same(found, right):
        return None
    pooled = isinstance(definition, MaxPooling)
    if count := int((~np.isfinite(found)).sum()):
        where = "several cells of a window are the largest" if pooled else "x is 0"
        text = NOT_FINITE.format(where=where, count=count, total=found.size)
        return Diagnosis("unknown", "dx", text, "", problem.case.describe())
    if not isinstance(definition, MaxPooling):
        there = problem.arrays["x"] == 0
        text = _TEXT["relu"].format(count=int(there.sum()), total=there.size)
        return Diagnosis(SLUG, "dx", text, "") if same(np.where(there, right, found), right) else None
    shares = _shares(definition, problem)
    if same(found, shares["all"]):
        return Diagnosis(SLUG, "dx", TIED, "")
    choice = "the last one gets the gradient" if same(found, shares["last"]) else "others get a share"
    choice = "they share the gradient evenly" if same(found, shares["even"]) else choice
    return Diagnosis(SLUG, "dx", _TEXT["pool"].format(choice=choice), "")


def _shares(definition: MaxPooling, problem: Problem) -> dict[str, Array]:
    """What dx is if all cells that tie get the whole gradient, or the last one, or each an even share."""
    x = problem.arrays["x"]
    results = {name: np.zeros(x.shape) for name in ("all", "last", "even")}
    for sent, cells in definition.sent(problem):
        largest = max(x[cell] for cell in cells)
        tied = [cell for cell in cells if x[cell] == largest]
        for cell in tied:
            results["all"][cell] += sent
            results["even"][cell] += sent / len(tied)
        results["last"][tied[-1]] += sent
    return results
