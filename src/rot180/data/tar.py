"""Read a few files of a tar archive into memory, without writing to the disk.

An archive has a header of 512 bytes before each file and ends with a block of zeros (POSIX.1-1988, ustar). The content
of each file is padded to whole blocks of 512 bytes. Entries of format extensions, such as long names, are skipped, so a
file is recognized by the last part of the name in its own header.

Python's tarfile is not used, because it trusts the sizes that an entry declares and spends memory and time on them
(CVE-2019-20907 and CVE-2025-8194 are infinite loops).
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import IO

import numpy as np

from ..errors import FormatError
from .bounded_reading import CHUNK, Name, open_bounded, read_into
from .dataset import Array

BLOCK = 512
REGULAR = (b"0", b"\0")
MAX_BYTES = 1 << 30  # the limit for an archive, compressed or decompressed


def read_members(op: str, path: Name, wanted: Collection[str], max_bytes: int = MAX_BYTES) -> dict[str, Array]:
    """Read the files with these names, in any folder of the archive, which may be compressed with gzip.

    The whole archive is read, so that its checksum is verified. Raises FormatError if the archive is damaged, truncated
    or larger than a gigabyte, or if one of the files is larger than `max_bytes` or occurs twice.
    """
    members: dict[str, Array] = {}
    name = os.fspath(path)
    with open_bounded(op, path, MAX_BYTES) as source:
        stream, remaining = source.stream, min(source.capacity, MAX_BYTES)
        while True:
            header = stream.read(BLOCK)
            if not any(header):
                break
            if len(header) < BLOCK:
                raise FormatError(f"{op}: {name} is truncated, or is not a tar archive")
            member, size = _parse(op, name, header)
            padded = -(-size // BLOCK) * BLOCK
            remaining -= BLOCK + padded
            if remaining < 0:
                raise FormatError(
                    f"{op}: {name}: the entry {member!r} of {size:,} bytes is larger than the file can hold, or "
                    f"larger than {MAX_BYTES:,} bytes"
                )
            if header[156:157] in REGULAR and member in wanted:
                if member in members:
                    raise FormatError(f"{op}: {name} has two files named {member}")
                if size > max_bytes:
                    raise FormatError(f"{op}: {name}: {member} has more than {max_bytes:,} bytes")
                members[member] = np.empty(size, np.uint8)
                if read_into(stream, members[member]) < size:
                    raise FormatError(f"{op}: {name} is truncated within {member}")
                padded -= size
            _skip(stream, padded)
        _skip(stream, remaining)  # zeros, unless the archive is damaged
    return members


def _parse(op: str, name: str, header: bytes) -> tuple[str, int]:
    """Return the last part of an entry's name and its size. Raises FormatError for a header with a wrong checksum."""
    try:
        declared = int(header[148:156].strip(b" \0"), 8)
        size = int(header[124:136].strip(b" \0") or b"0", 8)  # a size above 8 GiB is not octal: ValueError
    except ValueError:
        declared = size = -1
    if size < 0 or declared != sum(header) - sum(header[148:156]) + 8 * ord(" "):
        raise FormatError(f"{op}: {name} is not a tar archive, or is damaged")
    return header[:100].split(b"\0")[0].decode("utf-8", "replace").rpartition("/")[2], size


def _skip(stream: IO[bytes], size: int) -> None:
    while size > 0 and (chunk := stream.read(min(size, CHUNK))):
        size -= len(chunk)
