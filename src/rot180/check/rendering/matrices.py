"""Write arrays as small matrices of text, side by side, with the wrong cells marked.

Internal to check/. cli/ adds colours.
"""

from __future__ import annotations

import numpy as np

from ..diagnosis.evidence import Evidence
from ..operations.case import Array

MAX_SHOWN = 12  # the maximum number of rows and columns
DIGITS = (6, 8, 10, 12, 17)  # significant digits of the numbers shown
NOISE = 1e-13  # smaller values, relative to the largest cell, are shown as 0


def side_by_side(evidence: Evidence, argument: str, name: str) -> str:
    """Write the plane with the most wrong cells, as returned and as it should be; wrong cells are in brackets."""
    actual, expected = evidence.actual[argument], evidence.expected[argument]
    if actual.shape != expected.shape:
        return f"{name} has shape {actual.shape}, but must have {expected.shape}"
    wrong = evidence.differing(argument)
    index = plane(evidence, argument)
    planes = [a[index] if a.ndim > 1 else a.reshape(1, -1) for a in (actual, expected, wrong)]
    where = f"[{', '.join(map(str, index))}]" if index else ""
    noise = NOISE * float(np.abs(expected).max(initial=1.0, where=np.isfinite(expected)))
    left, middle, marks = (plane[:MAX_SHOWN, :MAX_SHOWN] for plane in planes)
    quiet = [np.where(np.abs(a) <= noise, 0.0, a) for a in (left, middle)]
    digits = digits_that_differ(quiet[0][marks], quiet[1][marks])
    return _columns([(f"{name}{where}", quiet[0], marks), ("should be", quiet[1], np.zeros_like(marks))], digits)


def digits_that_differ(actual: Array, expected: Array) -> int:
    """The number of significant digits, at least 6, with which every wrong value differs from the correct one."""
    pairs = list(zip(np.ravel(actual).tolist(), np.ravel(expected).tolist(), strict=True))
    enough = (n for n in DIGITS if all(f"{a:.{n}g}" != f"{b:.{n}g}" for a, b in pairs))
    return next(enough, DIGITS[-1])


def plane(evidence: Evidence, argument: str) -> tuple[int, ...]:
    """The index of the plane with the most wrong cells; () for a matrix or a vector."""
    wrong = evidence.differing(argument)
    if wrong.ndim < 3:
        return ()
    counts = wrong.reshape(-1, *wrong.shape[-2:]).sum((1, 2))
    return tuple(int(i) for i in np.unravel_index(int(counts.argmax()), wrong.shape[:-2]))


def _columns(parts: list[tuple[str, Array, Array]], digits: int) -> str:
    """Put matrices side by side, each below its title."""
    blocks = []
    for title, matrix, marks in parts:
        texts = [
            [_cell(v, bool(m), digits) for v, m in zip(row, mark, strict=True)]
            for row, mark in zip(matrix, marks, strict=True)
        ]
        width = max((len(t) for row in texts for t in row), default=0)
        lines = ["".join(t.rjust(width + 1) for t in row) for row in texts]
        blocks.append([title, *lines])
    widths = [max(map(len, block)) for block in blocks]
    height = max(map(len, blocks))
    rows = []
    for i in range(height):
        cells = [(block[i] if i < len(block) else "").ljust(w) for block, w in zip(blocks, widths, strict=True)]
        rows.append("    ".join(cells).rstrip())
    return "\n".join(rows)


def _cell(value: float, marked: bool, digits: int) -> str:
    text = f"{float(value) + 0.0:.{digits}g}"  # adding 0.0 turns -0 into 0
    return f"[{text}]" if marked else f"{text} "
