"""CIFAR-10: the binary version, from its files or its archive; pickles are not read."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from rot180 import FormatError
from rot180.data import cifar10

from .sample_files import cifar_batches, cifar_bytes, tar_bytes

ARCHIVE = "cifar-10-binary.tar.gz"


def write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


@pytest.mark.parametrize("place", [".", "cifar-10-batches-bin", "cifar10", "cifar10/cifar-10-batches-bin"])
def test_the_files_are_found_in_the_usual_subfolders(tmp_path: Path, place: str) -> None:
    write(tmp_path / place, cifar_batches(4))
    train, test = cifar10("train", tmp_path), cifar10("test", tmp_path)
    assert (train.images.shape, train.images.dtype) == ((20, 3, 32, 32), np.float32)
    assert train.labels.tolist() == [0, 1, 2, 3] * 5
    assert len(test) == 4
    assert train.classes[:3] == ("airplane", "automobile", "bird")
    assert train.about["files"]["data_batch_3.bin"] == 4 * 3073


def test_a_row_is_the_label_then_the_planes_of_red_green_and_blue(tmp_path: Path) -> None:
    row = np.zeros(3073, np.uint8)
    row[0], row[1], row[2], row[1 + 32], row[1 + 1024], row[-1] = 7, 255, 51, 102, 153, 204
    write(tmp_path, {"test_batch.bin": row.tobytes()})
    data = cifar10("test", tmp_path)
    image = data.images[0]
    cells = [image[0, 0, 0], image[0, 0, 1], image[0, 1, 0], image[1, 0, 0], image[2, 31, 31]]
    np.testing.assert_allclose(cells, [1, 0.2, 0.4, 0.6, 0.8], rtol=1e-6)
    assert data.classes[data.labels[0]] == "horse"


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_the_archive_is_read_without_unpacking_it(tmp_path: Path, mode: str) -> None:
    write(tmp_path / "files", cifar_batches())
    path = tmp_path / (ARCHIVE if mode == "w:gz" else "cifar-10-binary.tar")
    path.write_bytes(tar_bytes({"readme.html": b"<html>"} | cifar_batches(), mode))
    for split in ("train", "test"):
        want = cifar10(split, tmp_path / "files")
        for root in (tmp_path, path):
            got = cifar10(split, root)
            np.testing.assert_array_equal(got.images, want.images)
            assert got.about == want.about
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(["files", path.name])


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"test_batch.bin": cifar_bytes(2)[:-1]}, "test_batch.bin has 6,145 bytes; a multiple of 3,073 is needed"),
        ({"test_batch.bin": b""}, "test_batch.bin has 0 bytes; a multiple of 3,073"),
        ({"test_batch.bin": b"\x0a" + bytes(3072)}, "the label of image 0 is 10; labels must be from 0 to 9"),
        (
            {ARCHIVE: tar_bytes({"x": b"y"})},
            f"{ARCHIVE} does not contain test_batch.bin; the binary version, ",
        ),
        ({ARCHIVE: b"PK"}, f"{ARCHIVE} is truncated, or is not a tar archive"),
        ({ARCHIVE: tar_bytes({"test_batch.bin": cifar_bytes(1) + b"!"})}, r"test_batch.bin has 3,074 bytes"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    write(tmp_path, files)
    with pytest.raises(FormatError, match=f"^cifar10: .*{message}"):
        cifar10("test", tmp_path)


def test_batches_of_different_length_are_refused(tmp_path: Path) -> None:
    write(tmp_path, cifar_batches(4) | {"data_batch_2.bin": cifar_bytes(3)})
    with pytest.raises(
        FormatError, match=r"different numbers of images: data_batch_1.bin 4, data_batch_2.bin 3, .*trunc"
    ):
        cifar10("train", tmp_path)


@pytest.mark.parametrize(
    "place", ["data_batch_1", "test_batch", "cifar-10-python.tar.gz", "cifar-10-batches-py/data_batch_1"]
)
def test_the_python_version_is_refused_without_reading_it(tmp_path: Path, place: str) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (tmp_path / "owned",)

    write((tmp_path / place).parent, {Path(place).name: pickle.dumps(Evil())})
    with pytest.raises(FormatError, match=rf"cifar10: .*{place} belongs to the version for Python.* needed: {ARCHIVE}"):
        cifar10("train", tmp_path)
    assert not (tmp_path / "owned").exists()


def test_missing_files_are_listed(tmp_path: Path) -> None:
    names = f"data_batch_1.bin to data_batch_5.bin and test_batch.bin, or {ARCHIVE}"
    with pytest.raises(FileNotFoundError, match=f"cifar10: needs the files {names}; they are neither in"):
        cifar10("train", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"cifar10: there is no folder .*absent"):
        cifar10("train", tmp_path / "absent")
    with pytest.raises(ValueError, match="cifar10: split must be 'train' or 'test'; got 'val'"):
        cifar10("val", tmp_path)
