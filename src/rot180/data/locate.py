"""Where the files of a named data set lie: in the folder that the user names, or in the cache that downloads fill."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
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


def find_files(op: str, root: Name | None, folders: Sequence[str], wanted: Mapping[str, Sequence[str]]) -> list[Path]:
    """The files of a data set, one for each entry of `wanted`, all from one folder.

    Args:
        op: begins the messages.
        root: where the user says they are; None for the cache.
        folders: the places below root that are tried, the most likely first; "." is root itself.
        wanted: for each file, under the name that messages show, the names that are tried.

    Raises FileNotFoundError, which lists the files and the folders looked into.
    """
    start = cache_folder() if root is None else Path(root)
    found = [] if start is None else [start / folder for folder in folders]
    for folder in found:
        files = [
            next((folder / name for name in names if (folder / name).is_file()), None) for names in wanted.values()
        ]
        if None not in files:
            return [file for file in files if file is not None]
    raise FileNotFoundError(2, _absent(op, root, start, folders, list(wanted)))


def _first(folder: Path, names: Sequence[str]) -> list[Path]:
    return [folder / name for name in names if (folder / name).is_file()][:1]


def _absent(op: str, root: Name | None, start: Path | None, folders: Sequence[str], names: list[str]) -> str:
    needed = ", ".join(names)
    if root is None:
        where = "" if start is None else f" (looked in the cache, {start})"
        return (
            f"{op}: needs the files {needed}{where}: give the folder that they are in (--data DIR), or download them "
            "(--download)"
        )
    if start is None or not start.is_dir():
        return f"{op}: there is no folder {root}; the folder with the files {needed} is needed"
    return f"{op}: needs the files {needed}; they are not together in {start} or below it in {', '.join(folders[1:])}"
