"""Find the files of a named data set in the user's folder or in the download cache."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .bounded_reading import Name

CACHE = "ROT180_CACHE"


def cache_folder() -> Path | None:
    """The folder of downloaded data sets: ROT180_CACHE, otherwise the system's cache, or None without pooch."""
    named = os.environ.get(CACHE)
    if named:
        return Path(named).expanduser()
    try:
        import pooch
    except ImportError:
        return None
    return Path(pooch.os_cache("rot180"))


def search_root(name: str, root: Name | None) -> Path | None:
    """The folder to search for a data set: `root` if given, otherwise the folder of the data set in the cache."""
    if root is not None:
        return Path(root)
    cache = cache_folder()
    return None if cache is None else cache / name


def find_files(start: Path | None, folders: Sequence[str], wanted: Sequence[Sequence[str]]) -> list[Path]:
    """The files of a data set, all from one folder; an empty list if no folder has them all.

    Args:
        start: the result of `search_root`.
        folders: the subfolders to try, in this order; "." is `start` itself.
        wanted: for each file the names to try, in this order.
    """
    for folder in [] if start is None else [start / folder for folder in folders]:
        files = [path for names in wanted for path in _first(folder, names)]
        if len(files) == len(wanted):
            return files
    return []


def _first(folder: Path, names: Sequence[str]) -> list[Path]:
    return [folder / name for name in names if (folder / name).is_file()][:1]


def files_not_found(
    op: str, root: Name | None, start: Path | None, folders: Sequence[str], files: str
) -> FileNotFoundError:
    """The error for missing files: their names, the folders that were searched, and what to do."""
    if root is None:
        where = "" if start is None else f" (not in the cache, {start})"
        remedy = "pass their folder (--data DIR), or download them (--download)"
        return FileNotFoundError(2, f"{op}: needs {files}{where}: {remedy}")
    if start is None or not start.exists():
        return FileNotFoundError(2, f"{op}: there is no folder {root}; a folder with {files} is needed")
    places = ", ".join(folder for folder in folders if folder != ".")
    return FileNotFoundError(2, f"{op}: needs {files}; they are neither in {start} nor in its subfolders {places}")
