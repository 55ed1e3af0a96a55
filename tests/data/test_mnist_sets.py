"""MNIST and Fashion-MNIST: found in the usual folders, read with class names, and not confused."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from rot180 import FormatError
from rot180.data import fashion_mnist, mnist

from .sample_files import idx_bytes, write_mnist


@pytest.mark.parametrize("place", [".", "mnist", "raw", "mnist/raw", "MNIST/raw"])
def test_the_files_are_found_in_the_usual_subfolders(tmp_path: Path, place: str) -> None:
    write_mnist(tmp_path / place)
    train, test = mnist("train", tmp_path), mnist("test", tmp_path)
    assert train.images.shape == (12, 1, 28, 28)
    assert (train.images.dtype, train.labels.dtype) == (np.float32, np.int64)
    assert (train.images.min(), train.images.max()) == (0, 1)
    assert test.labels.tolist() == [0, 1, 2, 3, 4]
    assert train.classes == tuple("0123456789")


@pytest.mark.parametrize("form", ["{}.gz", "{}", "dotted"])
def test_compressed_files_and_names_with_a_dot_are_read(tmp_path: Path, form: str) -> None:
    write_mnist(tmp_path)
    plain = mnist("test", tmp_path)
    for path in list(tmp_path.iterdir()):
        if form == "dotted":
            path.rename(tmp_path / path.name.replace("-idx", ".idx"))
        elif form == "{}.gz":
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
    got = mnist("test", tmp_path)
    np.testing.assert_array_equal(got.images, plain.images)
    assert got.about["sha256"] == plain.about["sha256"]


def test_about_describes_the_files_that_were_read(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    about = fashion_mnist("train", tmp_path).about
    assert about.pop("sha256").isalnum()
    files = {"train-images-idx3-ubyte": 16 + 12 * 784, "train-labels-idx1-ubyte": 8 + 12}
    prepared = {"ink": True, "margin": 0}
    assert about == {"name": "fashion-mnist", "split": "train", "files": files, "images": 12, **prepared}
    assert mnist("test", tmp_path).about["margin"] == 4


def test_missing_files_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROT180_CACHE", str(tmp_path / "cache"))
    names = r"t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, compressed \(.gz\) or not"
    with pytest.raises(FileNotFoundError, match=rf"mnist: needs the files {names}; they are neither in .* mnist, raw,"):
        mnist("test", tmp_path)
    with pytest.raises(FileNotFoundError, match=rf"there is no folder .*absent; a folder with the files {names}"):
        mnist("test", tmp_path / "absent")
    todo = r"pass their folder \(--data DIR\), or download them \(--download\)"
    with pytest.raises(FileNotFoundError, match=rf"mnist: needs .* \(not in the cache, .*cache/mnist\): {todo}"):
        mnist("test")
    write_mnist(tmp_path / "cache" / "mnist")
    assert len(mnist("test")) == 5


def test_all_files_come_from_one_folder(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    (tmp_path / "raw").mkdir()
    (tmp_path / "t10k-labels-idx1-ubyte").rename(tmp_path / "raw" / "t10k-labels-idx1-ubyte")
    with pytest.raises(FileNotFoundError, match="mnist: needs the files"):
        mnist("test", tmp_path)


@pytest.mark.parametrize(
    ("kind", "array", "message"),
    [
        ("images-idx3", np.zeros((5, 27, 28), np.uint8), r"has uint8 of shape \(5, 27, 28\); uint8 \(N, 28, 28\)"),
        ("images-idx3", np.zeros((5, 28, 28), np.float32), "has float32 of shape"),
        ("images-idx3", np.zeros((), np.uint8), r"has uint8 of shape \(\); uint8"),
        (
            "labels-idx1",
            np.zeros(4, np.uint8),
            r"has uint8 of shape \(4,\); uint8 of shape \(5,\) is needed, a label",
        ),
        ("labels-idx1", np.zeros(5, np.int32), "has int32 of shape"),
        ("labels-idx1", np.full(5, 10, np.uint8), "has the label 10; labels must be from 0 to 9"),
    ],
)
def test_files_of_another_set_are_refused(tmp_path: Path, kind: str, array: np.ndarray, message: str) -> None:
    write_mnist(tmp_path)
    (tmp_path / f"t10k-{kind}-ubyte").write_bytes(idx_bytes(array))
    with pytest.raises(FormatError, match=f"^mnist: .*t10k-{kind}-ubyte {message}"):
        mnist("test", tmp_path)


def test_an_unknown_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="fashion_mnist: split must be 'train' or 'test'; got 'valid'"):
        fashion_mnist("valid", tmp_path)


def test_the_real_mnist(data_dir: Path) -> None:
    train, test = mnist("train", data_dir), mnist("test", data_dir)
    assert (train.images.shape, test.images.shape) == ((60000, 1, 28, 28), (10000, 1, 28, 28))
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(train.labels).tolist() == counts
    assert float(train.images.mean()) == pytest.approx(0.1307, abs=5e-5)
    assert float(train.images.std(dtype=np.float64)) == pytest.approx(0.3081, abs=5e-5)


def test_the_real_fashion_mnist_is_not_mistaken_for_mnist(data_dir: Path) -> None:
    test = fashion_mnist("test", data_dir)
    assert np.bincount(test.labels).tolist() == [1000] * 10
    assert test.classes[test.labels[0]] == "Ankle boot"
    with pytest.raises(FormatError, match=r"mnist: .* the files of fashion-mnist, but the files of mnist are needed"):
        mnist("test", data_dir / "fashion-mnist")
