"""`rot180 evaluate`: accuracy, loss and confusion of a saved run."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rot180.cli import ExitStatus, main
from rot180.cli.evaluate import confusion_table


def test_it_gives_the_accuracy_of_the_last_epoch(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(trained)]) == ExitStatus.DONE
    lines = capsys.readouterr().out.splitlines()
    last = json.loads((trained / "metrics.jsonl").read_text().splitlines()[-1])
    assert lines[0].startswith(f"accuracy {last['validation_accuracy']:.2%} (")
    assert lines[1] == f"loss     {last['validation_loss']:.4f}"
    cells = np.array([[int(n) for n in re.sub(r"\.", "0", line.split("|")[1]).split()] for line in lines[5:]])
    assert cells.shape == (10, 10)
    assert cells.sum() == 359
    assert lines[0].endswith(f"({cells.trace()} of 359 held-out images)")


def test_the_table_shows_names_counts_and_dots() -> None:
    assert confusion_table(np.array([[12, 0], [3, 4]]), ["cat", "dog"]).splitlines() == [
        "     | predicted",
        "true | cat dog",
        "-----+--------",
        " cat |  12   .",
        " dog |   3   4",
    ]


def test_long_and_odd_names_keep_the_table_aligned() -> None:
    lines = confusion_table(np.eye(2, dtype=int), ["a" * 60 + ".end", "b\n"]).splitlines()
    assert lines[3].split(" | ")[0] == "a" * 15 + "…aaaa.end"
    assert lines[4].split(" | ")[0].strip() == "b\\n"
    assert max(map(len, lines)) < 80


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "was trained on arrays, so its held-out images cannot be read again"),
        ({"name": "cats"}, "was trained on 'cats', which is neither a path nor one of digits, mnist"),
        ({"name": ["digits"]}, r"was trained on \['digits'\], which is neither"),
        (
            {"name": "digits", "split_seed": 5},
            r"the images in digits are not those that .* was trained on \(split_seed differs\)",
        ),
    ],
)
def test_data_that_differ_from_the_run_are_refused(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], data: Any, message: str
) -> None:
    shutil.copytree(trained, tmp_path / "r")
    config = json.loads((tmp_path / "r" / "config.json").read_text())
    (tmp_path / "r" / "config.json").write_text(json.dumps(config | {"data": data}))
    assert main(["evaluate", str(tmp_path / "r")]) == ExitStatus.USAGE
    assert re.search(message, capsys.readouterr().err)


def test_a_truncated_model_is_one_line(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(trained, tmp_path / "r")
    path = tmp_path / "r" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    assert main(["evaluate", str(tmp_path / "r")]) == ExitStatus.USAGE
    err = capsys.readouterr().err
    assert "model.safetensors is not a safetensors file, or is damaged" in err
    assert err.count("\n") == 1
