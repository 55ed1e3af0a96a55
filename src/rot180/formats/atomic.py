"""Write files completely or not at all.

All files that rot180 writes are written by this module. A regular file is written under a temporary name in the same
folder and then renamed, so a crash, a full disk or Ctrl-C leaves the previous file unchanged. If several files belong
together, none is renamed before all of them are on the disk.

Devices, named pipes and the descriptors of this process (`/dev/stdout`, `/dev/fd/N`) are opened and written: a rename
would replace them with a regular file. Sockets are refused.

Appending is not supported: a file that grows is rewritten.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

Name = str | os.PathLike[str]

MAX_LINKS = 40  # Linux's own limit on a chain of symbolic links
_TEMPORARY = re.compile(r"\.(.*)\.[0-9a-f]{16}\.tmp", re.DOTALL)


class WriteError(OSError):
    """Raised if a file or folder could not be written.

    Args:
        path: the file or folder that the message names.  error: the cause.
        unchanged: add to the message that no file was changed.
    """

    def __init__(self, path: Name, error: OSError, unchanged: bool = True) -> None:
        cause = error.strerror or str(error) or type(error).__name__
        self._path, self._cause, self._unchanged = os.fspath(path), cause, unchanged
        message = f"cannot write {self._path}: {cause}"
        super().__init__(error.errno, f"{message}; no file was changed" if unchanged else message)

    def __str__(self) -> str:
        return str(self.strerror)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the constructor's arguments; otherwise a parent that gets this error from a worker would hang."""
        return type(self), (self._path, OSError(self.errno, self._cause), self._unchanged)


class _Replacement(NamedTuple):
    """A regular file that is written under a temporary name and then renamed."""

    temporary: Path
    target: Path


def write_bytes(path: Name, data: bytes) -> None:
    """Write `data` to `path`; raises WriteError."""
    write_files({path: data})


def write_text(path: Name, text: str) -> None:
    """Write `text` to `path` as UTF-8, with unchanged line ends; raises WriteError."""
    write_bytes(path, text.encode())


def write_files(contents: Mapping[Name, bytes] | Mapping[str, bytes] | Mapping[Path, bytes]) -> None:
    """Write several files; none is replaced before all of them are on the disk.

    Some files can be new and some old only if the process crashes between the renames. Devices and pipes are written
    after the temporary files and before the renames, so an error in one of them changes no regular file.

    Raises WriteError.
    """
    replacements: list[_Replacement] = []
    streams: list[tuple[Name, bytes]] = []
    current: Name = ""
    unchanged = True
    try:
        for current, data in contents.items():
            if _is_stream(current):
                streams.append((current, data))
                continue
            target = Path(os.path.realpath(current))  # a symbolic link stays a link: the file behind it is replaced
            # The temporary file is in the same folder, so that the rename never copies. It is recorded before it
            # exists, so that an interrupt while it is created still removes it.
            temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.tmp")
            replacements.append(_Replacement(temporary, target))
            _write_temporary(temporary, data, target)
        for current, data in streams:
            unchanged = False
            _write_stream(current, data)
        for temporary, target in replacements:
            current = target
            os.replace(temporary, target)
            unchanged = False
        for folder in {target.parent for _, target in replacements}:
            _sync_folder(folder)
    except OSError as error:
        raise WriteError(current, error, unchanged) from error
    finally:
        for temporary, _ in replacements:
            with contextlib.suppress(OSError):  # renamed already, or never created
                temporary.unlink(missing_ok=True)


def make_folder(path: Name) -> Path:
    """Create a folder and its parents if they do not exist; raises WriteError."""
    folder = Path(path)
    try:
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise WriteError(path, error) from error
    return folder


def check_folder(path: Name) -> None:
    """Raise WriteError if `make_folder` would fail; nothing is created."""
    existing = Path(path).absolute()
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    try:
        if not existing.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(existing, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise WriteError(path, error) from error


def leftover_of(path: Path) -> str | None:
    """The first 100 characters of the target's name if `path` is a temporary file of this module, otherwise None."""
    match = _TEMPORARY.fullmatch(path.name)
    return match[1] if match and path.is_file() else None


def _is_stream(path: Name) -> bool:
    """True if `path` must be opened and written instead of replaced. Raises OSError for a socket or a folder."""
    if _own_descriptor(path) is not None:
        return True
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return False  # a new file, or a missing folder; the write raises an error for the latter
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if stat.S_ISSOCK(mode):
        raise OSError(errno.ENXIO, "Is a socket")
    return not stat.S_ISREG(mode)


def _own_descriptor(path: Name) -> int | None:
    """The number N if `path` leads to /dev/fd/N of this process, as /dev/stdout does; otherwise None.

    The file behind such a link may be a regular one (`rot180 ... --json /dev/stdout > file`). If that file were
    replaced, other programs that have it open would not see the new content.
    """
    place = os.fspath(path)
    for _ in range(MAX_LINKS):
        folder, name = os.path.split(place)
        if name.isdecimal() and re.fullmatch(rf"/dev/fd|/proc/{os.getpid()}(/task/\d+)?/fd", os.path.realpath(folder)):
            return int(name)
        try:
            place = os.path.join(folder, os.readlink(place))
        except OSError:  # not a link
            return None
    return None


def _write_stream(path: Name, data: bytes) -> None:
    """Write to a device, to a named pipe (this waits for its reader) or to a descriptor of this process."""
    own = _own_descriptor(path)
    if own is None:
        descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0))
    else:
        for stream in (sys.stdout, sys.stderr):  # earlier output must come first
            if stream is not None:
                stream.flush()
        descriptor = os.dup(own)
    with open(descriptor, "wb") as file:
        file.write(data)


def _write_temporary(temporary: Path, data: bytes, target: Path) -> None:
    """Write and sync a new file with the permissions of `target`, if it exists, otherwise the default permissions."""
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileNotFoundError):
        os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))


def _sync_folder(folder: Path) -> None:
    """Sync the renames to the disk, if the system supports it; the contents have already been synced."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
