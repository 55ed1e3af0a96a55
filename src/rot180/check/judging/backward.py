"""`judge_backward`: compares the gradients with those of the user's own forward.

If everything is right so far, more problems are tried: a large dy, unusual sizes, and points without a derivative.

Internal to check/.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..adapter.code import Refused
from ..diagnosis.evidence import Evidence, array_name
from ..diagnosis.search import Explanation, find_mistakes
from ..diagnosis.texts import missing
from ..report import Diagnosis, Stage
from ..running.runs import Runs
from . import edge_cases, kinks, reference_check, refusals
from .findings import Fault, Findings, count_problems
from .forward import ForwardVerdict
from .invalid_arrays import find_invalid
from .linearity import judge_linearity
from .precision import note_precision
from .reference import backward_evidences, dy_fits, is_right_by_definition
from .stale_arrays import find_stale_arrays
from .state import judge_state

RIGHT_BY_DEFINITION = "right for the forward of the definition, but your forward differs from the definition"
DY_IGNORED = (
    "The backward does not use dy, so it is checked with dy = 1, the gradient of a loss that is the last operation. If "
    "the loss is only one term of a sum, or is multiplied by a number, multiply the result by dy."
)


@dataclass(frozen=True)
class BackwardVerdict:
    """The verdict on the backward.

    Attributes:
        state: the faults of state (state.py).
        findings: all other findings.
        edges: the runs of the edge cases; None if they were not tried, because something else is wrong.
    """

    state: Findings
    findings: Findings
    edges: Runs | None


def judge_backward(runs: Runs, forward: ForwardVerdict) -> BackwardVerdict:
    """Judge the gradients on all problems."""
    runs = runs.with_results
    evidences = backward_evidences(runs, forward.variant)
    state = judge_state(forward.runs)
    earlier = state + forward.findings
    found = _judge_reference(runs, forward.variant, evidences)
    found += _judge_gradients(runs, forward, evidences, earlier + found)
    found += _remark_on_refusals(runs, earlier + found)
    edges = None
    if not (earlier + found).faults:
        found += judge_linearity(runs, evidences[0])
    if not (earlier + found).faults:
        edges = runs.edge_runs()
        found += edge_cases.judge_edges(runs, edges)
    if forward.variant == "" and not (earlier + found).faults:
        refused = (*runs.refused, *(edges.refused if edges else ()))
        found += refusals.judge_refusals(runs.definition, refused)
    if forward.variant == "" and not (earlier + found).faults:
        found += _note_kinks(runs)
    found += note_precision(runs, evidences) + _note_ignored_dy(runs)
    return BackwardVerdict(state, found, edges)


def _note_ignored_dy(runs: Runs) -> Findings:
    """Add a note if the backward of a loss does not use dy."""
    return Findings(notes=(Diagnosis("dy-ignored", "dx", DY_IGNORED, ""),) if runs.code.ignores_dy else ())


def _judge_gradients(
    runs: Runs, forward: ForwardVerdict, evidences: Sequence[Evidence], earlier: Findings
) -> Findings:  # fmt: skip
    """Judge the gradient of every argument."""
    found, fixed = Findings(), []
    backward_is_right = forward.variant not in ("", "forward-flipped") and all(
        is_right_by_definition(runs, argument) for argument in runs.code.returns
    )
    for argument in runs.code.returns:
        if argument in runs.repeated.random:
            continue
        present = [e for e in evidences if argument in e.actual]
        if argument in runs.repeated.added:
            present = [_one_call(runs, argument, evidences[0])]
        elif len(present) < len(evidences):
            found += Findings(faults=(missing(argument),))
            continue
        present = [
            e for e in present if e.compares(argument)
        ]  # the gradients of the other problems took too long to measure
        if not present:
            continue
        right = forward.variant != "" and is_right_by_definition(runs, argument)
        wrong = any(e.wrong(argument) for e in present)
        fixed += [array_name(argument)] if right and wrong else []
        if right and wrong and backward_is_right:
            found += Findings((Stage(array_name(argument), True, RIGHT_BY_DEFINITION),))
        else:
            found += _judge_gradient(present, argument, needs_name=right and wrong)
    judged = {array_name(argument) for argument in runs.code.returns}
    if fixed and judged & (earlier + found).wrong_arrays <= set(fixed):
        found += Findings(remarks=(_remark_on_the_forward(fixed, forward.variant),))
    return found


def _judge_gradient(present: Sequence[Evidence], argument: str, *, needs_name: bool) -> Findings:
    """Judge one gradient.

    Args:
        needs_name: True if the forward may be wrong instead. Then only a known mistake of the gradient is reported.
    """
    name = array_name(argument)
    kept, stale = find_stale_arrays(present, argument)
    found = Findings(faults=(stale,) if stale is not None else ())
    wrong = tuple(e for e in kept if e.wrong(argument))
    if not wrong:
        text = f"right on {count_problems(len(kept), 'that was judged')}"
        compared = any(e.compares(argument) for e in kept)
        return found + Findings((Stage(name, True, text),) if compared else ())
    found += Findings((Stage(name, False, f"wrong on {len(wrong)} of {len(kept)} problems"),))
    if (invalid := find_invalid(kept, argument)) is not None:
        return found + Findings(faults=(invalid,))
    explanations = tuple(find_mistakes(kept, argument) or _explain_fewest_axes(kept, argument))
    if needs_name and not explanations:
        return found
    return found + Findings(faults=(Fault(argument, wrong, explanations),))


def _explain_fewest_axes(evidences: Sequence[Evidence], argument: str) -> Sequence[Explanation]:
    """Search mistakes on the problems with the fewest axes only, because the code may be written for these."""
    axes = {e.problem.arrays["x"].ndim for e in evidences}
    few = [e for e in evidences if e.problem.arrays["x"].ndim == min(axes)]
    return find_mistakes(few, argument) if len(axes) > 1 and any(e.wrong(argument) for e in few) else []


def _one_call(runs: Runs, argument: str, first: Evidence) -> Evidence:
    """The evidence on a gradient that accumulates: the amount that one call adds to it."""
    return replace(first, actual={**first.actual, argument: runs.repeated.added[argument]})


def _remark_on_the_forward(fixed: Sequence[str], variant: str | None) -> str:
    names = " and ".join(sorted(fixed))
    flipped = variant == "forward-flipped"
    how = "Without the rotation in the forward" if flipped else "Once the forward is fixed"
    return (
        f"One change fixes everything: {names} {'is' if len(fixed) == 1 else 'are'} right for the forward of the "
        f"definition. {how}, forward and backward match."
    )


def _judge_reference(runs: Runs, variant: str | None, evidences: Sequence[Evidence]) -> Findings:
    """Compare the computed gradients with differences of the forward, on the smallest problem of integers."""
    pairs = zip(evidences, runs.runs, strict=True)
    usable = [(e, o) for e, (p, o) in pairs if p.unit == 1 and dy_fits(runs.code, p, o)]
    if not usable or not runs.code.has_forward:
        return Findings()
    measured = [(e, o) for e, o in usable if any(map(e.compares, e.expected))]
    smallest, outcome = min(measured or usable, key=lambda pair: (pair[0].unknown[0], pair[0].case.cells))
    try:
        stage, kinked = reference_check.stage(runs.code, smallest, outcome)
    except Refused:
        return Findings()  # the answers to test vectors: there is no code to call
    notes = (Diagnosis(kinks.SLUG, "y", kinked, ""),) if kinked and variant is None else ()
    return Findings((stage,), notes=notes)


def _remark_on_refusals(runs: Runs, earlier: Findings) -> Findings:
    """Add a remark if only a few problems ran, because the diagnosis is then less certain."""
    ran, refused = len({p.case.describe() for p, _ in runs.runs}), len(runs.refused)
    if 2 * ran >= refused or not earlier.faults:
        return Findings()
    text = (
        f"{runs.code.name} refused {refused} problems and accepted only {ran}, so this diagnosis rests on few "
        "problems. The refusals may have the same cause."
    )
    return Findings(remarks=(text,))


def _note_kinks(runs: Runs) -> Findings:
    """Try points without a derivative, on the first cases that have such points."""
    for problem, _ in runs.runs[:4]:
        at_kinks = runs.definition.at_kinks(problem.case, runs.problems.seed)
        note = kinks.note(runs.code, runs.definition, at_kinks) if at_kinks else None
        if note is not None:
            return Findings(notes=(note,)) if note.slug == kinks.SLUG else Findings(faults=(note,))
    return Findings()
