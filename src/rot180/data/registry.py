"""Load data by name or by path.

train, test = load_parts("mnist", root="data")
train, test = load_parts("photographs", size=32)      # photographs/cat/1.png, photographs/dog/1.png ...
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..spelling import unknown_name
from .bounded_reading import Name
from .cifar import cifar10
from .dataset import LabelledImages
from .folder import read_folder_parts
from .mnist_sets import fashion_mnist, mnist
from .npz import read_npz_parts
from .uci_digits import digits


def _digits(split: str, root: Name | None) -> LabelledImages:
    if root is not None:
        raise ValueError("digits: the digits come with rot180, so a folder (--data) is not allowed")
    return digits(split)


READERS: dict[str, Callable[[str, Name | None], LabelledImages]] = {
    "digits": _digits,
    "mnist": mnist,
    "fashion-mnist": fashion_mnist,
    "cifar10": cifar10,
}


FOLDER_ONLY, FILE_ONLY = {"size", "channels", "on_error"}, {"layout"}
OPTIONS = {  # argument: its name in messages, with the option of the command line
    "share": "share (--held-out)", "on_error": "on_error (--unreadable)", "size": "size (--size)",
    "layout": "layout (--layout)",
}  # fmt: skip


def names() -> list[str]:
    """The names of the data sets."""
    return list(READERS)


def load(source: Name, split: str = "train", root: Name | None = None, **options: Any) -> LabelledImages:
    """Load one part of a data set, "train" or "test"; the remaining arguments are those of `load_parts`."""
    if split not in ("train", "test"):
        raise ValueError(f"load: split must be 'train' or 'test'; got {split!r}")
    if _is_name(source, options):
        return READERS[str(source)](split, root)
    return load_parts(source, root, **options)[split == "test"]


def load_parts(source: Name, root: Name | None = None, **options: Any) -> tuple[LabelledImages, LabelledImages]:
    """Load the training images and the held-out images.

    Args:
        source: "digits", "mnist", "fashion-mnist", "cifar10", or the path of a .npz file or of a folder with one
            subfolder per class. If a folder has the name of a data set, write its path as ./mnist, for example.
        root: the folder with the files of a named set; default: the folder of `download`.
        options: for a folder, the options of `read_folder_parts` (size, channels, on_error, share, seed); for a .npz
            file, the options of `read_npz_parts` (layout, share, seed).

    Raises FileNotFoundError, FormatError, and ValueError for options that do not fit the source.
    """
    if _is_name(source, options):
        reader = READERS[str(source)]
        return reader("train", root), reader("test", root)
    if root is not None:
        raise ValueError(f"load: root (--data) is for named data sets; {os.fspath(source)} is a path")
    is_folder = Path(source).is_dir()
    misplaced = sorted(set(options) & (FILE_ONLY if is_folder else FOLDER_ONLY))
    if misplaced:
        kind, needed = ("folder", ".npz file") if is_folder else ("file", "folder of images")
        raise ValueError(f"load: {_listed(misplaced)} is only for a {needed}; {os.fspath(source)} is a {kind}")
    return (read_folder_parts if is_folder else read_npz_parts)(source, **options)


def _is_name(source: Name, options: dict[str, Any]) -> bool:
    """True if a source is a name, False if it is a path. Raises FileNotFoundError if it is neither."""
    if str(source) in READERS and isinstance(source, str):
        if options:
            raise ValueError(f"load: {_listed(options)} is only for your own images; {source} is a fixed data set")
        return True
    if not Path(source).exists():
        name = os.fspath(source)
        begin = f"load: {name!r} is neither a data set nor an existing folder or file"
        raise FileNotFoundError(2, unknown_name("data set", name, READERS, begin))
    return False


def _listed(options: Iterable[str]) -> str:
    return ", ".join(OPTIONS.get(name, name) for name in options)
