"""Read files from an untrusted folder: only regular files of limited size.

Symbolic links are not followed, because a link could lead to an endless device or to a file outside the folder. Pipes
and devices are never opened.

Internal to check/.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from ...errors import FormatError

MAX_BYTES = 4 << 20  # the maximum size of a file
MAX_BRACKETS = 100  # the maximum number of [ and { in a JSON file, to limit its depth and the memory
MAX_DIGITS = 20  # longer integers in JSON are read as floats, because int() takes quadratic time


def is_there(path: Path) -> bool:
    """True if `path` exists, even as a broken link. Raises FormatError if the folder cannot be read."""
    return _mode(path) is not None


def require_folder(path: Path) -> None:
    """Raise FormatError unless `path` is a folder and not a link to one."""
    mode = _mode(path)
    if mode is None:
        raise FormatError(f"vectors.verify: {path} does not exist")
    if not stat.S_ISDIR(mode):
        raise FormatError(f"vectors.verify: {path} is {_describe(mode)}; a folder is needed")


def read_bytes(path: Path) -> bytes:
    """Return the content of a regular file. Raises FormatError for anything else, and for a file above MAX_BYTES."""
    mode = _mode(path)
    if mode is None:
        raise FormatError(f"vectors.verify: {path} does not exist")
    if not stat.S_ISREG(mode):
        raise FormatError(f"vectors.verify: {path} is {_describe(mode)}; a regular file is needed")
    # The file could be replaced after this check. O_NOFOLLOW then refuses a link, and O_NONBLOCK does not block on a
    # pipe.
    flags = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"))
    try:
        with open(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FormatError(f"vectors.verify: {path} is not a regular file")
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FormatError(f"vectors.verify: {path} cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise FormatError(f"vectors.verify: {path} is larger than {MAX_BYTES >> 20} MiB")
    return data


def read_json(path: Path) -> Any:
    """Return the content of a JSON file. Raises FormatError if it is not valid JSON, or if it has too many lists and
    objects.
    """
    data = read_bytes(path)
    if data.count(b"[") + data.count(b"{") > MAX_BRACKETS:
        raise FormatError(f"vectors.verify: {path} has more than {MAX_BRACKETS} lists and objects")
    try:
        return json.loads(data, parse_int=_parse_int)
    except ValueError as error:
        raise FormatError(f"vectors.verify: {path} is not valid JSON: {error}") from None


def _parse_int(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)


def _mode(path: Path) -> int | None:
    """The type and the permissions of a directory entry; None if it does not exist. Raises FormatError if it cannot be
    read.
    """
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise FormatError(f"vectors.verify: {path} cannot be read: {error.strerror}") from None
    except ValueError as error:  # a path with a NUL character
        raise FormatError(f"vectors.verify: {str(path)!r} is not a path: {error}") from None


def _describe(mode: int) -> str:
    """The type of a directory entry in words."""
    kinds = (
        (stat.S_ISLNK, "a symbolic link, which is not followed"),
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISREG, "a regular file"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
    )
    return next((text for test, text in kinds if test(mode)), "a device")
