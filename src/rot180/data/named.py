"""One entry to all data: a set by its name, or what lies at a path.

train, test = load_parts("mnist", root="data")
train, test = load_parts("photographs", size=32)      # photographs/cat/1.png, photographs/dog/1.png ...
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..spelling import unknown_name
from .cifar import cifar10
from .dataset import LabelledImages
from .folder import read_folder_parts
from .mnist_sets import fashion_mnist, mnist
from .npz import read_npz_parts
from .reading import Name
from .uci_digits import digits


def _digits(split: str, root: Name | None) -> LabelledImages:
    if root is not None:
        raise ValueError("digits: the digits come with the package; no folder (--data) is needed")
    return digits(split)


READERS: dict[str, Callable[[str, Name | None], LabelledImages]] = {
    "digits": _digits,
    "mnist": mnist,
    "fashion-mnist": fashion_mnist,
    "cifar10": cifar10,
}


FOLDER_ONLY, FILE_ONLY = {"size", "channels", "on_error"}, {"layout"}
OPTIONS = {"share": "share (--held-out)", "on_error": "on_error (--unreadable)"}  # whose names in a command differ


def names() -> list[str]:
    """The data sets that have a name."""
    return list(READERS)


def load(source: Name, split: str = "train", root: Name | None = None, **options: Any) -> LabelledImages:
    """One part of a data set, "train" or "test"; all else as for `load_parts`."""
    if split not in ("train", "test"):
        raise ValueError(f"load: split must be 'train' or 'test'; got {split!r}")
    if _is_name(source, options):
        return READERS[str(source)](split, root)
    return load_parts(source, root, **options)[split == "test"]


def load_parts(source: Name, root: Name | None = None, **options: Any) -> tuple[LabelledImages, LabelledImages]:
    """The images to train on and those held out.

    Args:
        source: "digits", "mnist", "fashion-mnist", "cifar10", or the path of a folder of class folders or of a .npz
            file.
        root: where the files of a named set lie; by default where `download` puts them.
        options: for a folder those of `read_folder_parts` (size, channels, on_error, share, seed), for a file those of
            `read_npz_parts` (layout, share, seed).

    A folder that has the name of a data set is written as a path: ./mnist. Raises FileNotFoundError, FormatError.
    """
    if _is_name(source, options):
        read = READERS[str(source)]
        return read("train", root), read("test", root)
    if root is not None:
        raise ValueError(f"load: root (--data) is for data sets with a name; {os.fspath(source)} is a path")
    is_folder = Path(source).is_dir()
    misplaced = sorted(set(options) & (FILE_ONLY if is_folder else FOLDER_ONLY))
    if misplaced:
        kind, needed = ("folder", "file") if is_folder else ("file", "folder")
        raise ValueError(f"load: {_said(misplaced)}: only for a {needed} of images; {os.fspath(source)} is a {kind}")
    return (read_folder_parts if is_folder else read_npz_parts)(source, **options)


def _is_name(source: Name, options: dict[str, Any]) -> bool:
    """Whether a source is a name, and no path; FileNotFoundError if it is neither."""
    if str(source) in READERS and isinstance(source, str):
        if options:
            raise ValueError(f"load: {_said(options)}: only for images at a path; {source} is as it is")
        return True
    if not Path(source).exists():
        name = os.fspath(source)
        begin = f"load: {name!r} is neither a data set nor an existing folder or file"
        raise FileNotFoundError(2, unknown_name("data set", name, READERS, begin))
    return False


def _said(options: Iterable[str]) -> str:
    return ", ".join(OPTIONS.get(name, name) for name in options)
