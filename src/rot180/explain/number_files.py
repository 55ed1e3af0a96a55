"""Read the user's own numbers from a CSV or .npy file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FormatError
from .operations import Array

MOST_BYTES = 1 << 22


def read_numbers(path: Any) -> Array:
    """Read an array from a .npy file, or rows of numbers from a text file.

    In a text file numbers are separated by commas, semicolons or spaces, and an empty line starts the next channel.
    The result has shape (rows, columns) or (channels, rows, columns). Raises FormatError.
    """
    file = Path(path)
    if file.stat().st_size > MOST_BYTES:
        raise FormatError(f"explain: {file} has more than {MOST_BYTES:,} bytes")
    if file.suffix.lower() == ".npy":
        try:
            array: Array = np.load(
                file, mmap_mode="r", allow_pickle=False
            )  # the file is memory-mapped, so that a false size in its header cannot allocate memory
            return np.array(array, np.float64)
        except (ValueError, EOFError, OSError) as error:
            raise FormatError(f"explain: {file} is not a .npy file of numbers: {error}") from error
    try:
        return parse_numbers(file.read_text("utf-8-sig"))
    except (FormatError, UnicodeDecodeError) as error:
        raise FormatError(f"explain: {file}: {error}") from error


def parse_numbers(text: str) -> Array:
    """Parse rows of numbers. Raises FormatError that names the first invalid line."""
    planes: list[list[list[float]]] = [[]]
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            if planes[-1]:
                planes.append([])
            continue
        try:
            row = [float(cell) for cell in re.split(r"\s*[,;]\s*|\s+", line.strip().rstrip(",;"))]
        except ValueError:
            raise FormatError(f"line {number} is not a row of numbers: {line.strip()!r:.60}") from None
        first = planes[0][0] if planes[0] else row
        if len(row) != len(first):
            raise FormatError(f"line {number} has {len(row)} numbers; the first row has {len(first)}")
        planes[-1].append(row)
    if not planes[-1]:
        planes.pop()
    if not planes or len({len(plane) for plane in planes}) != 1:
        raise FormatError("every channel must have the same number of rows, at least one")
    array = np.array(planes)
    return array[0] if len(planes) == 1 else array
