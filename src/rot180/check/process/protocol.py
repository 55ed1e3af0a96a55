"""The messages between the checker and the process that runs the user's functions.

A message is a prefix of 12 bytes (the sizes of the two parts), a header in JSON, and the bytes of all arrays. Nothing
is pickled. Reading a message builds only numbers, texts, arrays, containers of them and `Handle`s, and every size is
bounded, so a forged message yields wrong numbers or a ProtocolError, and nothing else.

Values in the header:

    null, true, 1, 1.5, "text"              themselves
    ["array", "<f8", [2, 3]]                an array; its bytes are next in the body
    ["scalar", "<f4"]                       a NumPy scalar
    ["tuple", ...], ["list", ...]           containers
    ["dict", key, value, key, value ...]    a dict whose keys are texts, numbers, True, False or None
    ["fields", "Cache", name, value ...]    an object with named fields, for example a dataclass
    ["handle", 12, "Layer", value]          an object that stays in the process, with its value as far as it can be sent

Both sides use this module. The child process loads it without the rest of the package: it may import only NumPy.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

PREFIX = struct.Struct("<IQ")  # bytes of the header, bytes of the body
MAX_HEADER = 1 << 20
MAX_BODY = 1 << 25  # 32 MiB; the arrays of a check have some kilobytes
MAX_VALUES = 20_000  # of a header
MAX_DEPTH = 24  # of containers; a handle around each of them doubles the depth of the message
MAX_TEXT = 4000  # characters
MAX_AXES = 32
MAX_INT = 1 << 256
LONG_INT = re.compile(rb"\d{80}")
KINDS = "fiubc"  # of dtypes: float, int, uint, bool, complex
MAX_ITEM = 32  # bytes of a number: a complex long double has 32


class ProtocolError(Exception):
    """A message that does not follow the protocol, or a value that is too large for it."""


@dataclass(frozen=True)
class Handle:
    """An object that stays in the other process.

    Attributes:
        number: identifies it there.
        kind: the name of its type.
        value: a copy of it as far as it can be sent; None for an object of an unknown type.
    """

    number: int
    kind: str
    value: Any = None


@dataclass(frozen=True)
class Fields:
    """A copy of an object with named fields, for example of a dataclass."""

    kind: str
    fields: Mapping[str, Any]


HandleOf = Callable[[Any], Handle | None]


# ---- writing ----


def pack(content: Mapping[str, Any], handles: Mapping[str, HandleOf] = MappingProxyType({})) -> bytes:
    """Return the bytes of a message. Raises ProtocolError if it is too large.

    Args:
        content: values by name.
        handles: for some of these names, a function that returns the handle to write for an object, or None. The value
            of the handle is written too, unless it is None.
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
        """Return the JSON of an object that stays here; None if a part of a result cannot be copied."""
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
    """A number or a text within the bounds."""
    if type(value) is str:
        return value[:MAX_TEXT]
    if type(value) is int and not -MAX_INT < value < MAX_INT:
        raise ProtocolError("an integer of more than 256 bits")
    return value


# ---- reading ----


def sizes(prefix: bytes) -> tuple[int, int]:
    """Return the sizes of the header and the body. Raises ProtocolError if they are too large."""
    header, body = PREFIX.unpack(prefix)
    if header > MAX_HEADER or body > MAX_BODY:
        raise ProtocolError("a message that is too large")
    return header, body


def unpack(header: bytes, body: bytes, take: Callable[[Handle], Any] = lambda handle: handle) -> dict[str, Any]:
    """Return the values of a message by name. Raises ProtocolError if it does not follow the protocol.

    Args:
        header, body: the two parts.
        take: replaces the handles by other values (default: they stay).
    """
    try:
        content = json.loads(header, parse_int=_int if LONG_INT.search(header) else None)
    except (ValueError, RecursionError):
        raise ProtocolError("a header that is not JSON") from None
    if not isinstance(content, dict):
        raise ProtocolError("a header that is not an object")
    reader = _Reader(body, take)
    values = {name: reader.read(value, 0) for name, value in content.items()}
    if reader.position != len(body):
        raise ProtocolError("more bytes than its arrays have")
    return values


class _Reader:
    """Builds values from JSON and the bytes of arrays."""

    def __init__(self, body: bytes, take: Callable[[Handle], Any]) -> None:
        self.body, self.take, self.position, self.values = body, take, 0, 0

    def read(self, value: Any, depth: int) -> Any:
        """Return the value that this JSON stands for."""
        self.values += 1
        if depth > 2 * MAX_DEPTH + 2 or self.values > MAX_VALUES:
            raise ProtocolError("a value that is nested too deeply or has too many parts")
        if value is None or isinstance(value, bool | int | float | str):
            return _checked_plain(value)
        if not isinstance(value, list) or not value or not isinstance(value[0], str):
            raise ProtocolError("a value of an unknown form")
        kind, parts = value[0], value[1:]
        if kind in ("tuple", "list"):
            read = [self.read(part, depth + 1) for part in parts]
            return tuple(read) if kind == "tuple" else read
        read_form = {
            "array": self._read_array, "scalar": self._read_scalar, "dict": self._read_dict,
            "fields": self._read_fields, "handle": self._read_handle,
        }.get(kind)  # fmt: skip
        if read_form is None:
            raise ProtocolError("a value of an unknown form")
        return read_form(parts, depth)

    def _read_array(self, parts: list[Any], depth: int) -> Any:
        if len(parts) != 2 or not isinstance(parts[1], list) or len(parts[1]) > MAX_AXES:
            raise ProtocolError("an array without a dtype and a shape")
        shape = parts[1]
        if not all(type(n) is int and 0 <= n <= MAX_BODY for n in shape):
            raise ProtocolError("an array with an impossible shape")
        dtype = _dtype(parts[0])
        data = self._bytes(math.prod(shape) * dtype.itemsize)
        try:
            return np.ndarray(shape, dtype, bytearray(data)).copy()
        except ValueError:  # a size of 0 beside sizes whose product is too large
            raise ProtocolError("an array with an impossible shape") from None

    def _read_scalar(self, parts: list[Any], depth: int) -> Any:
        if len(parts) != 1:
            raise ProtocolError("a scalar without a dtype")
        dtype = _dtype(parts[0])
        return np.ndarray((), dtype, self._bytes(dtype.itemsize))[()]

    def _read_dict(self, parts: list[Any], depth: int) -> Any:
        if len(parts) % 2:
            raise ProtocolError("a dict with a key and no value")
        return {_key(key): self.read(part, depth + 1) for key, part in zip(parts[::2], parts[1::2], strict=True)}

    def _read_fields(self, parts: list[Any], depth: int) -> Fields:
        if len(parts) % 2 != 1 or not all(isinstance(name, str) for name in [parts[0], *parts[1::2]]):
            raise ProtocolError("fields without names")
        named = zip(parts[1::2], parts[2::2], strict=True)
        fields = {name[:MAX_TEXT]: self.read(part, depth + 1) for name, part in named}
        return Fields(parts[0][:MAX_TEXT], MappingProxyType(fields))

    def _read_handle(self, parts: list[Any], depth: int) -> Any:
        if len(parts) != 3 or type(parts[0]) is not int or not isinstance(parts[1], str):
            raise ProtocolError("a handle without a number and a type")
        if not 0 <= parts[0] < MAX_INT:
            raise ProtocolError("a handle with an impossible number")
        return self.take(Handle(parts[0], parts[1][:MAX_TEXT], self.read(parts[2], depth + 1)))

    def _bytes(self, count: int) -> bytes:
        """Return the next bytes of the body."""
        if count > len(self.body) - self.position:
            raise ProtocolError("fewer bytes than its arrays have")
        self.position += count
        return self.body[self.position - count : self.position]


def _int(digits: str) -> int:
    """An integer of JSON. Long ones are refused, because converting them takes long in old versions of Python."""
    if len(digits) > 80:
        raise ProtocolError("an integer of more than 256 bits")
    return int(digits)


def _checked_plain(value: Any) -> Any:
    if isinstance(value, int) and not -MAX_INT < value < MAX_INT:
        raise ProtocolError("an integer of more than 256 bits")
    return value[:MAX_TEXT] if isinstance(value, str) else value


def _key(key: Any) -> Any:
    if key is not None and not isinstance(key, bool | int | float | str):
        raise ProtocolError("a dict with a key that is not a number or a text")
    return _checked_plain(key)


def _dtype(text: Any) -> np.dtype[Any]:
    """Return a dtype of numbers."""
    if isinstance(text, str) and len(text) <= 8:
        return _dtype_of(text)
    raise ProtocolError("an array that does not hold numbers")


@functools.lru_cache(64)
def _dtype_of(text: str) -> np.dtype[Any]:
    try:
        dtype: np.dtype[Any] | None = np.dtype(text)
    except (TypeError, ValueError, SyntaxError):
        dtype = None
    if dtype is None or dtype.kind not in KINDS or dtype.itemsize > MAX_ITEM or dtype.subdtype is not None:
        raise ProtocolError("an array that does not hold numbers")
    return dtype
