"""`run`: runs code on many small problems, and keeps the results.

If code takes its arguments in another form, or only some sizes, it gets cases of this form and size. A setting that is
fixed in the forward is recognised and used.

Internal to check/. The results are judged in judging/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import GradientError
from ..adapter.code import Code, Refused, ReturnedNothing
from ..comparison import same
from ..operations import Definition
from .form_search import FormSearch
from .inferred_settings import infer_settings
from .problems import Problems
from .repeated_calls import call_again
from .restriction import Restriction
from .runs import Runs
from .trial import Refusal, Run, Trial

SAME_STRIDE = "The stride stayed at 1, because there are several conventions of padding 'same' for larger strides."
LAYOUT = "channels_last"
UNRELATED = ("NameError", "UnboundLocalError", "NotImplementedError", "ImportError", "ModuleNotFoundError")
RECOGNISED = "The forward uses {values} instead of {defaults}, so it is judged with {values}."


def run(code: Code, definition: Definition, convention: str = "correlation", seed: int = 0) -> Runs:
    """Run code on the problems of an operation, in the form and with the sizes that it takes.

    Raises GradientError if every case is refused.
    """
    problems = Problems(definition, convention, dict(code.settings), seed, code.form)
    runs = _try_cases(code, problems)
    if found := infer_settings(definition, runs.runs, {*problems.settings, *runs.code.open_settings}, runs.code.hints):
        again = _try_cases(code, problems.with_settings(found))
        remarks = (*runs.remarks, _recognised(definition, found), *again.remarks)
        runs = replace(again, remarks=tuple(dict.fromkeys(remarks)))
    runs = _without_other_axes(runs)
    if runs.code.may_ignore_dy and _ignores_dy(runs):
        return run(code.with_dy_ignored(), definition, convention, seed)
    return replace(runs, repeated=call_again(runs.code, runs.runs[0]))


def _try_cases(code: Code, problems: Problems) -> Runs:
    """Run the ordinary cases in the form that fits. Raises GradientError if every case is refused."""
    cases = problems.ordinary_cases(code)
    usual = problems.run_all(code, Restriction(), cases)
    trial = FormSearch(code, problems, cases).find(usual)
    if not trial.runs:
        raise GradientError(_refusal_text(code, trial))
    remarks = [SAME_STRIDE] if problems.keeps_stride(code) else []
    remarks += [*trial.code.form_remarks(), *trial.restriction.remarks(ignores_images=usual.ignores_images)]
    if (like := trial.code.like_gradients(trial.runs[0][1], trial.runs[0][0].arrays["x"].ndim)) is not None:
        other = problems.run_all(like[0], trial.restriction, cases)
        if other.right and other.gradients_fit:
            trial, remarks = other, [*remarks, like[1]]
    other_sizes = trial.code.form == usual.code.form and trial.restriction != usual.restriction
    before = [replace(refusal, elsewhere=True) for refusal in usual.refusals] if other_sizes else []
    return Runs(trial.code, problems, trial.runs, (*before, *trial.refusals), tuple(remarks), trial.restriction)


def _ignores_dy(runs: Runs) -> bool:
    """True if the gradients do not depend on dy."""
    problem, outcome = runs.runs[0]
    try:
        doubled = runs.code.gradients(replace(problem, dy=2 * problem.dy))
    except Refused:
        return False
    known = doubled.keys() == outcome.gradients.keys()
    return known and all(np.array_equal(doubled[name], outcome.gradients[name]) for name in doubled)


def _recognised(definition: Definition, found: Mapping[str, Any]) -> str:
    """The remark on settings that are written into the code."""
    values = " and ".join(f"{name} {value}" for name, value in found.items())
    defaults = " and ".join(str(definition.default(name)) for name in found)
    return RECOGNISED.format(values=values, defaults=defaults)


def _without_other_axes(runs: Runs) -> Runs:
    """If the code is right for inputs of one number of axes, drop the runs with other numbers of axes.

    A loss of (samples, outputs) can have the right value for images, but divide the gradient by other counts.
    """
    definition = runs.definition
    if not definition.separate_by_axes and not definition.loss:
        return runs
    by_axes: dict[int, list[Run]] = {}
    for pair in runs.runs:
        by_axes.setdefault(pair[0].arrays["x"].ndim, []).append(pair)
    right = [axes for axes, some in by_axes.items() if _fits_axes(definition, some)]
    others = [axes for axes in by_axes if right and axes not in right]
    if not others:
        return runs
    reason = Refused(f"the result is right for {right[0]} axes, but not here")
    refused = (Refusal(f"x of {axes} axes", reason, elsewhere=True) for axes in others)
    kept = tuple(pair for pair in runs.runs if pair[0].arrays["x"].ndim not in others)
    return replace(runs, runs=kept, refused=(*runs.refused, *refused))


def _fits_axes(definition: Definition, runs: Iterable[Run]) -> bool:
    """True if all results are right and, for a loss, the gradients too."""
    for problem, outcome in runs:
        if not same(outcome.y, definition.forward(problem.arrays, problem.case)):
            return False
        expected = definition.gradients(problem.dy, problem.arrays, problem.case) if definition.loss else {}
        if not all(name in outcome.gradients and same(outcome.gradients[name], expected[name]) for name in expected):
            return False
    return True


def _refusal_text(code: Code, trial: Trial) -> str:
    """The message if every case is refused, with the reason of the form in which the code got furthest."""
    reason = trial.furthest
    if isinstance(reason, ReturnedNothing):
        return f"check.layer: {reason}"
    by, given = (reason.by, reason.given) if reason is not None else ("", "")
    first = f"{given} ({reason})" if given else str(trial.refusals[0]) if trial.refusals else str(reason)
    return f"check.layer: {by or code.name} refused every case, the first one with {first}; {_advice(code, reason)}"


def _advice(code: Code, reason: Refused | None) -> str:
    """The last words of the message: what to do if every case is refused."""
    if str(reason).startswith(UNRELATED):
        return "fix this error first"
    names = ["settings", "kernel_size"] if code.definition.axes else ["settings"] if code.definition.settings else []
    if not names:
        return "pass the layout that the code is written for"
    return f"pass the {', the '.join(names)} and the layout that the code is written for, for example layout={LAYOUT!r}"
