"""Folders of class folders: sizes and colours from the data, bad files listed, wrong layouts explained."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rot180 import FormatError, MissingExtraError, ShapeError
from rot180.data import Subset, TensorDataset, folder, read_folder, read_folder_parts, read_image, stratified_split

from .sample_files import image_bytes, write_classes

RNG = np.random.default_rng(0)


def picture(*size: int) -> bytes:
    return image_bytes(RNG.integers(0, 256, size, np.uint8))


def test_images_labels_and_names_are_sorted(tmp_path: Path) -> None:
    write_classes(tmp_path, {"dog": 3, "cat": 2})
    data = read_folder(tmp_path)
    assert (data.images.shape, data.images.dtype) == ((5, 1, 8, 8), np.float32)
    assert data.labels.tolist() == [0, 0, 1, 1, 1]
    assert data.classes == ("cat", "dog")
    files = [tmp_path / "cat" / "0.png", tmp_path / "cat" / "1.png"]
    np.testing.assert_array_equal(data.images[:2], [read_image(file, (1, 8, 8)) for file in files])
    assert data.skipped == ()
    about = data.about
    assert (about["name"], about["path"], about["images"]) == ("folder", str(tmp_path), 5)
    assert (about["skipped"], about["ignored"]) == (0, 0)


def test_each_image_keeps_its_file_name_through_splits_and_skipped_files(tmp_path: Path) -> None:
    write_classes(tmp_path, {"cat": 3, "dog": 2, "dog/brown": 1})
    (tmp_path / "cat" / "1.png").write_bytes(b"damaged")
    images = read_folder(tmp_path)
    assert images.files == ("cat/0.png", "cat/2.png", "dog/0.png", "dog/1.png", "dog/brown/0.png")
    for part in stratified_split(images, 0.4):
        assert [file.split("/")[0] for file in part.files] == [part.classes[k] for k in part.labels]
        for image, file in zip(part.images, part.files, strict=True):
            np.testing.assert_array_equal(image, read_image(tmp_path / file, (1, 8, 8)))
    assert Subset(images, [4, 0]).files == ("dog/brown/0.png", "cat/0.png")
    assert Subset(TensorDataset(np.zeros(3)), [0]).files == ()


def test_hidden_and_other_files_are_ignored_and_deeper_folders_belong_to_their_class(tmp_path: Path) -> None:
    write_classes(tmp_path, {"cat": 2, "dog/puppies/brown": 2, "dog": 1, ".git": 3, "cat/.cache": 2})
    for name in ("readme.txt", "cat/notes.txt", "cat/.hidden.png", "cat/Thumbs.db", ".DS_Store", "cat/upper.PNG"):
        (tmp_path / name).write_bytes(picture(8, 8))
    data = read_folder(tmp_path)
    assert data.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.about["ignored"] == 2
    assert data.skipped == ()


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(28, 28)] * 3, (28, 28)),
        ([(20, 30), (22, 34), (400, 500)], (22, 34)),
        ([(480, 640)] * 2, (48, 64)),
        ([(2000, 2000)] * 2, (64, 64)),
        ([(3, 3)] * 2, (8, 8)),
        ([(100, 1000)] * 2, (8, 64)),
        ([(1, 1), (10, 10), (16, 16), (70, 70)], (10, 10)),
    ],
)
def test_the_default_size_is_the_median_between_8_and_64(
    tmp_path: Path, sizes: list[tuple[int, int]], expected: tuple[int, int]
) -> None:
    for number, size in enumerate(sizes):
        (tmp_path / "ab"[number % 2]).mkdir(exist_ok=True)
        (tmp_path / "ab"[number % 2] / f"{number}.png").write_bytes(image_bytes(np.zeros(size, np.uint8)))
    assert read_folder(tmp_path).images.shape[2:] == expected


def test_a_size_and_channels_may_be_given(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 1, "b": 1}, (9, 12, 3))
    assert read_folder(tmp_path, 16).images.shape == (2, 3, 16, 16)
    assert read_folder(tmp_path, (4, 6), 1).images.shape == (2, 1, 4, 6)
    assert read_folder(tmp_path, channels=3).images.shape == (2, 3, 9, 12)
    for size in (0, (3,), (2, -1), "8", 2.5):
        with pytest.raises(ShapeError, match=r"read_folder: size must be a side or \(height, width\), each at least 1"):
            read_folder(tmp_path, size)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match=r"read_folder: channels must be 1 \(grey\) or 3 \(colour\); got 2"):
        read_folder(tmp_path, channels=2)


def test_grey_unless_a_cell_is_coloured(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2})
    grey = np.repeat(RNG.integers(0, 256, (8, 8, 1), np.uint8), 3, 2)
    (tmp_path / "a" / "rgb.png").write_bytes(image_bytes(grey))
    data = read_folder(tmp_path)  # one is stored in colour, but has only grey cells
    assert data.images.shape[1] == 1
    np.testing.assert_allclose(data.images[2, 0] * 255, grey[..., 0], atol=1e-4)
    grey[3, 3, 0] ^= 255
    (tmp_path / "a" / "rgb.png").write_bytes(image_bytes(grey))
    assert read_folder(tmp_path).images.shape[1] == 3


def test_reading_again_with_the_size_and_channels_that_were_found_gives_the_same(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2})
    for number, file in enumerate(sorted(tmp_path.rglob("*.png"))):
        grey = np.repeat(RNG.integers(0, 256, (30 + number, 20, 1), np.uint8), 3, 2)
        file.with_suffix(".jpg").write_bytes(image_bytes(grey, "jpg"))  # stored in colour
        file.unlink()
    found = read_folder(tmp_path)
    channels, height, width = found.images.shape[1:]
    assert (channels, height, width) == (1, 31, 20)
    assert read_folder(tmp_path, (height, width), channels).about["sha256"] == found.about["sha256"]


def test_images_are_rotated_upright_before_they_are_measured(tmp_path: Path) -> None:
    Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed (the extra image)")
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in "ab":
        (tmp_path / name).mkdir()
        Image.fromarray(np.zeros((20, 40), np.uint8)).save(tmp_path / name / "1.jpg", exif=exif)
    assert read_folder(tmp_path).images.shape[2:] == (40, 20)


def test_unreadable_files_are_listed_and_skipped(tmp_path: Path) -> None:
    write_classes(tmp_path, {"cat": 3, "dog": 3})
    (tmp_path / "cat" / "1.png").write_bytes(b"no image")
    whole = picture(8, 8)
    (tmp_path / "dog" / "0.png").write_bytes(whole[:-30])  # its header is valid: found in the second pass
    (tmp_path / "dog" / "5.png").symlink_to(tmp_path / "absent")
    os.mkfifo(tmp_path / "dog" / "6.png")
    data = read_folder(tmp_path)
    assert data.labels.tolist() == [0, 0, 1, 1]
    names = ["0.png", "2.png"]
    np.testing.assert_array_equal(data.images[:2], [read_image(tmp_path / "cat" / n, (1, 8, 8)) for n in names])
    skipped = dict(data.skipped)
    assert sorted(skipped) == ["cat/1.png", "dog/0.png", "dog/5.png", "dog/6.png"]
    assert skipped["cat/1.png"].startswith("is not an image of a supported format")
    assert skipped["dog/0.png"].startswith("cannot be decoded: ")
    assert skipped["dog/5.png"] == "does not exist, or is a broken link"
    assert skipped["dog/6.png"] == "is not a regular file"
    assert data.about["skipped"] == 4


@pytest.mark.parametrize("damaged", [b"no image", None])
def test_unreadable_files_can_be_refused(tmp_path: Path, damaged: bytes | None) -> None:
    write_classes(tmp_path, {"cat": 3, "dog": 3})
    (tmp_path / "dog" / "1.png").write_bytes(damaged or picture(8, 8)[:-30])
    with pytest.raises(FormatError, match=r"read_image: .*dog/1.png (is not an image|cannot be decoded)"):
        read_folder(tmp_path, on_error="raise")
    with pytest.raises(ValueError, match="read_folder: on_error must be 'skip' or 'raise'; got 'ignore'"):
        read_folder(tmp_path, on_error="ignore")  # type: ignore[arg-type]


def test_wrong_layouts_are_explained(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"read_folder: there is no folder .*absent"):
        read_folder(tmp_path / "absent")
    needed = "at least two folders of images, one for each class, are needed, e.g. .*cat/1.png, .*dog/1.png"
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(picture(8, 8))
    with pytest.raises(FormatError, match=f"read_folder: .* has no folders and 3 files; {needed}"):
        read_folder(tmp_path)
    write_classes(tmp_path, {"cat": 1})
    with pytest.raises(FormatError, match=f"read_folder: .* has only the folder .cat. and 3 files; {needed}"):
        read_folder(tmp_path)
    (tmp_path / "dog").mkdir()
    with pytest.raises(FormatError, match=r"the class 'dog' in .* has no readable image \(it has no image files\)"):
        read_folder(tmp_path)
    for name in ("0.png", "1.png"):
        (tmp_path / "dog" / name).write_bytes(b"x")
    with pytest.raises(FormatError, match=r"'dog' .* \(2 unreadable, first dog/0.png: is not an image"):
        read_folder(tmp_path)


def test_too_many_images_are_refused_before_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2})
    assert len(read_folder(tmp_path, max_bytes=1024)) == 4
    monkeypatch.setattr(folder, "read_cells", lambda *_: pytest.fail("an image was decoded"))
    with pytest.raises(
        FormatError, match=r"4 images; as 1x8x8 float32 they take 1,024 bytes, more than max_bytes=1,023"
    ):
        read_folder(tmp_path, max_bytes=1023)
    monkeypatch.setattr(folder, "MAX_FILES", 3)
    with pytest.raises(FormatError, match=r"read_folder: .* holds more than 3 files"):
        read_folder(tmp_path)


def test_links_to_parent_folders_are_not_followed(tmp_path: Path) -> None:
    write_classes(tmp_path / "root", {"a": 1, "b": 1})
    (tmp_path / "root" / "a" / "up").symlink_to(tmp_path / "root")
    (tmp_path / "root" / "c").symlink_to(tmp_path / "root")
    (tmp_path / "root" / "d").symlink_to(tmp_path)
    (tmp_path / "root" / "e").symlink_to("e")
    (tmp_path / "root" / "g").symlink_to("/")
    write_classes(tmp_path / "elsewhere", {"x": 2})
    (tmp_path / "root" / "f").symlink_to(tmp_path / "elsewhere" / "x")  # a class may lie elsewhere
    data = read_folder(tmp_path / "root")
    assert (data.classes, data.labels.tolist()) == (("a", "b", "f"), [0, 1, 2, 2])


UNREADABLE = """
import os, sys
from rot180 import FormatError
from rot180.data import read_folder
os.chdir(sys.argv[1])
read_folder(".")  # while everything can still be imported
os.chmod("a/0.png", 0)
os.chmod("b/closed", 0)
if os.getuid() == 0:  # who may read everything
    os.setuid(65534)
print(read_folder(".").skipped)
try: read_folder(".", on_error="raise")
except (OSError, FormatError) as error: print(type(error).__name__, error)
"""


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs the permissions of POSIX")
def test_files_without_permission_are_listed(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 2, "b": 2, "b/closed": 1})
    for place in (tmp_path, tmp_path / "a", tmp_path / "b"):
        place.chmod(0o755)
    done = subprocess.run([sys.executable, "-c", UNREADABLE, str(tmp_path)], capture_output=True, text=True)
    (tmp_path / "b" / "closed").chmod(0o755)
    assert done.returncode == 0, done.stderr
    skipped, refused = done.stdout.splitlines()
    assert "('b/closed', 'Permission denied')" in skipped
    assert "('a/0.png', 'Permission denied')" in skipped
    assert "Permission denied" in refused


def test_photographs_are_read_on_several_threads_and_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_classes(tmp_path, {"a": 3, "b": 3}, (300, 300))
    one = read_folder(tmp_path)
    seen: set[int] = set()
    read_cells = folder.read_cells

    def noting(*arguments: Any) -> Any:
        seen.add(threading.get_ident())
        return read_cells(*arguments)

    monkeypatch.setattr(folder, "read_cells", noting)
    monkeypatch.setattr(folder, "THREADS", 3)
    got = read_folder(tmp_path)
    assert threading.get_ident() not in seen
    np.testing.assert_array_equal(got.images, one.images)


def test_without_pillow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_classes(tmp_path, {"a": 1, "b": 1})
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingExtraError, match="reading images needs Pillow, the extra 'image'"):
        read_folder(tmp_path)


def test_parts_are_divided_class_by_class(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 10, "b": 5})
    train, test = read_folder_parts(tmp_path, share=0.2, seed=3)
    assert (train.labels.tolist(), test.labels.tolist()) == ([0] * 8 + [1] * 4, [0, 0, 1])
    assert (train.about["split"], test.about["split"]) == ("train", "test")
    assert (test.about["split_seed"], test.about["held_out"]) == (3, 0.2)


@pytest.mark.parametrize("name", ["test", "val", "valid", "validation"])
def test_existing_parts_are_kept(tmp_path: Path, name: str) -> None:
    write_classes(tmp_path / "train", {"a": 3, "b": 2}, (12, 10))
    write_classes(tmp_path / name, {"a": 1, "b": 1}, (30, 30, 3))
    train, test = read_folder_parts(tmp_path)
    assert (train.images.shape, test.images.shape) == ((5, 1, 12, 10), (2, 1, 12, 10))
    assert (train.about["split"], test.about["split"]) == ("train", "test")
    assert train.about["path"] == test.about["path"] == str(tmp_path)  # the parts can be read again from this folder
    assert read_folder_parts(train.about["path"])[0].about == train.about
    write_classes(tmp_path / name, {"c": 1})
    with pytest.raises(FormatError, match=rf"read_folder: .*{name} has the classes a, b, c; a, b are needed"):
        read_folder_parts(tmp_path)
    for held_out, said in (("bc", "the classes a"), ("a", "no classes")):
        for other in held_out:
            shutil.rmtree(tmp_path / name / other)
        with pytest.raises(FormatError, match=rf"read_folder: .*{name} has {said}; a, b are needed"):
            read_folder_parts(tmp_path)


def test_a_folder_called_train_may_be_a_class(tmp_path: Path) -> None:
    write_classes(tmp_path, {"train": 4, "bus": 4})
    train, test = read_folder_parts(tmp_path)
    assert (train.classes, len(train), len(test)) == (("bus", "train"), 6, 2)
