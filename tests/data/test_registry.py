"""Loading data by name, folder or file, in two parts; each mistake has its own message."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rot180.data import digits, load, load_parts
from rot180.data.registry import names

from .sample_files import cifar_batches, npz_bytes, write_classes, write_mnist


def test_the_names_are_those_that_can_be_loaded(tmp_path: Path) -> None:
    assert names() == ["digits", "mnist", "fashion-mnist", "cifar10"]
    write_mnist(tmp_path)
    for name, data in cifar_batches().items():
        (tmp_path / name).write_bytes(data)
    for name, counts in (("mnist", (12, 5)), ("fashion-mnist", (12, 5)), ("cifar10", (20, 4))):
        parts = load_parts(name, tmp_path)
        assert tuple(len(part) for part in parts) == counts
        assert [part.about["split"] for part in parts] == ["train", "test"]
        np.testing.assert_array_equal(load(name, "test", tmp_path).images, parts[1].images)


def test_the_digits_need_no_folder() -> None:
    np.testing.assert_array_equal(load("digits", "test").images, digits("test").images)
    with pytest.raises(ValueError, match=r"the digits come with rot180, so a folder \(--data\) is not allowed"):
        load("digits", root=".")


@pytest.mark.parametrize("kind", ["folder", "npz"])
def test_data_are_loaded_by_path(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "folder":
        write_classes(tmp_path / "mnist", {"a": 5, "b": 5})
        monkeypatch.chdir(tmp_path)
        source: str | Path = "./mnist"
    else:
        source = tmp_path / "a.npz"
        source.write_bytes(npz_bytes(x=np.zeros((10, 8, 8), np.uint8), y=np.arange(10) % 2))
    train, test = load_parts(source, share=0.4, seed=1)
    assert (len(train), len(test)) == (6, 4)
    np.testing.assert_array_equal(load(source, "test", share=0.4, seed=1).labels, test.labels)


def test_wrong_arguments_have_distinct_messages(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match="'mnits' is neither a data set nor an existing folder or file: did you mean 'mnist'"
    ):
        load("mnits")
    with pytest.raises(ValueError, match="load: split must be 'train' or 'test'; got 'val'"):
        load("mnist", "val")
    with pytest.raises(ValueError, match=r"load: size \(--size\) is only for your own images; mnist is a fixed"):
        load("mnist", size=3)
    with pytest.raises(ValueError, match=r"load: root \(--data\) is for named data sets; .* is a path"):
        load(tmp_path, root=tmp_path)
