"""All entries of the gallery of convolutions."""

from __future__ import annotations

from . import (
    right_loops,
    right_matrices,
    right_scipy,
    right_small,
    right_transposed,
    wrong_borders,
    wrong_kernel,
    wrong_slips,
    wrong_state,
    wrong_steps,
    wrong_sums,
)
from .entry import Entry

_FILES = (
    right_loops, right_matrices, right_scipy, right_small, right_transposed, wrong_borders, wrong_kernel, wrong_slips,
    wrong_state, wrong_steps, wrong_sums,
)  # fmt: skip
ENTRIES: list[Entry] = [entry for file in _FILES for entry in file.ENTRIES]
RIGHT = [entry for entry in ENTRIES if not entry.slugs]
WRONG = [entry for entry in ENTRIES if entry.slugs]
