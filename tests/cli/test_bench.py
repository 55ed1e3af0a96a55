"""`rot180 bench`: a line per layer and step, the JSON file, and one-line errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rot180 import get_num_threads
from rot180.bench import measurements, shapes
from rot180.bench.shapes import Layer
from rot180.cli import ExitStatus, main
from rot180.kernels import dispatch, extension
from rot180.kernels.dispatch import current_engine

QUICK = ["--rounds", "1", "--seconds", "0.0001"]
SMALL = [Layer("first k3", False, 1, 2, 6, 2, 3, padding=1), Layer("convT 2-2 k4", True, 1, 2, 3, 2, 4)]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers that take no time."""
    monkeypatch.setattr(shapes, "LAYERS", SMALL[:1])
    monkeypatch.setattr(shapes, "all_layers", lambda: SMALL)


def lines(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_a_layer_has_times_speeds_and_algorithms(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "layers", "--engine", "numpy", "--threads", "1", *QUICK]) == ExitStatus.DONE
    head, _, _, columns, row = lines(capsys)
    assert head[0] == "rot180" and {"numpy,", "1", "thread;"} <= set(head)
    assert columns == ["layer", "forward", "backward", "forward", "backward", "algorithms"]
    assert row[:2] == ["first", "k3"] and row[-1] == "index_table"
    assert all(float(number) >= 0 for number in row[2:-1])
    assert get_num_threads() == 1


@pytest.mark.skipif(extension.unavailable() is not None, reason="the native engine is not here")
def test_the_engine_is_set_and_restored(capsys: pytest.CaptureFixture[str]) -> None:
    before = current_engine()
    for engine in ("numpy", "native"):
        assert main(["bench", "steps", "--only", "toy", "--engine", engine, *QUICK]) == ExitStatus.DONE
        out = capsys.readouterr().out
        assert f"engine {engine}" in out and (" on " in out) == (engine == "native")
        assert current_engine() is before


def test_all_has_more_layers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "layers", "--all", *QUICK]) == ExitStatus.DONE
    assert [row[0] for row in lines(capsys)[4:]] == ["first", "convT"]


def test_layers_and_steps_are_written_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    words = ["bench", "--only", "first", "TOY", "--threads", "1", "--json", str(file), *QUICK]
    assert main(words) == ExitStatus.DONE
    assert capsys.readouterr().out.endswith(f"wrote {file}\n")
    found = json.loads(file.read_text())
    assert (found["threads"], found["rounds"], found["engine"]) == (1, 1, current_engine().name)
    assert [set(row) for row in found["layers"]] == [set(measurements.LayerTiming._fields)]
    assert [row["name"] for row in found["steps"]] == ["toy"]


def test_threads_default_to_the_environment_or_one_per_core(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rot180.bench import machine

    monkeypatch.delenv("ROT180_NUM_THREADS", raising=False)
    monkeypatch.setattr(machine, "cores", lambda: 3)
    assert main(["bench", "steps", "--only", "toy", *QUICK]) == ExitStatus.DONE
    assert "3 threads; " in capsys.readouterr().out
    monkeypatch.setenv("ROT180_NUM_THREADS", "2")
    monkeypatch.setattr(machine, "cores", lambda: 5)
    assert main(["bench", "steps", "--only", "toy", *QUICK]) == ExitStatus.DONE
    assert "3 threads; " in capsys.readouterr().out  # what is set already stays


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--only", "vgg"],
            "--only: no name contains a word that starts with 'vgg'; the names are first k3, LeNet",
        ),
        (["layers", "--only", "a", "b"], "starts with 'a' or 'b'; the names are first k3; --all has more layers"),
        (
            ["steps", "--only", "first"],
            "starts with 'first'; the names are LeNet-5, ResNet-20, DCGAN, autoencoder, toy\n",
        ),
        (["everything"], "argument layers|steps: unknown choice 'everything'; the choices are layers, steps"),
        (["--engine", "quick"], "engine: there is no engine 'quick'; choose one of 'numpy', 'native'"),
        (["--threads", "0"], "argument --threads: must be an integer of at least 1; got '0'"),
        (["--threads", "2000"], "the number of threads must be from 1 to 1024; got 2000"),
        (["--rounds", "none"], "argument --rounds: must be an integer of at least 1; got 'none'"),
        (["--seconds", "0"], "argument --seconds: must be a positive number; got '0'"),
        (["--json", "nowhere/figures.json"], "--json: there is no folder "),
    ],
)
def test_wrong_arguments_are_one_line_before_measuring(
    capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(["bench", *words]) == ExitStatus.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err and err.count("\n") == 1


def test_a_missing_extension_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(dispatch._engines, "native", lambda: "it was not compiled")
    assert main(["bench", "--engine", "native"]) == ExitStatus.USAGE
    assert "'native' cannot run here: it was not compiled; choose 'numpy'" in capsys.readouterr().err
