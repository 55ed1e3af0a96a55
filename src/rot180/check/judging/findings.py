"""The findings of the judges: stages, faults and notes. Findings are added up and never changed.

Internal to check/. rendering/explain.py turns faults into diagnoses.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..diagnosis.evidence import Evidence, array_name
from ..diagnosis.search import Explanation
from ..report import Diagnosis, Stage


@dataclass(frozen=True)
class Fault:
    """A result or a gradient that is wrong.

    Attributes:
        argument: "y", or the argument of the gradient.
        wrong: the evidence on the wrong problems; the smallest one is shown.
        explanations: the mistakes that explain all problems; none if no known mistake does.
        where: a sentence that says on which problems the fault shows; it precedes the texts of the mistakes.
        text: the text to report instead of a mistake, for arrays that cannot be results (NaN, zeros everywhere).
    """

    argument: str
    wrong: tuple[Evidence, ...]
    explanations: tuple[Explanation, ...] = ()
    where: str = ""
    text: str = ""

    @property
    def name(self) -> str:
        """The name of the wrong array: "y", "dx", ..."""
        return array_name(self.argument)


@dataclass(frozen=True)
class Findings:
    """Findings, in the order in which they are reported.

    Attributes:
        stages: the comparisons.
        faults: the wrong arrays, and diagnoses that need no smaller case.
        notes: observations that are not faults.
        remarks: general remarks.
    """

    stages: tuple[Stage, ...] = ()
    faults: tuple[Fault | Diagnosis, ...] = ()
    notes: tuple[Diagnosis, ...] = ()
    remarks: tuple[str, ...] = ()

    def __add__(self, other: Findings) -> Findings:
        return Findings(
            (*self.stages, *other.stages), (*self.faults, *other.faults), (*self.notes, *other.notes),
            (*self.remarks, *other.remarks),
        )  # fmt: skip

    @property
    def wrong_arrays(self) -> set[str]:
        """The names of the wrong arrays."""
        return {fault.name if isinstance(fault, Fault) else fault.argument for fault in self.faults}


def count_problems(count: int, which: str = "") -> str:
    """Describe all problems: "all 8 problems"."""
    return f"all {count} problems" if count > 1 else f"the one problem {which}".rstrip()
