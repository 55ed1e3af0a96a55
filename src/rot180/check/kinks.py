"""Where an operation has no derivative: relu at 0, the largest cell of a window several times.

Every one-sided choice is as good as another there, so what the user's backward does is noted and not judged, with one
exception: if all cells that tie get the whole gradient, more arrives below than was sent.

Who may import it: the parts of check/. Deliberately absent: everything where there is a derivative.
"""

from __future__ import annotations

import numpy as np

from .case import Array, Problem
from .definitions import Definition
from .definitions.pooling import MaxPooling
from .evidence import same
from .findings import Diagnosis
from .implementation import Code, Refused

SLUG = "at-a-kink"
_TEXT = {
    "relu": "The derivative at 0 is another than PyTorch's, which is that of the negative side. There is none, so this "
    "is a choice and no fault: {count} of {total} cells of the problem that was tried had x = 0.",
    "pool": "Where several cells of a window are the largest, {choice}, while PyTorch gives the gradient to the first "
    "one. The maximum has no derivative there, so this is a choice and no fault.",
}
TIED = (
    "Where several cells of a window are the largest, each of them gets the whole gradient of the window: the mask "
    "x == max has several ones. More arrives below than was sent. After a relu, whose zeros tie, that is not rare."
)
TIED_MEND = "use argmax, which takes the first one, or divide the mask by its sum: mask / mask.sum()"


def note(code: Code, definition: Definition, problem: Problem) -> Diagnosis | None:
    """What the backward does on a problem with kinks: nothing, a note, or the slug `mask-wrong`."""
    try:
        outcome = code.run(problem)
    except Refused:
        return None
    found, right = outcome.gradients.get("x"), definition.gradients(problem.dy, problem.arrays, problem.case)["x"]
    if found is None or found.shape != right.shape or same(found, right):
        return None
    if not isinstance(definition, MaxPooling):
        there = problem.arrays["x"] == 0
        text = _TEXT["relu"].format(count=int(there.sum()), total=there.size)
        return Diagnosis(SLUG, "dx", text, "") if same(np.where(there, right, found), right) else None
    shares = _shares(definition, problem)
    if same(found, shares["all"]):
        return Diagnosis("mask-wrong", "dx", TIED, TIED_MEND, problem.case.describe())
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
