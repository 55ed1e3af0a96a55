"""`python -m benchmarks`: what it refuses, what it writes, and that it writes all or nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import benchmarks.__main__ as program
from benchmarks.task import Task
from tests.benchmarks.record import record

README = program.README
NAMES = {
    f"2026-11-21-some-xeon{end}"
    for end in (".md", ".json", "-layers.png", "-steps.png", "-growth.png", "-threads.png")
}  # fmt: skip


def called(monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    monkeypatch.setattr(sys, "argv", ["benchmarks", *words])
    return program.main()


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


@pytest.mark.slow
def test_a_record_is_shown_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (the extra report)")
    file = tmp_path / "2026-11-21-some-xeon.json"
    file.write_text(json.dumps(record()))
    assert called(monkeypatch, "--show", str(file)) == 0
    assert names(tmp_path) == NAMES
    assert json.loads(file.read_text()) == record()
    out, err = capsys.readouterr()
    assert out.startswith("Some(R) Xeon(R)") and err.count("wrote ") == len(NAMES)


def test_the_table_is_pasted_into_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (the extra report)")
    file, readme = tmp_path / "x.json", tmp_path / "README.md"
    file.write_text(json.dumps(record()))
    monkeypatch.setattr(program, "README", readme)
    begin, end = (f"<!-- what `make bench` prints: {which} -->" for which in ("begin", "end"))
    assert begin in README.read_text() and end in README.read_text()
    readme.write_text(f"before\n{begin}\nold\n{end}\nafter\n")
    assert called(monkeypatch, "--show", str(file), "--readme") == 0
    table = capsys.readouterr().out.removesuffix("\n")
    assert readme.read_text() == f"before\n{begin}\n{table}{end}\nafter\n"
    readme.write_text("nothing")
    with pytest.raises(SystemExit, match="does not have the comments"):
        called(monkeypatch, "--show", str(file), "--readme")


@pytest.mark.slow
def test_an_interrupted_run_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (the extra report)")

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(program.atomic.os, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        program.write(record(), tmp_path)
    assert names(tmp_path) == set()


def test_a_failed_measurement_is_reported_and_the_others_continue(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"name": "toy", "rot180": {"peak": 1.0}, "PyTorch": {"peak": 2.0}}
    todo = [("memory", Task("broken", 60, lambda: 1 / 0)), ("memory", Task("toy", 60, lambda: row))]
    made: dict[str, list[Any]] = {"memory": []}
    assert program.run(todo, made) == ["memory: broken"]
    assert made == {"memory": [row]}
    err = capsys.readouterr().err
    assert err.startswith("2 measurements, about 2:00 minutes") and "ZeroDivisionError" in err
    assert err.splitlines()[-1].startswith("  2/2  memory: toy: 1 MiB, PyTorch 2 MiB | 0:00 left")


@pytest.mark.parametrize("words", [["--threads", "0"], ["--rounds", "0"], ["--seconds", "0"]])
def test_numbers_must_be_positive(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    with pytest.raises(SystemExit, match="must be at least 1, --seconds positive"):
        called(monkeypatch, *words)


def test_without_pytorch_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program.peer, "version", lambda: None)
    with pytest.raises(SystemExit, match="`make bench` installs it"):
        called(monkeypatch)


def test_every_part_yields_tasks_with_estimates() -> None:
    options = program.arguments().parse_args(["--threads", "1"])
    options.cores = 4
    for part, module in program.PARTS.items():
        todo = list(module.tasks(options))
        assert todo and all(task.seconds > 0 for task in todo), part


@pytest.mark.peers
def test_a_narrowed_run_against_pytorch(tmp_path: Path) -> None:
    words = "--only lenet2 toy --threads 1 --rounds 1 --seconds 0.001 --no-compiled --out".split()
    command = [sys.executable, "-m", "benchmarks", *words, str(tmp_path)]
    root = Path(program.__file__).parents[1]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    (file,) = tmp_path.glob("*-partial.json")
    found = json.loads(file.read_text())
    assert [row["name"] for row in found["layers"]] == ["lenet2 k5"]
    assert all(0 < error < 1e-4 for error in found["layers"][0]["errors"].values())
    assert [row["name"] for row in found["steps"]] == [row["name"] for row in found["memory"]] == ["toy"]
    assert len(list(tmp_path.iterdir())) == 4
    assert "3/3  memory: toy" in run.stderr and "| toy |" in run.stdout
