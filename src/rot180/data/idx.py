"""Read IDX files, the format of MNIST: a magic number, the sizes, then the cells in C order.

    0, 0, dtype, rank                      one byte each
    size of each axis                      four bytes each, big-endian
    cells                                  big-endian

Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits", section "The IDX file format".
"""

from __future__ import annotations

import os
from typing import IO

import numpy as np

from ..errors import FormatError
from .bounded_reading import Name, declared_size, open_bounded, read_into
from .dataset import Array

DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_BYTES = 1 << 30  # bytes of cells; the largest known file (EMNIST by class) has 547 MB
HEAD, AXIS = 4, 4  # bytes of the magic number and of each size


def read_idx(path: Name, *, max_bytes: int = MAX_BYTES) -> Array:
    """Read the array of an IDX file, compressed with gzip or not, in native byte order.

    Args:
        path: gzip is recognized by its first bytes, not by its name.
        max_bytes: the largest file and the largest array that are read.

    Raises FileNotFoundError, and FormatError for a file that is not IDX, truncated, longer than its header declares, or
    too large. The header is compared with the size of the file before the array is allocated.
    """
    name = os.fspath(path)
    with open_bounded("read_idx", path, max_bytes) as source:
        dtype, shape = _header(source.stream, name)
        size = declared_size(f"read_idx: {name}", shape, dtype, max_bytes, source.capacity - HEAD - AXIS * len(shape))
        array = np.empty(shape, dtype)
        filled = read_into(source.stream, array)
        if filled < size:
            raise FormatError(
                f"read_idx: {name} is truncated: shape {shape} of {dtype.name} needs {size:,} bytes of cells; "
                f"it has {filled:,}"
            )
        if source.stream.read(1):
            raise FormatError(f"read_idx: {name} is longer than the {size:,} bytes of cells that its header declares")
    return array.astype(dtype.newbyteorder("="), copy=False)


def _header(stream: IO[bytes], name: str) -> tuple[np.dtype, tuple[int, ...]]:
    magic = stream.read(HEAD)
    if len(magic) < HEAD or magic[:2] != b"\0\0" or magic[2] not in DTYPES:
        raise FormatError(
            f"read_idx: {name} is not an IDX file: it begins with {magic.hex(' ') or 'nothing'}; 00 00, a dtype "
            "(08, 09, 0b, 0c, 0d or 0e) and the number of axes are needed"
        )
    rank = magic[3]
    sizes = stream.read(AXIS * rank)
    if len(sizes) < AXIS * rank:
        raise FormatError(f"read_idx: {name} is truncated: it ends within the sizes of its {rank} axes")
    return np.dtype(DTYPES[magic[2]]), tuple(int(side) for side in np.frombuffer(sizes, ">u4"))
