"""Notes on results that are right, but only to float32 accuracy.

Internal to check/.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..comparison import is_low
from ..diagnosis.evidence import Evidence, array_name
from ..report import Diagnosis
from ..running.runs import Runs
from .findings import Findings
from .reference import forward_evidence

SLUG = "low-precision"
TEXT = (
    "The result agrees with the correct one only to float32 accuracy: somewhere it is computed or stored in "
    "float32, although the inputs are float64. This is not a fault."
)


def note_precision(runs: Runs, evidences: Sequence[Evidence]) -> Findings:
    """Add a note for each array that is right only with float32 accuracy.

    Args:
        evidences: the evidence on the gradients of all runs.
    """
    notes = []
    for name in ("y", *runs.code.returns):
        judged = [forward_evidence(runs.definition, run) for run in runs.runs] if name == "y" else evidences
        exact = [e for e in judged if name in e.actual and not e.error_bound]
        if any(is_low(e.actual[name], e.expected[name], e.within(name)) for e in exact):
            notes.append(Diagnosis(SLUG, array_name(name), TEXT, ""))
    return Findings(notes=tuple(notes))
