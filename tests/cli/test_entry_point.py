"""Every error becomes one line on stderr and its exit status; --traceback shows the rest."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import rot180
from rot180 import FormatError
from rot180.cli import ExitStatus, entry_point, main
from rot180.cli.arguments import UsageError, with_dashes
from rot180.formats import WriteError
from rot180.train import DivergedError

MINE = Path(__file__).parents[2] / "examples" / "mine.py"
COMMANDS = ("train", "evaluate", "predict", "check", "vectors", "bench", "info")


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `rot180 info` raise."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(rot180, "show_config", fail)


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (UsageError("no such option"), ExitStatus.USAGE, "no such option"),
        (FormatError("two\n  lines"), ExitStatus.USAGE, "two; lines"),
        (ValueError("a bad value"), ExitStatus.USAGE, "a bad value"),
        (FileNotFoundError(2, "no file x"), ExitStatus.USAGE, "no file x"),
        (FileNotFoundError(2, "No such file or directory", "x"), ExitStatus.USAGE, "x: No such file or directory"),
        (PermissionError(13, "Permission denied", "x"), ExitStatus.USAGE, "x: Permission denied"),
        (
            WriteError("m", PermissionError(13, "Permission denied")),
            ExitStatus.FAILED,
            "cannot write m: Permission denied; no file was changed",
        ),
        (OSError(28, "No space left on device"), ExitStatus.FAILED, "No space left on device"),
        (DivergedError("the loss became nan"), ExitStatus.FAILED, "the loss became nan"),
        (MemoryError("8 EiB"), ExitStatus.FAILED, "out of memory: 8 EiB"),
        (
            KeyError("x"),
            ExitStatus.FAILED,
            "internal error: KeyError: 'x' (please report it with the output of --traceback)",
        ),
        (KeyboardInterrupt(), ExitStatus.INTERRUPTED, "interrupted"),
    ],
)
def test_an_error_is_one_line_and_a_status(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: ExitStatus,
    line: str,
) -> None:
    failing(monkeypatch, error)
    assert main(["info"]) == status
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"rot180: {line}\n")


@pytest.mark.parametrize("words", [["--traceback", "info"], ["info", "--traceback"]])
def test_traceback_is_shown_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    failing(monkeypatch, FormatError("damaged"))
    assert main(words) == ExitStatus.USAGE
    err = capsys.readouterr().err
    assert err.startswith("Traceback")
    assert "in fail" in err
    assert err.endswith("rot180: damaged\n")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "the following arguments are required: COMMAND (see rot180 --help)"),
        (["trian"], "unknown command 'trian': did you mean 'train'? The commands are train, evaluate, "),
        (["train"], "the following arguments are required: DATA (see rot180 train --help)"),
        (
            ["train", "digits", "--epoch", "3"],
            "unknown option --epoch: did you mean '--epochs'? (see rot180 train --help)",
        ),
        (["train", "digits", "--epochs", "0"], "argument --epochs: must be an integer of at least 1; got '0'"),
        (["train", "digits", "--seed", "-1"], "argument --seed: must be an integer of at least 0; got '-1'"),
        (["train", "digits", "--lr", "nan"], "argument --lr: must be a positive number; got 'nan'"),
        (["train", "digits", "--lr", "fast"], "argument --lr: must be a positive number; got 'fast'"),
        (["train", "digits", "--batch_size", "x"], "argument --batch-size: must be an integer of at least 1"),
        (["predict", "r"], "the following arguments are required: IMAGE"),
    ],
)
def test_wrong_usage_is_one_line(capsys: pytest.CaptureFixture[str], words: list[str], line: str) -> None:
    assert main(words) == ExitStatus.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"rot180: {line}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert main([command, "--help"]) == ExitStatus.DONE
    out = capsys.readouterr().out
    assert re.search(rf"\nexamples?:\n  rot180 {command}", out)


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == ExitStatus.DONE
    out = capsys.readouterr().out
    for command in COMMANDS:
        assert f"\n    {command} " in out


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(vars(rot180), "__version__", "1.2.3")  # not installed as a package, it has none
    assert main(["--version"]) == ExitStatus.DONE
    assert capsys.readouterr().out == "rot180 1.2.3\n"


def test_info_prints_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == ExitStatus.DONE
    out = capsys.readouterr().out
    for name in ("engine:", "threads:", "blas:", "numpy:", "python:"):
        assert f"\n{name}" in out


def test_option_names_take_dashes_or_underscores() -> None:
    assert with_dashes(["--batch_size", "--batch_size=a_b", "x_y", "-o_o", "--", "--a_b"]) == [
        "--batch-size", "--batch-size=a_b", "x_y", "-o_o", "--", "--a_b",
    ]  # fmt: skip


def test_options_of_every_command_are_spelled_with_dashes() -> None:
    (commands,) = (a for a in entry_point.make_parser()._actions if isinstance(a, argparse._SubParsersAction))
    for parser in commands.choices.values():
        for action in parser._actions:
            assert all("_" not in name for name in action.option_strings)


# ---- as a process ----


def call(*words: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "rot180", *words], capture_output=True, text=True, **settings)


def test_the_shell_gets_the_status_and_no_traceback(tmp_path: Path) -> None:
    run = call("evaluate", str(tmp_path / "absent"))
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("rot180: load_run: there is no folder")
    assert run.stderr.count("\n") == 1


def test_help_imports_no_heavy_package() -> None:
    code = (
        "import sys, json, rot180.cli; rot180.cli.main(['--help']); "
        "print(json.dumps([name for name in ('numpy', 'safetensors', 'tqdm', 'PIL') if name in sys.modules]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout.splitlines()[-1]) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full is Linux's")
@pytest.mark.parametrize("word", ["info", "--help", "--version"])
def test_an_output_that_cannot_be_written_is_a_failed_run(word: str) -> None:
    with open("/dev/full", "w") as full:
        run = subprocess.run([sys.executable, "-m", "rot180", word], stdout=full, stderr=subprocess.PIPE, text=True)
    assert run.returncode == 3
    assert run.stderr == "rot180: No space left on device\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full is Linux's")
def test_an_error_on_a_full_stderr_keeps_its_status() -> None:
    with open("/dev/full", "w") as full:
        assert subprocess.run([sys.executable, "-m", "rot180", "evaluate", "absent"], stderr=full).returncode == 2


@pytest.mark.skipif(os.name != "posix", reason="closed pipes are POSIX's")
@pytest.mark.parametrize("word", ["info", "--help"])
def test_a_closed_pipe_gives_no_traceback(word: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run([sys.executable, "-m", "rot180", word], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (run.returncode, run.stderr) == (3, "")


@pytest.mark.skipif(os.name != "posix", reason="the shell's >&- is POSIX's")
@pytest.mark.parametrize(
    ("words", "closed", "status"),
    [
        ("info", ">&-", 0),
        ("--help", ">&-", 0),
        ("evaluate absent", ">&-", 2),
        ("evaluate absent", "2>&-", 2),
        ("train digits --model linear --epochs 1 --out run", "2>&-", 0),
        ("train digits --model linear --epochs 1 --out run", ">&- 2>&-", 0),
        (f"check {MINE} --op conv2d", ">&-", 1),
    ],
)
def test_closed_standard_streams(tmp_path: Path, words: str, closed: str, status: int) -> None:
    line = f'"$0" -m rot180 {words} {closed}'
    run = subprocess.run(["sh", "-c", line, sys.executable], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == status
    if status:
        assert run.stdout == ""  # what belongs on stderr does not move there


def test_characters_that_stdout_cannot_encode_are_escaped(tmp_path: Path) -> None:
    run = call(
        *("train", "digits", "--model", "linear", "--epochs", "1", "--out", "sieben-\u4e03"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"},
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "-> sieben-\\u4e03\n" in run.stdout
    assert (tmp_path / "sieben-\u4e03" / "config.json").is_file()
