"""A few files out of a tar archive, read in order, held in memory and never written to the disk.

An archive is a header of 512 bytes before each file, whose content is filled up to whole blocks, and ends with a block
of zeros (POSIX.1-1988, ustar). Extensions come as entries of their own, which are passed over: a file is known here by
the last part of its name, which is in its own header.

Python's tarfile is not used: it takes memory and time for whatever an entry announces of itself (CVE-2019-20907,
CVE-2025-8194: loops without end).
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import IO

import numpy as np

from ..errors import FormatError
from .dataset import Array
from .reading import CHUNK, Name, fill, opened

BLOCK = 512
REGULAR = (b"0", b"\0")
MAX_BYTES = 1 << 30  # of an archive, packed or unpacked


def read_members(op: str, path: Name, wanted: Collection[str], max_bytes: int = MAX_BYTES) -> dict[str, Array]:
    """The bytes of the files with these names, in whatever folder of the archive, packed with gzip or not.

    All of the archive is read, so that its checksum is tested. Raises FormatError for one that is damaged, truncated,
    larger than a gigabyte, or has among these a file of more than `max_bytes` or two of one name.
    """
    found: dict[str, Array] = {}
    name = os.fspath(path)
    with opened(op, path, MAX_BYTES) as source:
        stream, left = source.stream, min(source.most, MAX_BYTES)
        while True:
            header = stream.read(BLOCK)
            if not any(header):
                break
            if len(header) < BLOCK:
                raise FormatError(f"{op}: {name} is truncated, or is not a tar archive")
            member, size = _parse(op, name, header)
            padded = -(-size // BLOCK) * BLOCK
            left -= BLOCK + padded
            if left < 0:
                raise FormatError(
                    f"{op}: {name}: the entry {member!r} of {size:,} bytes goes beyond what the file can hold, or "
                    f"beyond {MAX_BYTES:,} bytes"
                )
            if header[156:157] in REGULAR and member in wanted:
                if member in found:
                    raise FormatError(f"{op}: {name} has two files {member}")
                if size > max_bytes:
                    raise FormatError(f"{op}: {name}: {member} has more than {max_bytes:,} bytes")
                found[member] = np.empty(size, np.uint8)
                if fill(stream, found[member]) < size:
                    raise FormatError(f"{op}: {name} is truncated within {member}")
                padded -= size
            _skip(stream, padded)
        _skip(stream, left)  # zeros, in an honest archive
    return found


def _parse(op: str, name: str, header: bytes) -> tuple[str, int]:
    """The last part of an entry's name, and its size; FormatError for a header with a wrong checksum."""
    try:
        announced = int(header[148:156].strip(b" \0"), 8)
        size = int(header[124:136].strip(b" \0") or b"0", 8)  # larger than 8 GiB: not octal
    except ValueError:
        announced = size = -1
    if size < 0 or announced != sum(header) - sum(header[148:156]) + 8 * ord(" "):
        raise FormatError(f"{op}: {name} is not a tar archive, or is damaged")
    return header[:100].split(b"\0")[0].decode("utf-8", "replace").rpartition("/")[2], size


def _skip(stream: IO[bytes], size: int) -> None:
    while size > 0 and (chunk := stream.read(min(size, CHUNK))):
        size -= len(chunk)
