"""Grade several files in parallel. The files do not influence each other."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..adapter.descriptions import one_line
from ..report import LayerReport
from .program import Limits

SLACK = 30.0  # seconds that a grader gets beyond the time limit of the code
START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from rot180.check.process.grader import main; main()"
SKIPPED = ("__init__.py", "__main__.py", "setup.py", "conftest.py")


@dataclass(frozen=True)
class Submission:
    """A file to check.

    Attributes:
        path: the path of the file.
        names: the names of its functions; None to choose the functions that match the operation.
    """

    path: Path
    names: tuple[str, ...] | None


@dataclass(frozen=True)
class Grade:
    """The result for one file.

    Attributes:
        submission: the file.
        report: the report; None if the file could not be checked.
        error: the reason why the file could not be checked, or "".
        seconds: the duration of the check.
    """

    submission: Submission
    report: LayerReport | None
    error: str
    seconds: float

    @property
    def ok(self) -> bool | None:
        """True if the code is right, False if it is wrong, None if it could not be checked."""
        return None if self.report is None else self.report.ok

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The mistakes, each with the wrong array: `dw: dw-rotated`."""
        if self.report is None:
            return ()
        findings = (*self.report.diagnoses, *self.report.unexplained)
        return tuple(dict.fromkeys(f"{one_line(found.argument)}: {found.slug}" for found in findings))

    @property
    def sentence(self) -> str:
        """The comment on the file: the first sentence of the explanation, or the reason why the file could not be
        checked.

        If the code is right, the comment is a remark that something was not checked, or the first case that the code
        refused, or "".
        """
        if self.report is None:
            # The line already starts with the path.
            return one_line(self.error).removeprefix(f"{one_line(self.submission.path)} ")
        findings = (*self.report.diagnoses, *self.report.unexplained)
        if findings:
            return first_sentence(findings[0].explanation)
        limits = [remark for remark in self.report.remarks if "not checked" in remark]
        limits += [f"Not checked, because the code refused it: {case}" for case in self.report.refused]
        return one_line(limits[0]) if limits else ""


def first_sentence(text: str) -> str:
    """The text up to the first full stop that is followed by a space."""
    end = text.find(". ")
    return one_line(text if end < 0 else text[: end + 1])


def files_of(path: Path) -> list[Path]:
    """The Python files of a folder and its subfolders, in order, without hidden files."""
    found = []
    for file in sorted(path.rglob("*.py")):
        parts = file.relative_to(path).parts
        if file.name not in SKIPPED and not any(part.startswith((".", "__pycache__")) for part in parts):
            found.append(file)
    return found


def module_paths() -> list[str]:
    """The folders in which this process finds modules, without the current folder, whose files could replace
    modules.
    """
    here = os.path.realpath(os.getcwd())
    return [path for path in sys.path if os.path.isabs(path) and os.path.realpath(path) != here]


def grade_all(
    submissions: Sequence[Submission], options: Mapping[str, Any], limits: Limits, jobs: int
) -> Iterator[Grade]:
    """Yield the grades in the order of the submissions, as soon as they are known.

    If packages are forbidden, a submission cannot read the other submissions.
    """
    pool, paths = _Graders(), [str(each.path.resolve()) for each in submissions]
    executor = ThreadPoolExecutor(max(1, min(jobs, len(submissions))))
    try:
        yield from executor.map(
            lambda each: pool.grade(each, options, _without_others(limits, each, paths)), submissions
        )
    finally:
        pool.close()
        executor.shutdown(wait=False, cancel_futures=True)


def _without_others(limits: Limits, submission: Submission, paths: Sequence[str]) -> Limits:
    """The limits of one submission, with the paths of the other submissions hidden."""
    own = str(submission.path.resolve())
    return replace(limits, hidden=(*limits.hidden, *[path for path in paths if path != own]))


class _Graders:
    """A pool of processes that check files, one for each thread."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._all: list[subprocess.Popen[str]] = []
        self._closed = False
        self._lock = threading.Lock()

    def grade(self, submission: Submission, options: Mapping[str, Any], limits: Limits) -> Grade:
        """Check one file in the process of this thread."""
        begin = time.monotonic()
        request = {
            "path": str(submission.path), "names": submission.names, "options": dict(options), "limits": asdict(limits),
        }  # fmt: skip
        process = self._process()
        timer = threading.Timer(limits.seconds + SLACK, process.kill)
        timer.start()
        try:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline() or "{}")
        except (OSError, ValueError):
            answer = {}
        finally:
            timer.cancel()
        if not answer:  # the timer killed it, or the system because it used too much memory
            process.kill()
        report = LayerReport.from_dict(answer["report"]) if answer.get("report") else None
        error = "" if report else answer.get("error") or "the check took too long or used too much memory"
        return Grade(submission, report, error, time.monotonic() - begin)

    def _process(self) -> subprocess.Popen[str]:
        """The process of this thread. If it has ended, a new one is started."""
        process: subprocess.Popen[str] | None = getattr(self._own, "process", None)
        if process is None or process.poll() is not None:
            with self._lock:
                if self._closed:
                    raise RuntimeError("the grading has ended")
                process = subprocess.Popen(
                    [sys.executable, "-I", "-c", START, json.dumps(module_paths())],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", start_new_session=os.name != "nt",
                )  # fmt: skip
                self._all.append(process)
            self._own.process = process
        return process

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            self._closed = True
        for process in self._all:
            with contextlib.suppress(OSError):
                process.stdin.close()  # type: ignore[union-attr]
        for process in self._all:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()
            process.wait()
            process.stdout.close()  # type: ignore[union-attr]
