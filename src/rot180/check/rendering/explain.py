"""`explain`: the report on a forward and a backward, with the smallest case that shows each fault.

Internal to check/. The faults are found in judging/.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..diagnosis.evidence import Evidence
from ..diagnosis.mistakes import UNNAMED
from ..diagnosis.search import Explanation
from ..diagnosis.texts import reshaped, structure, texts
from ..judging.backward import BackwardVerdict
from ..judging.findings import Fault
from ..judging.forward import ForwardVerdict
from ..judging.shrink import shrink
from ..report import Diagnosis, LayerReport
from ..running.runs import Runs
from ..running.trial import once_per_reason
from . import example, formula, matrices

UNEXPLAINED = ("unknown", UNNAMED)


def explain(forward: ForwardVerdict, backward: BackwardVerdict) -> LayerReport:
    """Build the report from the verdicts on the forward and the backward."""
    runs, edges = forward.runs, backward.edges
    found = backward.state + forward.findings + backward.findings
    diagnoses = [
        diagnosis
        for fault, others in _with_equal_factors(found.faults)
        for diagnosis in _diagnoses(fault, runs, forward.variant, others)
    ]
    tried, refused = runs.descriptions(), runs.refused
    if edges is not None:
        tried, refused = (*tried, *edges.descriptions()), (*refused, *edges.refused)
    return LayerReport(
        runs.definition.name, runs.code.name, runs.problems.convention,
        stages=(*forward.findings.stages, *backward.findings.stages),
        diagnoses=tuple(d for d in diagnoses if d.slug not in UNEXPLAINED),
        unexplained=tuple(d for d in diagnoses if d.slug in UNEXPLAINED),
        notes=found.notes,
        remarks=(*runs.code.remarks, *runs.remarks, *found.remarks),
        tried=tried,
        refused=once_per_reason(refused),
        scope=runs.restriction.scope,
    )  # fmt: skip


def _with_equal_factors(faults: Sequence[Fault | Diagnosis]) -> list[tuple[Fault | Diagnosis, list[str]]]:
    """Return each fault, with the names of the other gradients that are wrong by the same factor."""
    factors: dict[tuple[Explanation, ...], list[str]] = {}
    firsts: list[tuple[Fault | Diagnosis, list[str]]] = []
    for fault in faults:
        if isinstance(fault, Diagnosis) or fault.argument == "y" or fault.where or not _is_factor(fault):
            firsts.append((fault, []))
        elif fault.explanations in factors:
            factors[fault.explanations].append(fault.name)
        else:
            firsts.append((fault, factors.setdefault(fault.explanations, [])))
    return firsts


def _is_factor(fault: Fault) -> bool:
    """True if the only mistake is a factor."""
    return bool(fault.explanations) and not any(explanation.parts for explanation in fault.explanations)


def _diagnoses(fault: Fault | Diagnosis, runs: Runs, variant: str | None, others: Sequence[str]) -> Iterator[Diagnosis]:
    """Yield a diagnosis for each mistake that explains a fault, or one diagnosis "unknown" if no known mistake does.

    Args:
        others: the names of the gradients that are wrong in the same way.
    """
    if isinstance(fault, Diagnosis):
        yield fault
        return
    smallest = _smallest(fault, runs, variant)
    shown = _case_fields(smallest, fault)
    if fault.text:
        yield Diagnosis("unknown", fault.name, fault.text, "", **shown)
        return
    before = f"{fault.where}. " if fault.where else ""
    if not fault.explanations:
        least = _least(fault)
        fix = f"{fault.name} = {fault.name}.reshape({fault.argument}.shape)" if _is_reshaped(fault) else ""
        yield Diagnosis("unknown", fault.name, before + structure(least, fault.argument), fix, **shown)
    for explanation in fault.explanations:
        for slug, text, fix in texts(explanation, fault.argument, loss=runs.definition.loss):
            after = f" The same holds for {' and '.join(others)}." if others else ""
            yield Diagnosis(slug, ", ".join([fault.name, *others]), before + text + after, fix, **shown)


def _is_reshaped(fault: Fault) -> bool:
    """True if the only fault of a gradient is its shape."""
    return not fault.explanations and not fault.text and all(reshaped(e, fault.argument) for e in fault.wrong)


def _least(fault: Fault) -> Evidence:
    """The problem to show: the first one if the shape is wrong, otherwise the one with the fewest cells."""
    return fault.wrong[0] if _is_reshaped(fault) else min(fault.wrong, key=lambda e: e.case.cells)


def _smallest(fault: Fault, runs: Runs, variant: str | None) -> Evidence:
    """The smallest case that shows the fault."""
    least = _least(fault)
    return least if _is_reshaped(fault) else shrink(runs, variant, least, fault.argument)


def _case_fields(evidence: Evidence, fault: Fault) -> dict[str, Any]:
    """The parts of a diagnosis that show one problem."""
    return {
        "case": evidence.case.describe(),
        "picture": matrices.side_by_side(evidence, fault.argument, fault.name),
        "formula": formula.first_wrong_cell_formula(evidence, fault.argument),
        "example": example.example_of(evidence, fault.argument),
    }
