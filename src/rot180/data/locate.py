"""Where the files of a named data set lie: in the folder that the user names, or in the cache that downloads fill."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .reading import Name

CACHE = "ROT180_CACHE"


def cache_folder() -> Path | None:
    """The folder of downloaded data sets: ROT180_CACHE, else the platform's; None without pooch, which knows it."""
    named = os.environ.get(CACHE)
    if named:
        return Path(named).expanduser()
    try:
        import pooch
    except ImportError:
        return None
    return Path(pooch.os_cache("rot180"))


def start_folder(name: str, root: Name | None) -> Path | None:
    """Where to look for a set: the folder that the user named, else the place of the set in the cache."""
    if root is not None:
        return Path(root)
    cache = cache_folder()
    return None if cache is None else cache / name


def find_files(start: Path | None, folders: Sequence[str], wanted: Sequence[Sequence[str]]) -> list[Path]:
    """The files of a data set, all from one folder; an empty list if there is none that has them all.

    Args:
        start: what `start_folder` gives.
        folders: the places below it that are tried, in this order; "." is `start` itself.
        wanted: for each file the names that are tried, in this order.
    """
    for folder in [] if start is None else [start / folder for folder in folders]:
        files = [path for names in wanted for path in _first(folder, names)]
        if len(files) == len(wanted):
            return files
    return []


def _first(folder: Path, names: Sequence[str]) -> list[Path]:
    return [folder / name for name in names if (folder / name).is_file()][:1]


def absent(op: str, root: Name | None, start: Path | None, folders: Sequence[str], files: str) -> FileNotFoundError:
    """The error for files that were not found: what is needed, where it was looked for, what to do."""
    if root is None:
        where = "" if start is None else f" (not in the cache, {start})"
        todo = "give the folder that they are in (--data DIR), or download them (--download)"
        return FileNotFoundError(2, f"{op}: needs {files}{where}: {todo}")
    if start is None or not start.exists():
        return FileNotFoundError(2, f"{op}: there is no folder {root}; one with {files} is needed")
    places = ", ".join(folder for folder in folders if folder != ".")
    return FileNotFoundError(2, f"{op}: needs {files}; they are neither in {start} nor below it in {places}")
