"""`rot180 check` on several files: a line for each, tables, and the exit status."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rot180.cli.check_grades import cell_of
from rot180.cli.entry_point import main

RIGHT = """
import numpy as np
def forward(x): return np.maximum(x, 0)
def backward(dy, x): return dy * (x > 0)
"""
WRONG = RIGHT.replace("dy * (x > 0)", "dy")
BROKEN = "raise ValueError('=1+1\\n\\x1b[2J')"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three submissions: right, wrong, and one that cannot be imported."""
    place = tmp_path / "submissions"
    place.mkdir()
    for name, text in {"a": RIGHT, "b": WRONG, "c": BROKEN}.items():
        (place / f"{name}.py").write_text(text)
    return place


def check(*words: object) -> int:
    return main(["check", *map(str, words), "--op", "relu", "--jobs", "2"])


def test_a_line_for_each_file_and_a_summary(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(folder) == 2
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0].strip() for line in lines[:3]] == ["right", "WRONG", "not checked"]
    assert lines[0].endswith("a.py") and lines[1].endswith("b.py: dx: mask-wrong")
    assert "ValueError: =1+1\\n\\x1b[2J (line 1 of" in lines[2]
    assert lines[4:-1] == ["3 files: 1 right, 1 wrong, 1 not checked", "mistakes: mask-wrong 1"]
    assert lines[-1].startswith("seed: ")


@pytest.mark.parametrize(("names", "status"), [("a", 0), ("ab", 1), ("ac", 2), ("abc", 2)])
def test_the_exit_status(folder: Path, tmp_path: Path, names: str, status: int) -> None:
    assert check(*[folder / f"{name}.py" for name in names], "--csv", tmp_path / "grades.csv") == status


def test_the_table_as_csv(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "b.py").rename(folder / "=b.py")
    monkeypatch.chdir(folder)
    assert check("a.py", "=b.py", "c.py", "--csv", tmp_path / "grades.csv") == 2
    rows = list(csv.DictReader(io.StringIO((tmp_path / "grades.csv").read_text())))
    assert [(row["file"], row["verdict"], row["mistakes"]) for row in rows] == [
        ("a.py", "right", ""), ("'=b.py", "wrong", "dx: mask-wrong"), ("c.py", "not checked", "")
    ]  # fmt: skip
    assert rows[1]["comment"] and rows[2]["comment"].startswith("ValueError: =1+1\\n\\x1b[2J")
    assert all(float(row["seconds"]) > 0 for row in rows)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell_of(text).startswith("'") and cell_of(text).isprintable()
    assert cell_of("a=1") == "a=1"


def test_a_file_that_hangs_is_not_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.py").write_text("while True: pass")
    assert check(folder, "--timeout", "0.7") == 2
    line = capsys.readouterr().out.splitlines()[0]
    assert line.endswith(
        f"{folder / 'a.py'}: did not finish within 0.7 seconds; increase --timeout if it does not hang"
    )


def test_the_table_as_json_on_standard_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(folder, "--json", "-") == 2
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is None and [file["ok"] for file in found["files"]] == [True, False, None]
    assert found["files"][1]["mistakes"] == ["dx: mask-wrong"]
    assert found["files"][1]["report"]["diagnoses"][0]["slug"] == "mask-wrong"
    assert found["files"][2]["report"] is None and "ValueError" in found["files"][2]["error"]


@pytest.mark.slow
def test_the_seed_is_random_unless_it_is_given(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seeds = []
    for words in ([], [], ["--seed", "5"]):
        check(folder, "--json", "-", *words)
        seeds.append(json.loads(capsys.readouterr().out)["seed"])
    assert seeds[0] != seeds[1] and seeds[2] == 5


def test_a_file_cannot_use_another(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "b.py").write_text("from a import forward, backward\n")
    (folder / "c.py").write_text("exec(open(__file__.replace('c.py', 'a.py')).read())\n")
    assert check(folder) == 2
    assert capsys.readouterr().out.count("is refused while code is graded (--forbid)") == 2


@pytest.mark.slow
def test_folders_are_searched_and_no_file_counts_twice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "d").mkdir()
    for name in ("d/a.py", "d/__init__.py", ".hidden.py"):
        (folder / name).write_text(RIGHT)
    (folder / "c.py").unlink()
    assert check(folder, folder / "a.py") == 1
    assert "3 files: 2 right, 1 wrong" in capsys.readouterr().out


def test_names_of_functions_apply_to_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(f"{folder}:forward,nothing", "--csv", "-") == 2
    assert capsys.readouterr().out.count("has no function nothing") == 2


def test_wrong_usage(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert check(tmp_path / "empty") == 2
    assert f"there is no Python file in the folder {tmp_path / 'empty'}" in capsys.readouterr().err
    assert check(folder, "--html", tmp_path / "page.html") == 2
    assert "--html shows one file; use --csv or --json for several" in capsys.readouterr().err
    assert check(folder, "--forbid", "a b", "--json", "-") == 2
    out, err = capsys.readouterr()
    assert "--forbid: 'a b' is not the name of a package" in err and json.loads(out)["ok"] is None


@pytest.mark.slow
def test_packages_are_forbidden_by_default_and_by_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.py").write_text("import rot180\n" + RIGHT)
    (folder / "b.py").write_text("import rot180, fractions\n" + RIGHT)
    (folder / "c.py").unlink()
    assert check(folder) == 2
    assert capsys.readouterr().out.count("the import of rot180 is refused while code is graded (--forbid)") == 2
    assert check(folder, "--forbid", "fractions") == 2
    out = capsys.readouterr().out
    assert "1 right" in out and "the import of fractions is refused" in out
    assert check(folder, "--forbid", "none") == 0
    assert check(folder / "a.py", "--forbid", "rot180") == 2
    assert check(folder / "a.py") == 0


@pytest.mark.slow
def test_a_file_in_the_current_folder_replaces_no_module(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("random", "numpy", "json"):
        (folder / f"{name}.py").write_text(RIGHT)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", ["", str(folder), *sys.path])
    assert check(".") == 2
    assert "6 files: 4 right, 1 wrong, 1 not checked" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="Linux")
def test_nothing_is_left_when_the_command_is_killed(folder: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    for file in folder.iterdir():
        file.write_text(f"import os\nopen({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n')\nwhile True: pass\n")
    words = [sys.executable, "-m", "rot180", "check", str(folder), "--op", "relu", "--jobs", "2", "--forbid", "none"]
    command = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(1000):
        if pids.exists() and pids.read_text().count("\n") == 2:
            break
        time.sleep(0.01)
    command.kill()
    command.wait(10)
    for process in map(int, pids.read_text().split()):
        for _ in range(500):
            if not os.path.exists(f"/proc/{process}") or ") Z" in Path(f"/proc/{process}/stat").read_text():
                break
            time.sleep(0.01)
        else:
            raise AssertionError(f"{process} is left")
