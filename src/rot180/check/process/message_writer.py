"""Write the bytes of a message. protocol.py describes the format."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from .protocol import (
    KINDS,
    MAX_AXES,
    MAX_BODY,
    MAX_DEPTH,
    MAX_HEADER,
    MAX_INT,
    MAX_TEXT,
    MAX_VALUES,
    PREFIX,
    Fields,
    HandleOf,
    ProtocolError,
)  # fmt: skip


def pack(content: Mapping[str, Any], handles: Mapping[str, HandleOf] = MappingProxyType({})) -> bytes:
    """Return the bytes of a message. Raises ProtocolError if it is too large.

    Args:
        content: the values of the message by name.
        handles: for some of these names, a function that maps an object to its handle, or to None to write the object
            itself. A handle is written together with its value.
    """
    writer = _Writer()
    written = {}
    for name, value in content.items():
        writer.handle_of = handles.get(name)
        written[name] = writer.write(value, 0)
    header = json.dumps(written).encode()
    if len(header) > MAX_HEADER:
        raise ProtocolError(f"{len(header)} bytes of text")
    return b"".join([PREFIX.pack(len(header), writer.size), header, *writer.body])


class _Writer:
    """Converts values to JSON, and collects the bytes of arrays."""

    def __init__(self) -> None:
        self.handle_of: HandleOf | None = None
        self.body: list[bytes] = []
        self.size, self.values = 0, 0

    def write(self, value: Any, depth: int) -> Any:
        """Return the JSON of a value."""
        self.values += 1
        if depth > MAX_DEPTH or self.values > MAX_VALUES:
            raise ProtocolError("a value that is nested too deeply or has too many parts")
        if value is None or type(value) is bool:
            return value
        if type(value) in (int, float, str):
            return _plain(value)
        handle = self.handle_of(value) if self.handle_of else None
        if handle is not None:
            return ["handle", handle.number, handle.kind[:MAX_TEXT], self._write_copy(handle.value, depth)]
        written = self._write_object(value, depth)
        if written is None:
            raise ProtocolError(f"a value of type {type(value).__name__}")
        return written

    def _write_copy(self, value: Any, depth: int) -> Any:
        """Return the JSON of the copy of an object, with null for each part that cannot be copied."""
        parts, size = len(self.body), self.size
        try:
            return self._write_object(value, depth)
        except ProtocolError:
            if depth == 0:
                raise
            del self.body[parts:]
            self.size = size
            return None

    def _write_object(self, value: Any, depth: int) -> Any:
        """Return the JSON of an array or a container; None for other objects."""
        if isinstance(value, np.ndarray | np.generic):
            return self._write_array(value)
        if isinstance(value, tuple | list):
            kind = "tuple" if isinstance(value, tuple) else "list"
            return [kind, *[self.write(part, depth + 1) for part in value]]
        if isinstance(value, Mapping):
            parts: list[Any] = ["dict"]
            for key, part in value.items():
                known = key is None or type(key) in (bool, int, float, str)
                parts += [_plain(key) if known else str(key)[:MAX_TEXT], self.write(part, depth + 1)]
            return parts
        if isinstance(value, Fields):
            return self._write_fields(value.kind, value.fields, depth)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
            return self._write_fields(type(value).__name__, fields, depth)
        return None

    def _write_fields(self, kind: str, fields: Mapping[str, Any], depth: int) -> list[Any]:
        parts: list[Any] = ["fields", kind]
        for name, part in fields.items():
            parts += [name, self.write(part, depth + 1)]
        return parts

    def _write_array(self, value: Any) -> Any:
        """Return the JSON of an array of numbers; None for an array of objects, texts or records."""
        if value.dtype.kind not in KINDS or value.ndim > MAX_AXES:
            return None
        self.size += value.nbytes
        if self.size > MAX_BODY:
            raise ProtocolError(f"an array of shape {value.shape}")
        self.body.append(np.ascontiguousarray(value).tobytes())
        if isinstance(value, np.generic):
            return ["scalar", value.dtype.str]
        return ["array", value.dtype.str, list(map(int, value.shape))]


def _plain(value: Any) -> Any:
    """Check the size of an integer, and truncate a text."""
    if type(value) is str:
        return value[:MAX_TEXT]
    if type(value) is int and not -MAX_INT < value < MAX_INT:
        raise ProtocolError("an integer of more than 256 bits")
    return value
