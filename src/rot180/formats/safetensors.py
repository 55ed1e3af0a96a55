"""Safetensors: named arrays in one file, which contains no code that could be executed.

A file has 8 bytes with the length of the header, the header (JSON: dtype, shape and position of each array), then the
cells without gaps or overlaps. The safetensors library reads and checks files. This module makes arrays
contiguous, writes atomically, raises the errors of rot180, and limits the size of untrusted files.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DtypeError, FormatError
from ..tape import Tensor
from .atomic import Name, write_bytes

Array = np.ndarray[Any, np.dtype[Any]]

MAX_BYTES = 4 << 30  # the default limit for a file
MAX_HEADER = 16 << 20  # a model with 100,000 arrays needs about 12 MB


def save(tensors: Mapping[str, Tensor | Array], path: Name, metadata: Mapping[str, str] | None = None) -> None:
    """Write named arrays or Tensors to one file, completely or not at all.

    Args:
        tensors: floats, integers or booleans of any shape and memory layout.
        path: an existing file is replaced.
        metadata: additional text for the header.

    Raises DtypeError for dtypes that the format does not have, WriteError (an OSError) if the file cannot be written.
    """
    write_bytes(path, dumps(tensors, metadata))


def dumps(tensors: Mapping[str, Tensor | Array], metadata: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of the file that `save` would write."""
    from safetensors import SafetensorError
    from safetensors.numpy import save as serialize

    arrays = {}
    for name, tensor in tensors.items():
        array = tensor.data if isinstance(tensor, Tensor) else np.asarray(tensor)
        if array.dtype.kind not in "fiub":
            raise DtypeError(f"save: tensor {name!r} is {array.dtype}; floats, integers or booleans are needed")
        # The library writes the memory of an array: for a view it would silently write wrong cells. The reshape is
        # needed because ascontiguousarray makes a 0-d array 1-d.
        arrays[name] = np.ascontiguousarray(array).reshape(array.shape)
    try:
        return serialize(arrays, None if metadata is None else dict(metadata))
    except SafetensorError as error:  # a dtype such as longdouble, which differs between machines
        raise DtypeError(f"save: {error}; convert with .astype") from error


def load(path: Name, *, max_bytes: int = MAX_BYTES) -> dict[str, Array]:
    """Read the arrays of a file, sorted by name; they are writable and contiguous.

    Raises FileNotFoundError, and FormatError for a file that is truncated, inconsistent, not in this format, larger
    than `max_bytes`, or has a dtype that NumPy does not have. The memory used is at most twice the size of the file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as deserialize

    data = _read(path, max_bytes)
    try:
        return dict(sorted(deserialize(data).items()))  # safetensors returns a varying order
    except SafetensorError as error:
        cause = str(error).removeprefix("Error while deserializing: ")
        raise FormatError(f"load: {os.fspath(path)} is not a safetensors file, or is damaged: {cause}") from error
    except KeyError as error:
        raise FormatError(f"load: {os.fspath(path)} has arrays of dtype {error}, which NumPy does not have") from error
    except (ValueError, OverflowError) as error:  # a shape that NumPy refuses: 100 axes, or 0 * 2**100 cells
        raise FormatError(f"load: {os.fspath(path)} has an array with an impossible shape: {error}") from error


def load_metadata(path: Name) -> dict[str, str]:
    """Read the `metadata` that was passed to `save`. Raises the same errors as `load`."""
    from safetensors import SafetensorError, safe_open

    _read(path, MAX_BYTES, header_only=True)
    try:
        with safe_open(path, framework="np") as file:
            return dict(file.metadata() or {})
    except SafetensorError as error:
        cause = str(error).removeprefix("Error while deserializing: ")
        raise FormatError(f"load: {os.fspath(path)} is not a safetensors file, or is damaged: {cause}") from error


def _read(path: Name, max_bytes: int, header_only: bool = False) -> bytes:
    """Read the bytes of the file after checking its kind, its size and the length of its header."""
    name = os.fspath(path)
    try:
        status = Path(path).stat()  # checked first, because opening a named pipe would wait
    except FileNotFoundError as error:
        raise FileNotFoundError(
            error.errno, f"load: there is no file {name}; the current folder is {os.getcwd()}"
        ) from error
    if not stat.S_ISREG(status.st_mode):
        description = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise FormatError(f"load: {name} is {description}; a safetensors file is needed")
    if status.st_size > max_bytes:
        raise FormatError(f"load: {name} has {status.st_size:,} bytes; at most {max_bytes:,} are read (max_bytes)")
    with open(path, "rb") as file:
        start = file.read(8)
        header = int.from_bytes(start, "little")
        if len(start) < 8 or header > status.st_size - 8:
            raise FormatError(
                f"load: {name} is not a safetensors file, or is truncated: its header needs {header + 8:,} bytes, but "
                f"the file has {status.st_size:,}"
            )
        if header > MAX_HEADER:
            raise FormatError(f"load: {name} has a header of {header:,} bytes; at most {MAX_HEADER:,} are read")
        return start if header_only else start + file.read(status.st_size - 8)
