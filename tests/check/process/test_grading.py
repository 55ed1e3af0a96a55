"""Several files at once: which files, and what is said of each."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rot180.check import LayerReport
from rot180.check.process import grading
from rot180.check.process.grading import Grade, Submission, files_of, first_sentence, grade_all, module_paths
from rot180.check.process.program import Limits
from rot180.check.report import Diagnosis

FILE = Submission(Path("a.py"), None)


def report(*findings: Diagnosis, remarks: tuple[str, ...] = ()) -> LayerReport:
    return LayerReport("relu", "f", "correlation", (), findings, remarks=remarks)


def test_the_files_of_a_folder(tmp_path: Path) -> None:
    for name in ("b.py", "a/c.py", "a/__init__.py", ".hidden/d.py", "__pycache__/e.py", "notes.txt", "a/conftest.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [str(path.relative_to(tmp_path)) for path in files_of(tmp_path)] == ["a/c.py", "b.py"]


@pytest.mark.parametrize(
    ("text", "first"),
    [("One. Two.", "One."), ("eps 1e-5 is 0.1 here. Then", "eps 1e-5 is 0.1 here."), ("none", "none"), ("", "")],
)
def test_the_first_sentence(text: str, first: str) -> None:
    assert first_sentence(text) == first


def test_what_is_said_of_a_file() -> None:
    wrong = Diagnosis("scaled", "db", "Too large. Divide.", "")
    assert Grade(FILE, report(wrong, wrong), "", 1.0).mistakes == ("db: scaled",)
    assert Grade(FILE, report(wrong), "", 1.0).sentence == "Too large."
    assert Grade(FILE, None, "a.py did not finish\n", 1.0).sentence == "did not finish\\n"
    assert Grade(FILE, report(remarks=("A remark.", "dx was not checked.")), "", 1.0).sentence == "dx was not checked."
    refused = replace(report(), refused=("x (2, 3) (ValueError: no)", "x (4, 3) (another)"))
    found = Grade(FILE, refused, "", 1.0).sentence
    assert found == "Not checked, because the code refused it: x (2, 3) (ValueError: no)"
    assert Grade(FILE, report(), "", 1.0).sentence == "" and Grade(FILE, report(), "", 1.0).ok is True


def test_a_grader_that_ends_gives_no_verdict_and_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "START", "import sys; sys.stdin.readline()")
    grades = list(grade_all([FILE, Submission(Path("b.py"), None)], {}, Limits(5.0), 1))
    assert [(grade.ok, grade.error) for grade in grades] == [
        (None, "the check took too long or used too much memory")
    ] * 2


def test_the_current_folder_is_not_among_the_folders_of_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", ".", str(tmp_path), "relative", "/elsewhere"])
    assert module_paths() == ["/elsewhere"]
