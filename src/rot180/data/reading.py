"""What every reader of strangers' files begins with: a regular file of a bounded size, unpacked where it is gzip.

How much a file can hold is known before a byte is unpacked, so that a header can be held against it: deflate makes
1,032 bytes of one at best (RFC 1951: a match of 258 bytes costs two bits).
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
MOST_PER_BYTE = 1032
CHUNK = 1 << 20  # bytes read at once
MAX_RANK = 32  # NumPy's own limit is 64


class Opened(NamedTuple):
    """A file being read: its content, unpacked, and the number of bytes that it holds at most."""

    stream: IO[bytes]
    most: int


def check_file(op: str, path: Name, max_bytes: int) -> int:
    """The size of a regular file; FileNotFoundError without it, FormatError for a folder, a pipe or a larger file."""
    file = Path(path)
    if not file.exists():
        raise FileNotFoundError(2, f"{op}: there is no file {file}")
    if not file.is_file():
        raise FormatError(f"{op}: {file} is not a file")
    size = file.stat().st_size
    if size > max_bytes:
        raise FormatError(f"{op}: {file} has more than {max_bytes:,} bytes")
    return size


@contextmanager
def opened(op: str, path: Name, max_bytes: int) -> Iterator[Opened]:
    """Open a file for reading; gzip is known by its first bytes, not by its name. Damaged gzip is a FormatError."""
    size = check_file(op, path, max_bytes)
    with open(path, "rb") as file:
        packed = file.read(len(GZIP)) == GZIP
        file.seek(0)
        if not packed:
            yield Opened(file, size)
            return
        try:
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield Opened(cast(IO[bytes], unpacked), size * MOST_PER_BYTE)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise FormatError(f"{op}: {os.fspath(path)} is damaged or truncated gzip: {error}") from error


def announced(what: str, shape: tuple[int, ...], dtype: np.dtype[Any], max_bytes: int, most: int) -> int:
    """The bytes of an array that a header announces, before it is made; FormatError if that cannot or must not be.

    Args:
        what: begins the messages: the op and the file.
        max_bytes: the largest array that is made.  most: what the file can hold.
    """
    if len(shape) > MAX_RANK:
        raise FormatError(f"{what} announces an array of {len(shape)} axes; at most {MAX_RANK} are read")
    array = f"shape {shape} of {dtype.name}"
    # NumPy also refuses an array without cells if its other sizes are too large.
    if min(shape, default=0) < 0 or dtype.itemsize * math.prod(max(side, 1) for side in shape) > max_bytes:
        raise FormatError(f"{what} announces {array}; at most {max_bytes:,} bytes are read")
    size = dtype.itemsize * math.prod(shape)
    if size > most:
        raise FormatError(
            f"{what} announces {array}, {size:,} bytes, of which it can hold {max(most, 0):,}: it is truncated, or its "
            "header is damaged"
        )
    return size


def fill(stream: IO[bytes], array: Array) -> int:
    """Read into a C-contiguous array until it is full or the stream ends; returns the number of bytes read."""
    cells = array.reshape(-1).view(np.uint8).data
    done = 0
    while done < len(cells):
        chunk = stream.read(min(CHUNK, len(cells) - done))
        if not chunk:
            break
        cells[done : done + len(chunk)] = chunk
        done += len(chunk)
    return done
