"""What the report says of an explanation, and of an error that has none.

Who may import it: the parts of check/. Deliberately absent: the texts of the mistakes (mistakes/).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..comparison import same
from ..report import Diagnosis
from .evidence import Evidence
from .mistakes import sums
from .search import Explanation

SIGN = (
    "The sign is inverted. A layer hands on dy times what the forward multiplied with, and has no minus of its own. "
    "The one of the update, w -= rate * dw, stands there and not in the gradient."
)
SIGN_FIX = "turn the sign: dx = -dx, best where the minus comes in"


def texts(explanation: Explanation, argument: str, *, loss: bool) -> Iterator[tuple[str, str, str]]:
    """Slug, explanation and fix of each mistake in it."""
    for mistake, variant in explanation.parts:
        yield (
            mistake.slug,
            mistake.explanation.replace("{variant}", variant),
            mistake.fix.replace("{variant}", variant),
        )
    forward = argument == "y"
    if explanation.negative:
        backward = (sums.SIGN, sums.SIGN_FIX) if loss else (SIGN, SIGN_FIX)
        yield "sign-inverted", *((sums.SIGN_RESULT, sums.SIGN_RESULT_FIX) if forward else backward)
    if explanation.factor:
        text, fix = (sums.SCALED_RESULT, sums.SCALED_RESULT_FIX) if forward else (sums.SCALED, sums.SCALED_FIX)
        yield "scaled", text.replace("{variant}", explanation.factor), fix


def missing(argument: str) -> Diagnosis:
    return Diagnosis("unknown", f"d{argument}", f"The backward returns no d{argument}.", "")


def reshaped(evidence: Evidence, argument: str) -> bool:
    """Whether a gradient has another shape than it should and the right numbers, in order."""
    found, right = evidence.found[argument], evidence.right[argument]
    other = argument != "y" and found.shape != right.shape and found.size == right.size
    return other and same(found.reshape(right.shape), right)


def structure(evidence: Evidence, argument: str) -> str:
    """Where an error lies that no known mistake explains."""
    found, right = evidence.found[argument], evidence.right[argument]
    if reshaped(evidence, argument):
        return (
            f"d{argument} has the shape {found.shape}, and {right.shape} is needed, that of {argument}. The numbers "
            f"are right. With this shape {argument} - rate * d{argument} is not what was meant, or raises."
        )
    if found.shape != right.shape:
        return f"No known mistake explains this. The shape is {found.shape} and should be {right.shape}."
    wrong = evidence.differing(argument)
    names = ("sample", "channel", "row", "column") if right.ndim == 4 else tuple(f"axis {a}" for a in range(right.ndim))
    parts = []
    for axis in range(right.ndim):
        hit = [int(i) for i in np.flatnonzero(wrong.any(tuple(a for a in range(right.ndim) if a != axis)))]
        if len(hit) < right.shape[axis]:
            parts.append(f"{names[axis]} {', '.join(map(str, hit))} of {right.shape[axis]}")
    where = f"; only in {'; '.join(parts)}" if parts else ", all over"
    count = f"{int(wrong.sum())} of {right.size} cells are wrong{where}" if right.size > 1 else "The one cell is wrong"
    return f"No known mistake explains this. {count}. That is with {evidence.case.describe()}."
