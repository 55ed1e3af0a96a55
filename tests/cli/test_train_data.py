"""`rot180 train` on named data sets and on the user's images."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import numpy as np
import pytest

from rot180.cli import ExitStatus, main

QUICK = ["--model", "linear", "--epochs", "1", "--no-report"]


def write_idx(path: Path, array: np.ndarray) -> None:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    """A set with MNIST's names and shapes: the brightest of ten columns says the class."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "files"
    folder.mkdir()
    for prefix, count in (("train", 80), ("t10k", 40)):
        labels = np.arange(count, dtype=np.uint8) % 10
        images = rng.integers(0, 60, (count, 28, 28), np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[:, 2 * label : 2 * label + 2] = 255
        write_idx(folder / f"{prefix}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", labels)
    return folder


def photographs(folder: Path, per_class: int = 100) -> Path:
    """Two classes of colour pictures in two unequal sizes; light ones and dark ones."""
    Image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(1)
    for name, level in (("dark", 60), ("light", 190)):
        (folder / name).mkdir(parents=True)
        for i in range(per_class):
            height, width = (12, 12) if i % 3 else (20, 16)
            cells = rng.integers(level - 50, level + 50, (height, width, 3)).astype(np.uint8)
            Image.fromarray(cells).save(folder / name / f"{i:03}.png")
    return folder


def test_a_named_set_is_read_from_a_folder(mnist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "r"
    assert main(["train", "mnist", "--data", str(mnist), *QUICK, "--epochs", "8", "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("linear: 7,850 weights; 10 classes, 28x28 grey, 80 training images, 40 held out")
    config = json.loads((out / "config.json").read_text())
    assert (config["data"]["name"], config["data"]["root"]) == ("mnist", str(mnist))
    assert config["command"].startswith(f"rot180 train mnist --data {mnist} --model linear")
    assert main(["evaluate", str(out)]) == 0
    assert "of 40 held-out images" in capsys.readouterr().out


def test_files_that_were_moved_are_found_again_with_data(
    mnist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r"
    assert main(["train", "mnist", "--data", str(mnist), *QUICK, "--out", str(out)]) == 0
    mnist.rename(tmp_path / "elsewhere")
    assert main(["evaluate", str(out)]) == ExitStatus.USAGE
    assert "there is no folder" in capsys.readouterr().err
    assert main(["evaluate", str(out), "--data", str(tmp_path / "elsewhere")]) == 0


def test_other_images_than_those_of_the_run_are_refused(
    mnist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r"
    assert main(["train", "mnist", "--data", str(mnist), *QUICK, "--out", str(out)]) == 0
    write_idx(mnist / "train-labels-idx1-ubyte.gz", np.zeros(80, np.uint8))
    assert main(["evaluate", str(out)]) == ExitStatus.USAGE
    assert f"the images in {mnist} are not those that {out} was trained on (sha256" in capsys.readouterr().err


def test_a_named_set_without_files_explains_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROT180_CACHE", str(tmp_path / "cache"))
    assert main(["train", "mnist", *QUICK]) == ExitStatus.USAGE
    error = capsys.readouterr().err
    assert error.startswith("rot180: mnist: needs the files train-images-idx3-ubyte and train-labels-idx1-ubyte")
    assert error.endswith("pass their folder (--data DIR), or download them (--download)\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["digits", "--data", "x"], "digits: the digits come with rot180, so a folder (--data) is not allowed"),
        (["digits", "--size", "8"], "load: size (--size) is only for your own images; digits is a fixed"),
        (["digits", "--mirror", "http://localhost"], "--mirror needs --download"),
        (
            ["digits", "--download"],
            "download: unknown downloadable data set 'digits'; the ",
        ),
        (
            ["digits", "--augment", "affine,blur"],
            "argument --augment: unknown augmentation 'blur'; the augmentations are affine",
        ),
        ([".", "--download"], "--download is for named data sets; . is a path"),
        ([".", "--held-out", "0"], "argument --held-out: must be a fraction above 0 and below 1; got '0'"),
        ([".", "--layout", "NCHW"], "load: layout (--layout) is only for a .npz file; . is a folder"),
        (
            ["digits", "--held-out", "0.3"],
            "load: share (--held-out) is only for your own images; digits is a fixed",
        ),
        (["digits", "--workers", "-1"], "argument --workers: must be an integer of at least 0; got '-1'"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(["train", *words, *QUICK, "--out", str(tmp_path / "r")]) == ExitStatus.USAGE
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_a_folder_of_200_images_of_two_sizes_with_a_corrupt_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = photographs(tmp_path / "photographs"), tmp_path / "r"
    whole = (folder / "light" / "042.png").read_bytes()
    (folder / "light" / "042.png").write_bytes(whole[: len(whole) // 2])
    assert main(["train", str(folder), "--epochs", "6", "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "skipped 1 unreadable file: light/042.png: cannot be decoded: image file is truncated"
    assert "2 classes, 12x12 colour, 159 training images, 40 held out" in lines[1]
    assert lines[-2].startswith("test accuracy 100.00% (40 of 40")
    assert sorted(path.name for path in out.iterdir()) == [
        "config.json",
        "metrics.jsonl",
        "model.safetensors",
        "report.html",
    ]
    assert json.loads((out / "config.json").read_text())["class_names"] == ["dark", "light"]
    assert main(["evaluate", str(out)]) == 0
    assert "accuracy 100.00% (40 of 40 held-out images)" in capsys.readouterr().out
    assert main(["predict", str(out), str(folder / "dark" / "000.png"), str(folder / "light" / "001.png")]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["dark", "light"]


def test_a_corrupt_file_can_be_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = photographs(tmp_path / "photographs", 3)
    (folder / "dark" / "001.png").write_bytes(b"not a picture")
    words = ["train", str(folder), "--unreadable", "refuse", *QUICK, "--out", str(tmp_path / "r")]
    assert main(words) == ExitStatus.USAGE
    assert str(folder / "dark" / "001.png") in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_the_size_and_the_share_held_out_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = photographs(tmp_path / "photographs", 20), tmp_path / "r"
    words = ["train", str(folder), "--size", "8x10", "--held-out", "0.5", "--augment", "flip,mix-up", *QUICK]
    assert main([*words, "--out", str(out)]) == 0
    assert "8x10 colour, 20 training images, 20 held out" in capsys.readouterr().out
    assert main(["evaluate", str(out)]) == 0
    assert "of 20 held-out images" in capsys.readouterr().out
    augment = json.loads((out / "config.json").read_text())["training"]["augment"]
    assert [part["name"] for part in augment["transforms"]] == ["horizontal_flip", "mix_up"]


def test_a_folder_that_was_moved_is_found_again_with_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = photographs(tmp_path / "photographs", 5), tmp_path / "r"
    assert main(["train", str(folder), *QUICK, "--out", str(out)]) == 0
    moved = folder.rename(tmp_path / "elsewhere")
    assert main(["evaluate", str(out)]) == ExitStatus.USAGE
    error = capsys.readouterr().err
    assert error.startswith(f"rot180: cannot find the images of {out}: ")
    assert error.endswith("; pass their current path with --data\n")
    assert main(["report", str(out)]) == 0  # the sections that need no images
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("the report has no held-out images: cannot find the images of")
    assert printed[1:] == [str(out / "report.html")]
    assert main(["report", str(out), "--data", str(folder)]) == ExitStatus.USAGE  # requested, but missing
    for command in ("evaluate", "report"):
        assert main([command, str(out), "--data", str(moved)]) == 0


def npz(path: Path, shape: tuple[int, ...] = (30, 3, 8, 3), classes: int = 3) -> Path:
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    np.savez(path, images=images, labels=np.arange(len(images)) % classes)
    return path


def test_an_ambiguous_npz_file_needs_a_layout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = npz(tmp_path / "a.npz"), tmp_path / "r"
    words = ["train", str(path), *QUICK, "--out", str(out)]
    assert main(words) == ExitStatus.USAGE
    assert "pass layout='NCHW' or layout='NHWC' (--layout)" in capsys.readouterr().err
    assert main([*words, "--layout", "NHWC", "--held-out", "0.5"]) == 0
    assert "3 classes, 3x8 colour, 15 training images, 15 held out" in capsys.readouterr().out
    assert main(["evaluate", str(out)]) == 0  # the layout is remembered
    for option in (["--size", "8"], ["--unreadable", "skip"]):
        assert main([*words, *option]) == ExitStatus.USAGE
        assert f"only for a folder of images; {path} is a file" in capsys.readouterr().err


def test_one_class_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = npz(tmp_path / "a.npz", (9, 8, 8), classes=1)
    assert main(["train", str(path), *QUICK]) == ExitStatus.USAGE
    assert capsys.readouterr().err == f"rot180: {path} has only the class '0'; a classifier needs at least two\n"


def test_the_number_of_workers_does_not_change_the_weights(tmp_path: Path) -> None:
    for workers in ("0", "3"):
        words = ["digits", *QUICK, "--workers", workers, "--out", str(tmp_path / workers)]
        assert main(["train", *words]) == 0
    weights = [(tmp_path / workers / "model.safetensors").read_bytes() for workers in ("0", "3")]
    assert weights[0] == weights[1]


def test_names_of_files_cannot_break_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = photographs(tmp_path / "photographs", 3)
    (folder / "dark" / "a\nb.png").write_bytes(b"not a picture")
    assert main(["train", str(folder), *QUICK, "--out", str(tmp_path / "r")]) == 0
    assert "skipped 1 unreadable file: dark/a\\nb.png: is not an image" in capsys.readouterr().out
