"""Faults of state: arguments that are changed in place, and gradients that differ when the code is called again.

Internal to check/. running/repeated_calls.py makes the calls.
"""

from __future__ import annotations

from ..diagnosis.evidence import array_name
from ..diagnosis.mistakes import state
from ..report import Diagnosis
from ..running.runs import Runs
from .findings import Findings

RANDOM = (
    "{name} changes at random: every call with the same arrays gives another gradient. Possible causes are random "
    "numbers (dropout, noise) and an array that is not filled (np.empty). A gradient that does not repeat cannot "
    "be judged. Draw random numbers in the forward, keep them for the backward, and fix the seed for the check."
)


def judge_state(runs: Runs) -> Findings:
    """Report changed arguments, gradients that grow from call to call, and gradients that change at random."""
    faults = []
    for name in sorted({name for _, outcome in runs.runs for name in outcome.changed}):
        text = state.INPUT_MUTATED.format(variant=name[0].upper() + name[1:])
        faults.append(Diagnosis("input-mutated", name, text, state.INPUT_MUTATED_FIX))
    for name in map(array_name, runs.repeated.added):
        text = state.ACCUMULATED.format(variant=name)
        faults.append(Diagnosis("gradients-accumulated", name, text, state.ACCUMULATED_FIX))
    for name in map(array_name, runs.repeated.random):
        faults.append(Diagnosis("unknown", name, RANDOM.format(name=name), ""))
    return Findings(faults=tuple(faults))
