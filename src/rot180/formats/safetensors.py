"""Safetensors: named arrays in one file, with nothing in it that could be executed.

A file is 8 bytes that say how long the header is, the header (JSON: dtype, shape and place of each array), then the
cells, with no gaps and no overlaps. The safetensors library reads and checks it; what it leaves to its caller stands
here: arrays in memory order, files that appear whole, one kind of error, and a limit on what a stranger's file may ask.
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

MAX_BYTES = 4 << 30  # of a file; more must be asked for
MAX_HEADER = 16 << 20  # a model of 100,000 arrays needs about 12 MB


def save(tensors: Mapping[str, Tensor | Array], path: Name, metadata: Mapping[str, str] | None = None) -> None:
    """Write named arrays or Tensors to one file: all of it, or nothing.

    Args:
        tensors: floats, integers or booleans of any shape and memory layout.
        path: a file that is there is replaced.
        metadata: more text for the header.

    Raises DtypeError for what the format cannot hold, WriteError (an OSError) if the file cannot be written.
    """
    write_bytes(path, dumps(tensors, metadata))


def dumps(tensors: Mapping[str, Tensor | Array], metadata: Mapping[str, str] | None = None) -> bytes:
    """The bytes of the file that `save` would write."""
    from safetensors import SafetensorError
    from safetensors.numpy import save as serialize

    arrays = {}
    for name, tensor in tensors.items():
        array = tensor.data if isinstance(tensor, Tensor) else np.asarray(tensor)
        if array.dtype.kind not in "fiub":
            raise DtypeError(f"save: tensor {name!r} is {array.dtype}; floats, integers or booleans are needed")
        # The library takes the cells as they lie in memory: of a view it would silently write the wrong ones.
        # ascontiguousarray makes a 0-d array 1-d, hence the shape.
        arrays[name] = np.ascontiguousarray(array).reshape(array.shape)
    try:
        return serialize(arrays, None if metadata is None else dict(metadata))
    except SafetensorError as error:  # a dtype such as longdouble, which differs between machines
        raise DtypeError(f"save: {error}; convert with .astype") from error


def load(path: Name, *, max_bytes: int = MAX_BYTES) -> dict[str, Array]:
    """The arrays of a file by name, in the order of the names; writable, in memory order.

    Raises FileNotFoundError, and FormatError for a file that is truncated, of another kind, inconsistent, larger than
    `max_bytes` or of a dtype that NumPy lacks. No more memory is taken than twice the size of the file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as deserialize

    data = _read(path, max_bytes)
    try:
        return dict(sorted(deserialize(data).items()))  # the library gives another order every time
    except SafetensorError as error:
        cause = str(error).removeprefix("Error while deserializing: ")
        raise FormatError(f"load: {os.fspath(path)} is not a safetensors file, or is damaged: {cause}") from error
    except KeyError as error:
        raise FormatError(f"load: {os.fspath(path)} holds arrays of dtype {error}, which NumPy lacks") from error
    except (ValueError, OverflowError) as error:  # a shape that NumPy refuses: 100 axes, or 0 * 2**100 cells
        raise FormatError(f"load: {os.fspath(path)} holds an array with an impossible shape: {error}") from error


def load_metadata(path: Name) -> dict[str, str]:
    """The text in the header of a file: what was given to `save` as `metadata`. Raises as `load` does."""
    from safetensors import SafetensorError, safe_open

    _read(path, MAX_BYTES, header_only=True)
    try:
        with safe_open(path, framework="np") as file:
            return dict(file.metadata() or {})
    except SafetensorError as error:
        cause = str(error).removeprefix("Error while deserializing: ")
        raise FormatError(f"load: {os.fspath(path)} is not a safetensors file, or is damaged: {cause}") from error


def _read(path: Name, max_bytes: int, header_only: bool = False) -> bytes:
    """The bytes of the file, after a look at its kind, its size and the length of its header."""
    name = os.fspath(path)
    try:
        kind = Path(path).stat()  # before it is opened: opening a named pipe would wait for a writer
    except FileNotFoundError as error:
        raise FileNotFoundError(
            error.errno, f"load: there is no file {name}; is the path right, seen from {os.getcwd()}?"
        ) from error
    if not stat.S_ISREG(kind.st_mode):
        what = "a folder" if stat.S_ISDIR(kind.st_mode) else "not a regular file"
        raise FormatError(f"load: {name} is {what}; a safetensors file is needed")
    if kind.st_size > max_bytes:
        raise FormatError(f"load: {name} has {kind.st_size:,} bytes; at most {max_bytes:,} are read (max_bytes)")
    with open(path, "rb") as file:
        start = file.read(8)
        header = int.from_bytes(start, "little")
        if len(start) < 8 or header > kind.st_size - 8:
            raise FormatError(
                f"load: {name} is not a safetensors file, or is truncated: its header would need {header + 8:,} bytes, "
                f"the file has {kind.st_size:,}"
            )
        if header > MAX_HEADER:
            raise FormatError(f"load: {name} has a header of {header:,} bytes; at most {MAX_HEADER:,} are read")
        return start if header_only else start + file.read(kind.st_size - 8)
