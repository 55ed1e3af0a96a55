"""The answers in a folder of vectors, and the missing answers and changed files.

Internal to check/. reader.py reads the files, and verification.py checks the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import GradientError
from ..adapter.code import Outcome
from ..report import Diagnosis, LayerReport, Stage
from ..running.trial import Run
from . import reader
from .cases import VectorCase, VectorSet

MAX_LISTED = 4  # the maximum number of names in a message; `LayerReport.refused` lists all cases without an answer


@dataclass(frozen=True)
class Submission:
    """The answers in a folder.

    Attributes:
        runs: the answered cases, with their answers.
        missing: the names of the cases without an answer, each with the reason.
        changed: by case, the files whose content differs from the exported content.
    """

    runs: tuple[Run, ...]
    missing: tuple[str, ...]
    changed: Mapping[str, Sequence[str]]


def read_submission(root: Path, vectors: VectorSet, requested: Sequence[str]) -> Submission:
    """Read the answers. Raises GradientError if no case has an answer."""
    runs, missing, changed = [], [], {}
    for name, problem in vectors.problems().items():
        answer = reader.read_answer(root / name, vectors.definition)
        if files := reader.changed_files(root / name, vectors.definition, problem):
            changed[name] = files
        if "y" in answer:
            gradients = {argument: answer[f"d{argument}"] for argument in requested if f"d{argument}" in answer}
            runs.append((problem, Outcome(answer["y"], gradients, problem.dy)))
        else:
            missing.append(f"{name} ({'no y in the answer' if answer else 'no answer'})")
    if not runs:
        raise GradientError(
            f"vectors.verify: no case in {root} has an answer with a y; the program must write answer/y.npy, dx.npy, "
            "dw.npy and db.npy, or answer.json, into the folder of each case (docs/vectors.md)"
        )
    return Submission(tuple(runs), tuple(missing), changed)


def lacking(submission: Submission, argument: str) -> list[str]:
    """The folders of the answered cases that lack the gradient of an argument."""
    cases = [problem.case for problem, outcome in submission.runs if argument not in outcome.gradients]
    return [case.folder for case in cases if isinstance(case, VectorCase)]


def with_missing_gradients(report: LayerReport, lacking: Mapping[str, Sequence[str]], answers: int) -> LayerReport:
    """Report missing gradients as faults, because a program without a backward must not count as right.

    Args:
        lacking: by argument, the cases without its gradient.
        answers: the number of answers.
    """
    judged = ",".join(["y", *[f"d{argument}" for argument, cases in lacking.items() if not cases]])
    stages, findings = [], []
    for argument, cases in lacking.items():
        if not cases:
            continue
        name, count = f"d{argument}", answers - len(cases)
        text = f"Only {count} of {answers} answers contain {name}" if count else f"No answer contains {name}"
        where = f" It is missing in {_listed(cases)}." if count else ""
        stages.append(Stage(name, False, "missing"))
        fix = f"write {name} for every case; if the program does not compute it: rot180 vectors verify --only {judged}"
        findings.append(Diagnosis("missing", name, f"{text}, so it is not checked.{where}", fix))
    return replace(report, stages=(*report.stages, *stages), unexplained=(*report.unexplained, *findings))


def with_missing_answers(report: LayerReport, submission: Submission) -> LayerReport:
    """Add the cases without an answer to the report, because a program that answers only easy cases must not count as
    right.
    """
    if not submission.missing:
        return report
    count, total = len(submission.missing), len(submission.missing) + len(submission.runs)
    text = f"{count} of {total} cases {'has' if count == 1 else 'have'} no answer"
    fix = (
        "write an answer with y for every case; if the program does not support some settings: rot180 vectors verify "
        "--allow-missing"
    )
    finding = Diagnosis("missing", "y", f"{text}: {_listed(submission.missing)}.", fix)
    stage = Stage("answers", False, text)
    return replace(report, stages=(stage, *report.stages), unexplained=(*report.unexplained, finding))


def remarks_on(submission: Submission, *, allow_missing: bool) -> list[str]:
    """The remarks on cases without an answer, if `allow_missing`, and on cases whose files were changed."""
    remarks = []
    count = len(submission.missing)
    if count and allow_missing:
        verbs = ("has", "is not") if count == 1 else ("have", "are not")
        total = count + len(submission.runs)
        remarks.append(f"{count} of {total} cases {verbs[0]} no answer and {verbs[1]} checked.")
    if submission.changed:
        remarks.append(_remark_on_changes(submission))
    return remarks


def _remark_on_changes(submission: Submission) -> str:
    count = len(submission.changed)
    files = [f"{case} ({', '.join(names)})" for case, names in submission.changed.items()]
    return (
        f"The files of {count} case{'' if count == 1 else 's'} differ from the files that this version of rot180 "
        f"exports: {_listed(files)}. The answers are checked against the original cases, so a program that read the "
        "changed files may appear wrong."
    )


def _listed(names: Sequence[str]) -> str:
    """The first few names, and the number of the remaining ones."""
    more = [f"{len(names) - MAX_LISTED} more"] if len(names) > MAX_LISTED else []
    return " and ".join(filter(None, [", ".join(names[:MAX_LISTED]), *more]))
