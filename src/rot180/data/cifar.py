"""CIFAR-10: 50,000 training images and 10,000 test images, 32x32 in colour, in 10 classes; the binary version.

A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.

A file has rows of 3,073 bytes: the label, then 1,024 cells each of red, green and blue. The Python version of the data
set is not read, because it consists of pickles.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import FormatError
from .bounded_reading import Name, read_into, require_file
from .dataset import Array, LabelledImages
from .file_search import files_not_found, find_files, search_root
from .tar import read_members

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FILES = {"train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)), "test": ("test_batch.bin",)}
ARCHIVE = "cifar-10-binary.tar.gz"
PICKLES = ("data_batch_1", "test_batch", "cifar-10-python.tar.gz", "cifar-10-batches-py/data_batch_1")
FOLDERS = (".", "cifar-10-batches-bin", "cifar10", "cifar10/cifar-10-batches-bin")
SHAPE = (3, 32, 32)
ROW = 1 + 3 * 32 * 32
MAX_BYTES = 100_000 * ROW  # the limit for one file; the original files have 10,000 rows


def cifar10(split: str = "train", root: Name | None = None) -> LabelledImages:
    """Load photographs of animals and vehicles: images float32 (N, 3, 32, 32), 0 to 1, and labels int64 (N,), 0 to 9.

    Args:
        split: "train" or "test".
        root: the folder with data_batch_1.bin to data_batch_5.bin and test_batch.bin, or with cifar-10-binary.tar.gz,
            which is read without unpacking it; or the path of that archive. The subfolders cifar-10-batches-bin and
            cifar10 are searched too. Default: the folder of `download("cifar10")`.

    Raises FileNotFoundError, which lists the files, and FormatError for damaged files and for the Python version.
    """
    if split not in FILES:
        raise ValueError(f"cifar10: split must be 'train' or 'test'; got {split!r}")
    source, files = _files(split, root)
    sizes = {name: len(cells) // ROW for name, cells in files.items()}
    if len(set(sizes.values())) > 1:
        counts = ", ".join(f"{name} {rows:,}" for name, rows in sizes.items())
        raise FormatError(
            f"cifar10: the files in {source} have different numbers of images: {counts}; is one truncated?"
        )
    rows = np.concatenate(list(files.values())).reshape(-1, ROW)
    labels = rows[:, 0]
    if labels.max() >= len(CLASSES):
        row = int(labels.argmax())
        raise FormatError(f"cifar10: {source}: the label of image {row} is {labels[row]}; labels must be from 0 to 9")
    about = {"name": "cifar10", "split": split, "files": {name: len(cells) for name, cells in files.items()}}
    return LabelledImages.from_bytes(rows[:, 1:].reshape(-1, *SHAPE), labels, CLASSES, about)


def _files(split: str, root: Name | None) -> tuple[Path, dict[str, Array]]:
    """The folder or archive of a split, and the bytes of each of its files, which are whole rows."""
    start = search_root("cifar10", root)
    names = FILES[split]
    paths = find_files(start, FOLDERS, [[name] for name in names])
    if paths:
        source = paths[0].parent
        files = {path.name: _read(path) for path in paths}
    else:
        source = start if start is not None and start.is_file() else _archive(root, start)
        files = read_members("cifar10", source, names, MAX_BYTES)
        missing = ", ".join(name for name in names if name not in files)
        if missing:
            raise FormatError(f"cifar10: {source} does not contain {missing}; the binary version, {ARCHIVE}, is needed")
    for name, cells in files.items():
        if len(cells) % ROW or not len(cells):
            raise FormatError(
                f"cifar10: {source / name} has {len(cells):,} bytes; a multiple of {ROW:,} is needed, a label and "
                f"3x32x32 cells for each image: it is truncated, or does not belong to the binary version"
            )
    return source, {name: files[name] for name in names}


def _archive(root: Name | None, start: Path | None) -> Path:
    archives = find_files(start, FOLDERS, [[ARCHIVE, ARCHIVE.removesuffix(".gz")]])
    if archives:
        return archives[0]
    pickles = [path for name in PICKLES for path in find_files(start, FOLDERS, [[name]])]
    if pickles:
        raise FormatError(
            f"cifar10: {pickles[0]} belongs to the version for Python, which consists of pickles. A pickle can run "
            f"any program, so it is not read; the binary version is needed: {ARCHIVE}"
        )
    files = f"the files data_batch_1.bin to data_batch_5.bin and test_batch.bin, or {ARCHIVE}"
    raise files_not_found("cifar10", root, start, FOLDERS, files)


def _read(path: Path) -> Array:
    cells = np.empty(require_file("cifar10", path, MAX_BYTES), np.uint8)
    with open(path, "rb") as file:
        return cells[: read_into(file, cells)]
