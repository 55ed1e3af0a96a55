"""Numbers of the user's own from a file: a table as text (CSV), or an array that NumPy saved (.npy)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FormatError
from .operations import Array

MOST_BYTES = 1 << 22


def read_numbers(path: Any) -> Array:
    """An array: of a .npy file as it is; of text, rows of numbers with commas, semicolons or spaces between them.

    An empty line begins the next channel: the result is (rows, columns), or (channels, rows, columns).
    """
    file = Path(path)
    if file.stat().st_size > MOST_BYTES:
        raise FormatError(f"explain: {file} has more than {MOST_BYTES:,} bytes")
    if file.suffix.lower() == ".npy":
        try:
            array: Array = np.load(file, mmap_mode="r", allow_pickle=False)  # mapped: a header cannot ask for more
            return np.array(array, np.float64)
        except (ValueError, EOFError, OSError) as error:
            raise FormatError(f"explain: {file} is no .npy file of numbers: {error}") from error
    try:
        return parse_numbers(file.read_text("utf-8-sig"))
    except (FormatError, UnicodeDecodeError) as error:
        raise FormatError(f"explain: {file}: {error}") from error


def parse_numbers(text: str) -> Array:
    """The numbers of a text; FormatError that names the line that has none, or too few."""
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
