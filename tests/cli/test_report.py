"""`rot180 report`: the file in the folder of the run, and its content without the data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rot180.cli import ExitStatus, main


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "r"))


def test_it_writes_the_report_and_prints_its_path(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(run)]) == ExitStatus.DONE
    assert capsys.readouterr().out == f"{run / 'report.html'}\n"
    last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    html = (run / "report.html").read_text(encoding="utf-8")
    assert f"<dd>{last['validation_accuracy']:.2%}</dd>" in html
    assert f"<dd>{last['validation_loss']:.4f}</dd>" in html


def test_without_data_the_report_is_written_without_them(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps(config | {"data": None}))
    assert main(["report", str(run)]) == ExitStatus.DONE
    assert capsys.readouterr().out.startswith("the report has no held-out images: ")
    assert "no test images were given" in (run / "report.html").read_text(encoding="utf-8")


def test_a_folder_that_is_not_a_run_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == ExitStatus.USAGE
    assert capsys.readouterr().err == f"rot180: load_run: {tmp_path} is not a run: it has no config.json\n"
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_a_failed_run(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "report.html").mkdir()
    assert main(["report", str(run)]) == ExitStatus.FAILED
    assert "report.html: Is a directory; no file was changed" in capsys.readouterr().err
