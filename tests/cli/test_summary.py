"""`rot180 summary`: a line per layer, of a run and of a model by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from rot180.cli import ExitStatus, main


def test_the_layers_of_a_run(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", str(trained)]) == ExitStatus.DONE
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["layer", "output", "parameters", "multiply-adds"],
        ["0", "Flatten", "64", "0", "0"],
        ["1", "Linear", "10", "650", "640"],
        ["sum", "650", "640"],
    ]


def test_a_model_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "resnet20", "--input", "3x32x32"]) == ExitStatus.DONE
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == ["0", "Conv2d", "16x32x32", "432", f"{432 * 1024:,}"]
    assert lines[-1][:2] == ["sum", "272,474"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["stages"], "the model stages needs --input CxHxW, e.g. --input 1x28x28"),
        (["stages", "--input", "28x28"], "must be channels, height and width, e.g. 3x32x32; got '28x28'"),
        (["stages", "--input", "1x4x4"], "'stages' needs images of at least 8x8; got 4x4"),
        (["nowhere"], "'nowhere' is neither a run nor a model; the models are small, stages"),
    ],
)
def test_wrong_arguments_are_one_line(capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    assert main(["summary", *words]) == ExitStatus.USAGE
    assert message in capsys.readouterr().err
