"""What the report says of an explanation, and of an error that has none.

Who may import it: the parts of check/. Deliberately absent: the texts of the mistakes (mistakes/).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .diagnosis import Explanation
from .evidence import Evidence
from .findings import Diagnosis
from .mistakes import sums


def texts(explanation: Explanation, argument: str) -> Iterator[tuple[str, str, str]]:
    """Slug, explanation and mend of each mistake in it."""
    for mistake, variant in explanation.parts:
        yield (
            mistake.slug,
            mistake.explanation.replace("{variant}", variant),
            mistake.mend.replace("{variant}", variant),
        )
    forward = argument == "y"
    if explanation.negative:
        yield "sign-inverted", *((sums.SIGN_RESULT, sums.SIGN_RESULT_MEND) if forward else (sums.SIGN, sums.SIGN_MEND))
    if explanation.factor:
        text, mend = (sums.SCALED_RESULT, sums.SCALED_RESULT_MEND) if forward else (sums.SCALED, sums.SCALED_MEND)
        yield "scaled", text.replace("{variant}", explanation.factor), mend


def missing(argument: str) -> Diagnosis:
    return Diagnosis("unknown", f"d{argument}", f"The backward returns no d{argument}.", "")


def not_finite(broken: Sequence[Evidence], argument: str, total: int) -> str:
    """What is said of NaN and inf, which are no mistake's in particular."""
    name = argument if argument == "y" else f"d{argument}"
    cells = broken[0].not_finite(argument)
    count = "all of its cells" if cells.all() else f"{int(cells.sum())} of its {cells.size} cells"
    return (
        f"{name} is not finite: {count} are NaN or infinite, on {len(broken)} of {total} problems. All numbers that "
        "went in are small and none is 0. Look for a division by 0, a logarithm or a root of what is not positive, or "
        "an array that was not filled (np.empty). What else may be wrong shows when this is mended."
    )


def structure(evidence: Evidence, argument: str) -> str:
    """Where an error lies that no known mistake explains."""
    found, right = evidence.found[argument], evidence.right[argument]
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
    return f"No known mistake explains this. {int(wrong.sum())} of {right.size} cells are wrong{where}."
