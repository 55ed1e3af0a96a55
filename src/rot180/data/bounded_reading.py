"""Open untrusted files: regular files of a bounded size, decompressed if they are in gzip format.

Deflate expands a byte to at most 1,032 bytes (RFC 1951: a match of 258 bytes takes two bits). So the size of a file
bounds the size of its content, and a header can be checked before anything is decompressed.
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import numpy as np

from ..errors import FormatError
from .dataset import Array

Name = str | os.PathLike[str]

GZIP = b"\x1f\x8b"
MAX_EXPANSION = 1032
CHUNK = 1 << 20  # bytes read at once
MAX_RANK = 32  # NumPy's own limit is 64


class OpenedFile(NamedTuple):
    """An open file: its decompressed content, and an upper bound on the size of the content in bytes."""

    stream: IO[bytes]
    capacity: int


def require_file(op: str, path: Name, max_bytes: int) -> int:
    """Return the size of a regular file.

    Raises FileNotFoundError if it does not exist, FormatError for a folder, a pipe or a file above `max_bytes`.
    """
    file = Path(path)
    if not file.exists():
        raise FileNotFoundError(2, f"{op}: there is no file {file}")
    if not file.is_file():
        raise FormatError(f"{op}: {file} is not a regular file")
    size = file.stat().st_size
    if size > max_bytes:
        raise FormatError(f"{op}: {file} has more than {max_bytes:,} bytes")
    return size


@contextmanager
def open_bounded(op: str, path: Name, max_bytes: int) -> Iterator[OpenedFile]:
    """Open a file for reading; gzip is recognized by its first bytes. Raises FormatError for damaged gzip."""
    size = require_file(op, path, max_bytes)
    with open(path, "rb") as file:
        packed = file.read(len(GZIP)) == GZIP
        file.seek(0)
        if not packed:
            yield OpenedFile(file, size)
            return
        try:
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield OpenedFile(cast(IO[bytes], unpacked), size * MAX_EXPANSION)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise FormatError(f"{op}: {os.fspath(path)} is damaged or truncated gzip: {error}") from error


def declared_size(begin: str, shape: tuple[int, ...], dtype: np.dtype[Any], max_bytes: int, capacity: int) -> int:
    """Return the size in bytes of an array declared by a header, before it is allocated.

    Args:
        begin: the start of the messages: the op and the file.
        max_bytes: the largest array that is read.
        capacity: the largest array that the file can hold.

    Raises FormatError if the array is too large, or larger than the file can hold.
    """
    if len(shape) > MAX_RANK:
        raise FormatError(f"{begin} declares an array of {len(shape)} axes; at most {MAX_RANK} are read")
    array = f"shape {shape} of {dtype.name}"
    # NumPy also refuses an empty array if its other sizes are too large.
    if min(shape, default=0) < 0 or dtype.itemsize * math.prod(max(side, 1) for side in shape) > max_bytes:
        raise FormatError(f"{begin} declares {array}, which is invalid or above the limit of {max_bytes:,} bytes")
    size = dtype.itemsize * math.prod(shape)
    if size > capacity:
        raise FormatError(
            f"{begin} declares {array}, {size:,} bytes, but the file can hold at most {max(capacity, 0):,}: it is "
            "truncated, or its header is damaged"
        )
    return size


def read_into(stream: IO[bytes], array: Array) -> int:
    """Read into a C-contiguous array until it is full or the stream ends; return the number of bytes read."""
    cells = array.reshape(-1).view(np.uint8).data
    filled = 0
    while filled < len(cells):
        chunk = stream.read(min(CHUNK, len(cells) - filled))
        if not chunk:
            break
        cells[filled : filled + len(chunk)] = chunk
        filled += len(chunk)
    return filled
