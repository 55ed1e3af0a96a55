"""`rot180 predict`: a line per image, and one line for a bad one."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rot180 import data
from rot180.cli import ExitStatus, main


def pictures(folder: Path, count: int) -> tuple[list[str], list[int]]:
    """Test images as black ink on white paper, 20 times as large, with a margin."""
    test, paths = data.digits("test"), []
    for i in range(count):
        cells = np.rint(255 - 255 * test.images[i, 0]).astype(np.uint8)
        cells = np.pad(np.kron(cells, np.ones((20, 20), np.uint8)), 30, constant_values=255)
        paths.append(str(folder / f"{i}.png"))
        Image.fromarray(cells).save(paths[-1])
    return paths, test.labels[:count].tolist()


def test_a_line_per_image_names_the_class_and_its_probability(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths, labels = pictures(tmp_path, 40)
    assert main(["predict", str(trained), *paths]) == ExitStatus.DONE
    right = 0
    for line, path, label in zip(capsys.readouterr().out.splitlines(), paths, labels, strict=True):
        found = re.fullmatch(rf"{re.escape(path)} +(\d)  \d+\.\d%", line)
        assert found, line
        right += int(found[1]) == label
    assert right >= 30  # a linear model after four epochs


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "read_image: there is no file"),
        (b"not an image", "is not an image of a known kind"),
        (b"", "is not an image of a known kind"),
    ],
)
def test_a_bad_image_is_one_line_and_nothing_else_is_printed(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, message: str
) -> None:
    paths, _ = pictures(tmp_path, 1)
    bad = tmp_path / "bad.png"
    if content is not None:
        bad.write_bytes(content)
    assert main(["predict", str(trained), *paths, str(bad)]) == ExitStatus.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "bad.png" in err
    assert err.count("\n") == 1


def test_without_pillow_the_extra_is_named(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths, _ = pictures(tmp_path, 1)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    assert main(["predict", str(trained), *paths]) == ExitStatus.USAGE
    err = capsys.readouterr().err
    assert err == "rot180: read_image: reading images needs Pillow, the extra 'image': pip install pillow\n"
