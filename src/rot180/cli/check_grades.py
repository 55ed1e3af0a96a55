"""Grade several files: one line for each, a summary, and a table as CSV or JSON."""

from __future__ import annotations

import argparse
import csv
import io
import os
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import check_report
from .arguments import UsageError
from .exit_status import ExitStatus
from .option_names import in_options, report_in_options
from .output import STDOUT, one_line, say

if TYPE_CHECKING:
    from ..check.process.grading import Grade, Submission
    from ..check.process.program import Limits

Target = tuple[str, tuple[str, ...] | None]
COLUMNS = ("file", "verdict", "mistakes", "seconds", "comment")
VERDICTS = {True: "right", False: "WRONG", None: "not checked"}
FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
)  # a spreadsheet may read a cell that starts with one of these as a formula
MAX_SEED = 1_000_000
MAX_SHOWN = 160  # the maximum length of a comment on the terminal


def run(args: argparse.Namespace, options: Mapping[str, Any], targets: Sequence[Target]) -> ExitStatus:
    """Grade the files, print a line for each file as soon as its result is known, and write the tables."""
    from ..check.process.grading import grade_all

    if args.html:
        raise UsageError("--html shows one file; use --csv or --json for several")
    quiet = STDOUT in (args.json, args.csv)
    submissions = find_submissions(targets)
    jobs = args.jobs or os.cpu_count() or 1
    options = {"seed": secrets.randbelow(MAX_SEED), **options}
    grades = []
    for grade in grade_all(submissions, options, limits_of(args, grading=True), jobs):
        grades.append(grade)
        if not quiet:
            say(line_of(grade))
    if not quiet:
        say(f"\n{summary_of(grades)}\nseed: {options['seed']}")
    texts = {}
    if args.csv:
        texts[args.csv] = as_csv(grades)
    if args.json:
        texts[args.json] = check_report.as_json(as_dict(grades, options["seed"]))
    if STDOUT in texts:
        print(texts[STDOUT], end="")
    if errors := check_report.write(texts):
        raise errors[0]
    return status_of(grades)


def find_submissions(targets: Sequence[Target]) -> list[Submission]:
    """The files of the targets, without duplicates. Raises UsageError for a folder without Python files."""
    from ..check.process.grading import Submission, files_of

    found = []
    for name, functions in targets:
        path = Path(name)
        files = files_of(path) if path.is_dir() else [path]
        if not files:
            raise UsageError(f"check: there is no Python file in the folder {name}")
        found += [Submission(file, functions) for file in files]
    return list(dict.fromkeys(found))


def limits_of(args: argparse.Namespace, *, grading: bool) -> Limits:
    """The time limit and the forbidden imports for the code of one file."""
    from ..check.process import forbidden
    from ..check.process.program import Limits

    names = args.forbid or (forbidden.PACKAGES if grading else ())
    if [name.lower() for name in names] == ["none"]:
        names = ()
    wrong = [name for name in names if not name.isidentifier()]
    if wrong:
        raise UsageError(
            f"--forbid: {', '.join(map(repr, wrong))} is not the name of a package; e.g. --forbid torch,jax"
        )
    return Limits(args.timeout, tuple(names), tuple(forbidden.hidden_paths(names)))


def line_of(grade: Grade) -> str:
    """The result of one file as a line for the terminal."""
    verdict = VERDICTS[grade.ok]
    what = "; ".join(grade.mistakes) if grade.ok is False else in_options(grade.sentence)
    what = what if len(what) <= MAX_SHOWN else f"{what[: MAX_SHOWN - 3]}..."
    line = f"{verdict:11}  {grade.seconds:5.1f} s  {one_line(str(grade.submission.path))}"
    line = f"{line}: {what}" if what else line
    return check_report.coloured(line) if check_report.has_colours() else line


def summary_of(grades: Sequence[Grade]) -> str:
    """The numbers of files that are right, wrong and not checked, and the number of files with each mistake."""
    counts = Counter(grade.ok for grade in grades)
    text = f"{len(grades)} file{'' if len(grades) == 1 else 's'}: {counts[True]} right, {counts[False]} wrong, "
    text += f"{counts[None]} not checked"
    slugs = Counter(slug for grade in grades for slug in {m.partition(": ")[2] for m in grade.mistakes})
    if slugs:
        text += "\nmistakes: " + ", ".join(f"{slug} {count}" for slug, count in slugs.most_common())
    return text


def status_of(grades: Sequence[Grade]) -> ExitStatus:
    """The exit status. A file that could not be checked takes precedence over a wrong one, because a person must
    look at it.
    """
    verdicts = {grade.ok for grade in grades}
    if None in verdicts:
        return ExitStatus.USAGE
    return ExitStatus.FAULT if False in verdicts else ExitStatus.DONE


def as_csv(grades: Sequence[Grade]) -> str:
    """The table, with a row for each file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for grade in grades:
        cells = (
            str(grade.submission.path), VERDICTS[grade.ok].lower(), "; ".join(grade.mistakes), f"{grade.seconds:.2f}",
            in_options(grade.sentence),
        )  # fmt: skip
        writer.writerow([cell_of(cell) for cell in cells])
    return text.getvalue()


def cell_of(text: str) -> str:
    """Put a text on one line for a CSV cell, with an apostrophe before it if a spreadsheet would see a formula."""
    shown = one_line(text)
    return f"'{shown}" if text.startswith(FORMULA) or shown.startswith(FORMULA) else shown


def as_dict(grades: Sequence[Grade], seed: int) -> dict[str, Any]:
    """The grades as JSON. `ok` is null if any file could not be checked, otherwise false if any file is wrong."""
    verdicts = {grade.ok for grade in grades}
    return {
        "ok": None if None in verdicts else False not in verdicts,
        "seed": seed,
        "files": [
            {
                "file": str(grade.submission.path),
                "ok": grade.ok,
                "mistakes": list(grade.mistakes),
                "seconds": round(grade.seconds, 3),
                "error": in_options(one_line(grade.error)) or None,
                "report": None if grade.report is None else report_in_options(grade.report).as_dict(),
            }
            for grade in grades
        ],
    }
