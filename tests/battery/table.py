"""The battery's table: what a run found for every op and layer, printed at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .case import Case, Layer

PEER, FIRST, SECOND = "PyTorch", "order 1", "order 2"
COLUMNS = (PEER, FIRST, SECOND)

_worst: dict[tuple[str, str], float] = {}


def note(case: Case, column: str, error: float) -> None:
    """The error that one row showed: relative to PyTorch's values, or as a share of the bound of the differences."""
    key = (case.op, column)
    _worst[key] = max(_worst.get(key, 0.0), error)


def lines(cases: list[Case]) -> Iterator[str]:
    """The table, one line per op and layer; a dash where nothing was compared. Empty before the battery has run."""
    if not _worst:
        return
    counts = Counter(case.op for case in cases)
    layers = {case.op for case in cases if isinstance(case.ours, Layer)}
    yield "worst errors: relative to PyTorch's recorded values; of the gradients, as a share of the differences' bound"
    yield f"{'op or layer':34}{'cases':>5}" + "".join(f"{column:>10}" for column in COLUMNS)
    ran = {op for op, _ in _worst}
    for op in sorted(ran, key=lambda op: (op in layers, op)):
        found = [_worst.get((op, column)) for column in COLUMNS]
        shown = ["-" if e is None else f"{e:.0e}" if i == 0 else f"{e:.2f}" for i, e in enumerate(found)]
        yield f"{op:34}{counts[op]:5}" + "".join(f"{text:>10}" for text in shown)
    yield f"{len(ran)} of {len(counts)} ops and layers, {sum(counts[op] for op in ran)} of {len(cases)} cases"
