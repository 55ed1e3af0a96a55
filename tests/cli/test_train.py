"""`rot180 train`: its output, its files, and the folders that it refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rot180 import get_num_threads, models
from rot180.cli import ExitStatus, main

QUICK = ["train", "digits", "--model", "linear", "--epochs", "1"]
HEARING = """# a shell starts what it runs in the background deaf to SIGINT, and children inherit that
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from rot180.cli import main
raise SystemExit(main())
"""


def test_it_prints_a_line_per_epoch_the_accuracy_the_time_and_the_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r"
    assert main([*QUICK, "--epochs", "2", "--batch_size", "64", "--lr=0.01", "--out", str(out)]) == ExitStatus.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (f"linear: 650 weights; 10 classes, 8x8 grey, 1,438 training images, 359 held out -> {out}")
    assert [line[:10] for line in lines[1:3]] == ["epoch 1/2:", "epoch 2/2:"]
    assert re.fullmatch(r"test accuracy \d\d\.\d\d% \(\d+ of 359 held-out images\)", lines[3])
    assert re.fullmatch(
        r"wrote model.safetensors, config.json, metrics.jsonl, report.html to .*r in \d+\.\d s", lines[4]
    )
    training = json.loads((out / "config.json").read_text())["training"]
    assert (training["batch_size"], training["lr"], training["augment"]["name"]) == (64, 0.01, "affine")


def test_the_default_folder_is_a_free_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(3):
        assert main(QUICK) == ExitStatus.DONE
    assert sorted(path.name for path in Path("runs").iterdir()) == [
        "digits-linear",
        "digits-linear-2",
        "digits-linear-3",
    ]


def test_the_same_command_again_replaces_its_run_with_the_same_bits(tmp_path: Path) -> None:
    def weights(*more: str) -> bytes:
        assert main([*QUICK, "--out", str(tmp_path / "r"), *more]) == ExitStatus.DONE
        return (tmp_path / "r" / "model.safetensors").read_bytes()

    assert weights() == weights()
    assert weights() != weights("--seed", "1")
    assert weights() != weights("--no-augment")


def test_a_folder_that_is_not_a_run_is_not_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    assert main([*QUICK, "--out", str(tmp_path)]) == ExitStatus.USAGE
    assert capsys.readouterr().err.startswith(f"rot180: train: {tmp_path} exists and is not a rot180 run")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("words", "variable", "threads"), [([], "", 1), (["--threads", "2"], "", 2), (["--threads", "2"], "1", 2)]
)
def test_threads_default_to_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], variable: str, threads: int
) -> None:
    monkeypatch.setenv("ROT180_NUM_THREADS", variable)
    assert main([*QUICK, *words, "--out", str(tmp_path / "r")]) == ExitStatus.DONE
    assert get_num_threads() == threads
    assert json.loads((tmp_path / "r" / "config.json").read_text())["threads"] == threads


def test_threads_default_to_the_environment(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "rot180", *QUICK, "--out", str(tmp_path / "r")]
    subprocess.run(words, env={**os.environ, "ROT180_NUM_THREADS": "2"}, capture_output=True, check=True)
    assert json.loads((tmp_path / "r" / "config.json").read_text())["threads"] == 2


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["train", "cats"],
            (
                "load: 'cats' is neither a data set nor an existing folder or file; the data sets are "
                "digits, mnist, fashion-mnist, cifar10"
            ),
        ),
        (
            ["train", "digits", "--model", "vgg"],
            "--model: unknown model 'vgg'; the models are small, stages, resnet20, lenet, linear",
        ),
    ],
)
def test_unknown_names_list_the_known_ones(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    line: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == ExitStatus.USAGE
    assert capsys.readouterr().err == f"rot180: {line}\n"
    assert not list(tmp_path.iterdir())


def test_the_help_names_every_model(capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", "--help"])
    *names, last = models.names()
    assert f"{', '.join(names)} or {last}" in capsys.readouterr().out


def test_a_diverging_run_fails_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "digits", "--model", "lenet", "--epochs", "2", "--lr", "1e30", "--out", str(tmp_path / "r")]
    assert main(words) == ExitStatus.FAILED
    assert "try a smaller learning rate" in capsys.readouterr().err
    assert not list((tmp_path / "r").iterdir())


def test_a_place_that_cannot_be_written_is_a_failed_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main([*QUICK, "--out", str(tmp_path / "file" / "r")]) == ExitStatus.FAILED
    assert "cannot write" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="SIGINT to one process is POSIX's")
def test_an_interrupt_keeps_the_epochs_that_were_done(tmp_path: Path) -> None:
    out = tmp_path / "r"
    words = ["train", "digits", "--model", "linear", "--epochs", "100000", "--out", str(out)]
    with subprocess.Popen(
        [sys.executable, "-c", HEARING, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("epoch      2/"):
                break
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=60)
    assert process.returncode == ExitStatus.INTERRUPTED
    assert err == "rot180: interrupted\n"
    (done,) = re.findall(r"stopped; .* holds epoch (\d+)\n", rest)
    metrics = (out / "metrics.jsonl").read_text().splitlines()
    assert len(metrics) - int(done) in (0, 1)  # the signal may come between the files and the line
    assert sorted(path.name for path in out.iterdir()) == ["config.json", "metrics.jsonl", "model.safetensors"]


@pytest.mark.slow
def test_the_default_command_reaches_98_percent_on_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "digits", "--out", str(tmp_path / "r")]) == ExitStatus.DONE
    (accuracy,) = re.findall(r"test accuracy (\d+\.\d+)%", capsys.readouterr().out)
    assert float(accuracy) >= 98
