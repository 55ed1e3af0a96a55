"""Files appear whole or not at all: written beside their place under another name, then moved there in one step.

Everything that rot180 writes goes through here. A process that dies, a full disk or a pressed Ctrl-C leaves the file
that was there before. Several files that belong together are moved only after all of them are safely on the disk.

Deliberately absent: appending. A file that grows is rewritten whole.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

Name = str | os.PathLike[str]

_TEMPORARY = re.compile(r"\.(.*)\.[0-9a-f]{16}\.tmp", re.DOTALL)


class WriteError(OSError):
    """A file or folder that could not be written; the message names it and the cause. Nothing was changed."""

    def __init__(self, path: Name, error: OSError) -> None:
        cause = error.strerror or str(error) or type(error).__name__
        super().__init__(error.errno, f"cannot write {os.fspath(path)}: {cause}; what was there before is unchanged")

    def __str__(self) -> str:
        return str(self.strerror)


def write_bytes(path: Name, data: bytes) -> None:
    """Write the whole of `data` to `path`, or raise WriteError and leave what was there."""
    write_files({path: data})


def write_text(path: Name, text: str) -> None:
    """Write `text` as UTF-8 with the line ends that it has, or raise WriteError and leave what was there."""
    write_bytes(path, text.encode())


def write_files(contents: Mapping[Name, bytes] | Mapping[str, bytes] | Mapping[Path, bytes]) -> None:
    """Write several files: none is replaced before all of them are on the disk.

    Only a crash between the moves themselves, one rename per file, can leave some of them new and some old.
    Raises WriteError; the files that were there are unchanged unless a move itself failed after another had succeeded.
    """
    ready: list[tuple[Path, Path]] = []  # (temporary, place) of the files that are on the disk
    asked: Name = ""
    try:
        for asked, data in contents.items():
            place = Path(os.path.realpath(asked))  # through a link to the file itself, so that the link stays a link
            # In the same folder, so that the move is a rename and never a copy. Named before it exists: an interrupt
            # in the midst of making it must find the name.
            temporary = place.with_name(f".{place.name[:100]}.{secrets.token_hex(8)}.tmp")
            ready.append((temporary, place))
            _write(temporary, data, place)
        for temporary, place in ready:
            asked = place
            os.replace(temporary, place)
        for folder in {place.parent for _, place in ready}:
            _sync_folder(folder)
    except OSError as error:
        raise WriteError(asked, error) from error
    finally:
        for temporary, _ in ready:
            with contextlib.suppress(OSError):  # moved, or never made
                temporary.unlink(missing_ok=True)


def make_folder(path: Name) -> Path:
    """Make a folder, with its parents, unless it is there; raises WriteError where that is impossible."""
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise WriteError(path, error) from error
    return folder


def leftover_of(path: Path) -> str | None:
    """The name (its first 100 characters) of the file that a process was writing here when it was killed, if any."""
    found = _TEMPORARY.fullmatch(path.name)
    return found[1] if found and path.is_file() else None


def _write(temporary: Path, data: bytes, place: Path) -> None:
    """The file with the permissions of the one that it replaces, or else with those that any new file would get."""
    if place.is_dir():
        raise IsADirectoryError(21, "Is a directory")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileNotFoundError):
        os.chmod(temporary, stat.S_IMODE(place.stat().st_mode))


def _sync_folder(folder: Path) -> None:
    """Put the renames themselves on the disk, where the system can; the contents are there already."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
