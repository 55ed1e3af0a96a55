"""The search for the form of the arguments that code expects, and for the sizes that it supports.

Forms and restrictions of the sizes are combined and tried, simple ones first. A combination is used if the results are
right with it. If there is none, the check uses the simplest combination that the code accepts, and judges its results.
The sizes of different axes differ, so that no form makes wrong results right.

Internal to check/. run.py chooses the cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product

from ..adapter.code import Code, Refused
from ..adapter.form_choices import MOST, cost_of
from ..adapter.forms import Form
from ..comparison import same
from ..operations import Definition
from ..operations.case import Case
from .problems import Problems
from .restriction import Restriction, restrictions
from .trial import Trial

MOST_FORWARDS = 200  # combinations that the code accepts with a wrong result; each costs the time of a forward
MOST_TRIALS = 12  # limit for combinations that are tried on all cases
MOST_REFUSALS = 2000  # limit for combinations that are refused: each costs a call
ALIKE = 2  # if all combinations up to this cost raise the same error, the search ends
Combination = tuple[Form, Restriction]


@dataclass(frozen=True)
class FormSearch:
    """A search for the combination of a form and a restriction that fits the code.

    Attributes:
        code: the code in its usual form.
        cases: the cases on which a combination is judged.
    """

    code: Code
    problems: Problems
    cases: Sequence[Case]

    @property
    def definition(self) -> Definition:
        """The operation that the code should compute."""
        return self.problems.definition

    def find(self, usual: Trial) -> Trial:
        """Return the best trial: a right one if there is one, otherwise the first that the code accepts.

        `usual` is the trial of the usual form. If all are refused, the result has the refusal in which the code got
        furthest.
        """
        if usual.right:
            return usual
        found, furthest = usual, usual.furthest
        for trial in self._trials(usual):
            furthest = _further(furthest, trial.furthest)
            if trial.right:
                return trial
            if not found.runs and self._is_plausible(trial):
                found = trial
        return found if found.runs else usual.with_furthest(furthest)

    def _is_plausible(self, trial: Trial) -> bool:
        """True if the code may be written for this form: one result is right, or all results have the right shapes.

        If sizes happen to fit, code can accept arrays whose axes are in another order than it expects. Then its
        results have other shapes and cannot be judged.
        """
        usual, form = self.code.form, trial.code.form
        same_axes = (form.layout, form.weight, form.absent) == (usual.layout, usual.weight, usual.absent)
        return bool(trial.runs) and (same_axes or trial.has_right_shapes or trial.right_somewhere)

    def _combinations(self, usual: Trial) -> list[Combination]:
        """Return the combinations to try after the usual one, by their cost.

        If the usual form is accepted, only combinations that its results suggest are tried.
        """
        first = self.code.form
        every = [
            (form, restriction)
            for form, restriction in product(self.code.forms(), restrictions())
            if not ("N" in form.absent and restriction.one_image)
        ]
        costs = {pair: cost_of(pair[0], first) + pair[1].cost for pair in every}
        every = sorted((pair for pair in every if 0 < costs[pair] <= MOST), key=lambda pair: costs[pair])
        if not usual.runs or (usual.refusals and usual.has_other_shapes):
            return every
        if usual.ignores_images:
            return [(form, restriction) for form, restriction in every if restriction.one_image and form == first]
        if not self.definition.axes:
            return [(form, restriction) for form, restriction in every if form.weight and restriction.cost == 0]
        return []

    def _trials(self, usual: Trial) -> Iterator[Trial]:
        """Try the combinations whose forward is right on a few cases, then the ones that the code accepts.

        Ends early if all simple combinations raise the same error, because the form does not cause it.
        """
        accepted: list[Combination] = []
        refusals: list[Refused] = []
        tried = 0
        for form, restriction in self._combinations(usual):
            if not accepted and not tried and self._is_hopeless(refusals, form, restriction):
                break
            code = self.code.in_form(form)
            answer = self._probe(code, restriction)
            if isinstance(answer, Refused):
                refusals.append(answer)
            elif answer:
                yield self.problems.run_all(code, restriction, self.cases)
                tried += 1
            elif answer is False:
                accepted.append((form, restriction))
            if len(accepted) >= MOST_FORWARDS or tried >= MOST_TRIALS:
                break
        if not usual.runs:
            for form, restriction in accepted[:MOST_TRIALS]:
                yield self.problems.run_all(self.code.in_form(form), restriction, self.cases)
        yield Trial(self.code, Restriction(), (), (), reduce(_further, refusals, None))

    def _is_hopeless(self, refusals: Sequence[Refused], form: Form, restriction: Restriction) -> bool:
        """True if no more combinations need to be tried after these refusals."""
        simple = cost_of(form, self.code.form) + restriction.cost <= ALIKE
        return len(refusals) >= MOST_REFUSALS or (not simple and len({str(refusal) for refusal in refusals}) == 1)

    def _probe(self, code: Code, restriction: Restriction) -> Refused | bool | None:
        """Run the forward alone: True if the result is right, False if it is wrong, None if there is no such case."""
        refusal: Refused | None = None
        for problem in self.problems.probes(code, restriction, self.cases):
            try:
                y = code.value(problem, problem.arrays)
            except Refused as reason:
                refusal = _further(refusal, reason)
                continue
            return same(y, self.definition.forward(problem.arrays, problem.case))
        return refusal


def _further(first: Refused | None, second: Refused | None) -> Refused | None:
    """Return the refusal that occurred later in a run of the code; the first one if both occurred at the same step."""
    if first is None or second is None:
        return first or second
    return second if second.progress > first.progress else first
