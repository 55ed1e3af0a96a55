"""The battery's table: the worst errors of every op and layer, printed at the end of `make test-all`.

The tests attach each error to their report, so that the process that prints also gets the errors of pytest-xdist's
workers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from .case import Case, Layer
from .recorded import not_recorded

PEER, FIRST, SECOND = "PyTorch", "order 1", "order 2"
COLUMNS = (PEER, FIRST, SECOND)
_PROPERTY = "battery"


def note(request: pytest.FixtureRequest, case: Case, column: str, error: float) -> None:
    """Attach an error of one row to the test's report.

    The error is relative to PyTorch's values or, for differences, a share of their error bound.
    """
    request.node.user_properties.append((_PROPERTY, (case.op, column, float(error))))


def errors(properties: Iterable[tuple[str, object]]) -> list[tuple[str, str, float]]:
    """The (op, column, error) among the user properties of a report."""
    return [tuple(value) for name, value in properties if name == _PROPERTY]  # type: ignore[arg-type, misc]


def lines(notes: list[tuple[str, str, float]], cases: list[Case]) -> Iterator[str]:
    """The table, one line per op and layer; a dash where nothing was compared."""
    worst: dict[tuple[str, str], float] = {}
    for op, column, error in notes:
        worst[op, column] = max(worst.get((op, column), 0.0), error)
    counts = Counter(case.op for case in cases)
    layers = {case.op for case in cases if isinstance(case.ours, Layer)}
    yield "Worst errors: relative to PyTorch's recorded values; for gradients, as a share of the differences' bound"
    yield f"{'op or layer':34}{'cases':>5}" + "".join(f"{column:>10}" for column in COLUMNS)
    ops = {op for op, _ in worst}
    for op in sorted(ops, key=lambda op: (op in layers, op)):
        row = [worst.get((op, column)) for column in COLUMNS]
        shown = ["-" if e is None else f"{e:.0e}" if i == 0 else f"{e:.2f}" for i, e in enumerate(row)]
        yield f"{op:34}{counts[op]:5}" + "".join(f"{text:>10}" for text in shown)
    yield f"{len(ops)} of {len(counts)} ops and layers, {sum(counts[op] for op in ops)} of {len(cases)} cases"
    yield from (f"not recorded yet, judged by differences: {name}" for name in not_recorded())
