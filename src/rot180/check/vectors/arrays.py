"""Read and write the arrays of test vectors: .npy files, and {"shape": [...], "data": [...]} in JSON.

Both readers accept untrusted data. They check the sizes that a file declares before they allocate memory. They do not
evaluate code from the file: the header of a .npy file is matched with regular expressions.

Internal to check/.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import FormatError
from ..operations.case import Array

MAX_CELLS = 1 << 16  # per array; the largest array of all sets has a few thousand cells
MAX_AXES = 8
MAX_HEADER = 10_000  # the maximum size of a .npy header in bytes, as in NumPy
_NOT_AN_ARRAY = (
    "vectors.verify: {name} must be an object with 'shape' and as many numbers in 'data'; see docs/vectors.md"
)
_MAGIC = b"\x93NUMPY"
# By version of the format, the number of bytes in which the file stores the length of its header.
_LENGTH_BYTES = {(1, 0): 2, (2, 0): 4, (3, 0): 4}
_DESCR = re.compile(r"""['"]descr['"]\s*:\s*['"]([^'"]{0,20})['"]""", re.ASCII)
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""", re.ASCII)
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(([\d,\s]*)\)""", re.ASCII)
_DTYPE = re.compile(r"[<>=|]?(f[248]|[iu][1248])")


def as_json(a: Array) -> dict[str, Any]:
    """An array as a dict for JSON. Whole numbers are written as integers."""
    cells = a.ravel().tolist()
    return {"shape": list(a.shape), "data": [int(v) if float(v).is_integer() else v for v in cells]}


def as_npy(a: Array) -> bytes:
    """The bytes of a .npy file in little-endian float32."""
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(a, "<f4"), allow_pickle=False)
    return buffer.getvalue()


def array_of(data: Any, name: str) -> Array:
    """Return the array that {"shape": ..., "data": ...} describes. Raises FormatError if it does not describe one."""
    shape, cells = (data.get("shape"), data.get("data")) if isinstance(data, Mapping) else (None, None)
    if not isinstance(shape, list) or not all(isinstance(n, int) and not isinstance(n, bool) for n in shape):
        raise FormatError(_NOT_AN_ARRAY.format(name=name))
    _check_shape(tuple(shape), name)
    if (
        not isinstance(cells, list)
        or math.prod(shape) != len(cells)
        or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in cells)
    ):
        raise FormatError(_NOT_AN_ARRAY.format(name=name))
    try:
        return np.array(cells, float).reshape(shape)
    except OverflowError:  # an integer beyond float64
        raise FormatError(_NOT_AN_ARRAY.format(name=name)) from None


def array_of_npy(data: bytes, name: str) -> Array:
    """Return the array of numbers in the bytes of a .npy file. Raises FormatError for anything else."""
    version = tuple(data[6:8])
    if not data.startswith(_MAGIC) or len(version) < 2:
        raise FormatError(f"vectors.verify: {name} is not a .npy file")
    if version not in _LENGTH_BYTES:
        raise FormatError(
            f"vectors.verify: {name} has version {version[0]}.{version[1]} of the .npy format; versions 1.0 to 3.0 "
            "are supported"
        )
    start = 8 + _LENGTH_BYTES[version]
    length = int.from_bytes(data[8:start], "little")
    if length > MAX_HEADER or start + length > len(data):
        raise FormatError(
            f"vectors.verify: {name} is not a .npy file, or is truncated: it declares a header of {length:,} bytes, "
            f"but {max(len(data) - start, 0):,} bytes follow (the maximum is {MAX_HEADER:,})"
        )
    cells = data[start + length :]
    shape, fortran, dtype = _parse_header(data[start : start + length].decode("latin-1"), name)
    _check_shape(shape, name)
    if math.prod(shape) * dtype.itemsize != len(cells):
        raise FormatError(
            f"vectors.verify: {name} declares shape {shape} of {dtype}, {math.prod(shape) * dtype.itemsize:,} bytes, "
            f"but has {len(cells):,} bytes of cells"
        )
    array = np.frombuffer(cells, dtype).reshape(shape, order="F" if fortran else "C")
    return np.array(array, dtype.newbyteorder("="))


def _parse_header(header: str, name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return (shape, Fortran order, dtype). The header must be a Python dict with exactly these three keys."""
    descr, order, shape = (pattern.search(header) for pattern in (_DESCR, _ORDER, _SHAPE))
    if descr is None or order is None or shape is None:
        raise FormatError(
            f"vectors.verify: {name} has a .npy header without a valid 'descr', 'fortran_order' or 'shape'; write "
            "float32 or float64"
        )
    rest = header
    for start, end in sorted((match.span() for match in (descr, order, shape)), reverse=True):
        rest = rest[:start] + rest[end:]
    if re.sub(r"\s", "", rest, flags=re.ASCII) not in ("{,,}", "{,,,}"):
        raise FormatError(
            f"vectors.verify: {name} has a .npy header with more than 'descr', 'fortran_order' and 'shape'"
        )
    sizes = [size.strip() for size in shape[1].split(",")]
    sizes = sizes[:-1] if not sizes[-1] else sizes  # "(3,)", or "()" of an array without axes
    if not all(re.fullmatch("[0-9]{1,20}", size) for size in sizes):
        raise FormatError(f"vectors.verify: {name} has an invalid shape in its .npy header: ({shape[1]:.80})")
    if not _DTYPE.fullmatch(descr[1]):
        raise FormatError(f"vectors.verify: {name} must hold floats or integers; its dtype is {descr[1]!r}")
    return tuple(map(int, sizes)), order[1] == "True", np.dtype(descr[1])


def _check_shape(shape: tuple[int, ...], name: str) -> None:
    """Raise FormatError for more axes or cells than an answer can have. An axis of size 0 counts as 1, because NumPy
    limits the product of the other sizes.
    """
    if len(shape) > MAX_AXES:
        raise FormatError(f"vectors.verify: {name} has {len(shape)} axes; the maximum is {MAX_AXES}")
    if min(shape, default=0) < 0 or math.prod(max(size, 1) for size in shape) > MAX_CELLS:
        raise FormatError(
            f"vectors.verify: {name} declares shape {shape}, which is invalid or has more than {MAX_CELLS:,} cells"
        )
