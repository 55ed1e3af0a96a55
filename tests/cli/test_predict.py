"""`rot180 predict`: a line per image, and one error line for a bad image."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import rot180.functional as F
from rot180 import data
from rot180.cli import ExitStatus, main
from rot180.train import load_run
from tests.data.sample_files import idx_bytes, write_classes

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed (the extra image)")


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
        (b"not an image", "is not an image of a supported format"),
        (b"", "is not an image of a supported format"),
    ],
)
def test_a_bad_image_is_one_line_without_other_output(
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


def mnist_like(folder: Path, count: int = 400) -> tuple[Path, data.LabelledImages]:
    """A set with MNIST's names and form: bars lying, standing and crossed, in a box of 20x20; and its test part."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    for prefix, images in (("train", count), ("t10k", 60)):
        labels = (np.arange(images) % 3).astype(np.uint8)
        cells = np.zeros((images, 28, 28), np.uint8)
        for picture, label in zip(cells, labels, strict=True):
            thick = rng.integers(2, 5)
            if label != 1:
                picture[14 - thick : 14 + thick, 4:24] = 255
            if label != 0:
                picture[4:24, 14 - thick : 14 + thick] = 255
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(idx_bytes(cells))
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
    return folder, data.mnist("test", folder)


@pytest.mark.parametrize("kind", ["as it is", "inverted", "a small drawing on a large sheet"])
def test_images_are_prepared_for_a_model_of_mnist(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    folder, test = mnist_like(tmp_path / "mnist")
    words = ["--data", str(folder), "--model", "linear", "--augment", "none", "--no-report", "--epochs", "8"]
    assert main(["train", "mnist", *words, "--out", str(tmp_path / "r")]) == 0
    paths = []
    for i in range(30):
        cells = np.rint(test.images[i, 0] * 255).astype(np.uint8)
        if kind != "as it is":
            cells = 255 - cells
        if kind.startswith("a small"):
            cells = np.pad(np.kron(cells, np.ones((6, 6), np.uint8)), ((20, 400), (500, 7)), constant_values=255)
        paths.append(str(tmp_path / f"{i}.png"))
        Image.fromarray(cells).save(paths[-1])
    capsys.readouterr()
    assert main(["predict", str(tmp_path / "r"), *paths]) == 0
    answers = [int(line.split()[1]) for line in capsys.readouterr().out.splitlines()]
    assert answers == test.labels[:30].tolist()


def test_images_are_read_as_the_training_images_of_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_classes(tmp_path / "mine", {"x": 6, "y": 6}, (20, 30, 3))
    assert main(["train", str(tmp_path / "mine"), "--epochs", "1", "--no-report", "--out", str(tmp_path / "r")]) == 0
    paths = [str(tmp_path / "mine" / "x" / f"{i}.png") for i in range(6)]
    capsys.readouterr()
    assert main(["predict", str(tmp_path / "r"), *paths]) == 0
    printed = [line.split()[1:] for line in capsys.readouterr().out.splitlines()]
    model, _ = load_run(tmp_path / "r")
    images = data.read_folder(tmp_path / "mine")
    share = F.softmax(model(images.images[:6]), 1).data
    assert printed == [["xy"[row.argmax()], f"{row.max():.1%}"] for row in share]


def test_many_images_are_processed_in_batches(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths, _ = pictures(tmp_path, 7)
    assert main(["predict", str(trained), *paths]) == 0
    at_once = capsys.readouterr().out
    monkeypatch.setattr("rot180.cli.predict.BATCH", 3)
    assert main(["predict", str(trained), *paths]) == 0
    assert capsys.readouterr().out == at_once


def test_a_model_trained_on_another_range_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = np.random.default_rng(0).random((20, 8, 8)) * 255
    np.savez(tmp_path / "a.npz", images=x, labels=np.arange(20) % 2)
    out = tmp_path / "r"
    words = ["--model", "linear", "--epochs", "1", "--no-report", "--out", str(out)]
    assert main(["train", str(tmp_path / "a.npz"), *words]) == 0
    paths, _ = pictures(tmp_path, 1)
    assert main(["predict", str(out), *paths]) == ExitStatus.USAGE
    assert "was trained on values from 0.0" in (error := capsys.readouterr().err)
    assert "but image files have values from 0 to 1; train on uint8 images, or on floats from 0 to 1" in error
    np.savez(tmp_path / "a.npz", images=x / 255, labels=np.arange(20) % 2)
    assert main(["train", str(tmp_path / "a.npz"), *words]) == 0
    assert main(["predict", str(out), *paths]) == 0


def test_a_name_with_a_line_end_is_one_line(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths, _ = pictures(tmp_path, 1)
    odd = Path(paths[0]).rename(tmp_path / "a\n\x1b[1mb.png")
    assert main(["predict", str(trained), str(odd)]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path}/a\\n\\x1b[1mb.png  ")
