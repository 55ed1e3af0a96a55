"""Every command that writes a file writes to devices and named pipes without replacing them."""

from __future__ import annotations

import argparse
import os
import shutil
import stat
from pathlib import Path

import pytest

from rot180.bench import shapes
from rot180.bench.shapes import Layer
from rot180.cli import ExitStatus, entry_point, main
from tests.special_files import FULL, NULL, Pipe, is_device, make_device

pytestmark = pytest.mark.skipif(os.name != "posix", reason="devices and named pipes are POSIX's")

RELU = """
import numpy as np
def forward(x): return np.maximum(x, 0)
def backward(dy, x): return dy * (x > 0)
"""
OPTIONS = {  # every option that names a file or folder to write, and the start of the file in lower case
    ("check", "--json"): b'{\n  "',
    ("check", "--html"): b"<!doctype html>",
    ("explain", "--html"): b"<!doctype html>",
    ("explain", "--json"): b"{",
    ("explain", "--npz"): b"pk",
    ("bench", "--json"): b"{",
}
FOLDERS = {("train", "--out")}


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Quick command lines, one for each command that has an option for a file."""
    monkeypatch.setattr(shapes, "LAYERS", [Layer("first k3", False, 1, 2, 6, 2, 3, padding=1)])
    (tmp_path / "mine.py").write_text(RELU)
    return {
        "check": ["check", str(tmp_path / "mine.py"), "--op", "relu"],
        "explain": ["explain", "conv1d", "--input", "3"],
        "bench": ["bench", "layers", "--rounds", "1", "--seconds", "0.0001"],
    }


def test_the_list_of_options_is_complete() -> None:
    (commands,) = (a for a in entry_point.make_parser()._actions if isinstance(a, argparse._SubParsersAction))
    writing = {
        (name, option)
        for name, parser in commands.choices.items()
        for action in parser._actions
        for option in action.option_strings
        if option in ("--json", "--html", "--npz", "--out") and action.nargs != 0
    }
    assert writing == set(OPTIONS) | FOLDERS


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_a_pipe_gets_the_file(words: dict[str, list[str]], tmp_path: Path, command: str, option: str) -> None:
    pipe = Pipe(tmp_path / f"pipe.{option[2:]}")
    assert main([*words[command], option, str(pipe.path)]) == ExitStatus.DONE
    assert pipe.read().lower().startswith(OPTIONS[command, option])


@pytest.mark.parametrize(("command", "option"), [pair for pair in OPTIONS if pair[0] != "check"])
def test_a_device_stays_a_device(words: dict[str, list[str]], tmp_path: Path, command: str, option: str) -> None:
    null = make_device(tmp_path / f"null.{option[2:]}", NULL)
    assert main([*words[command], option, str(null)]) == ExitStatus.DONE
    assert is_device(null, NULL)


@pytest.mark.parametrize(("command", "option"), [("check", "--json"), ("explain", "--html"), ("bench", "--json")])
def test_a_device_that_refuses_is_a_failed_run(
    words: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, option: str
) -> None:
    full = make_device(tmp_path / f"full.{option[2:]}", FULL)
    assert main([*words[command], option, str(full)]) == ExitStatus.FAILED
    assert capsys.readouterr().err == f"rot180: cannot write {full}: No space left on device\n"
    assert is_device(full, FULL)


def test_both_files_of_check_may_be_special(words: dict[str, list[str]], tmp_path: Path) -> None:
    pipe, null = Pipe(tmp_path / "pipe"), make_device(tmp_path / "null", NULL)
    assert main([*words["check"], "--json", str(pipe.path), "--html", str(null)]) == ExitStatus.DONE
    assert pipe.read().startswith(b"{") and is_device(null, NULL)


def test_a_file_of_check_that_cannot_be_written_comes_after_the_text_and_the_other_file(
    words: dict[str, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = make_device(tmp_path / "full", FULL)
    files = ["--json", str(full), "--html", str(tmp_path / "page.html")]
    assert main([*words["check"], *files]) == ExitStatus.FAILED
    out, err = capsys.readouterr()
    assert "as relu: right" in out and err == f"rot180: cannot write {full}: No space left on device\n"
    assert (tmp_path / "page.html").read_bytes().lower().startswith(b"<!doctype html>")


def test_an_error_of_check_goes_to_the_pipe_too(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "pipe")
    assert main(["check", str(tmp_path / "absent.py"), "--json", str(pipe.path)]) == ExitStatus.USAGE
    assert b'"ok": null' in pipe.read()


def test_report_writes_to_a_pipe_in_the_run(trained: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained, tmp_path / "r"))
    pipe = Pipe(run / "report.html")
    assert main(["report", str(run)]) == ExitStatus.DONE
    assert pipe.read().lower().startswith(b"<!doctype html>")


def test_training_writes_to_devices_in_the_run(trained: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained, tmp_path / "r"))
    (run / "metrics.jsonl").unlink()
    nodes = [make_device(run / name, NULL) for name in ("metrics.jsonl", "report.html")]
    words = ["train", "digits", "--model", "linear", "--epochs", "1", "--no-report", "--out", str(run)]
    assert main(words) == ExitStatus.DONE
    assert all(is_device(node, NULL) for node in nodes)
    assert stat.S_ISREG((run / "model.safetensors").stat().st_mode)


@pytest.mark.parametrize(
    "words",
    [["train", "digits", "--model", "linear", "--epochs", "1", "--out"], ["vectors", "export", "--op", "linear"]],
)
def test_a_folder_does_not_replace_a_pipe(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert main([*words, str(tmp_path / "pipe")]) == ExitStatus.USAGE
    assert capsys.readouterr().err.count("\n") == 1
    assert (tmp_path / "pipe").is_fifo()
