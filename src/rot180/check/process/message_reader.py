"""Read the values of an untrusted message. protocol.py describes the format."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np

from .protocol import KINDS, MAX_AXES, MAX_BODY, MAX_DEPTH, MAX_INT, MAX_TEXT, MAX_VALUES, Fields, Handle, ProtocolError

LONG_INT = re.compile(rb"\d{80}")
MAX_ITEM = 32  # the maximum size of a number in bytes: a complex long double has 32


def unpack(header: bytes, body: bytes, take: Callable[[Handle], Any] = lambda handle: handle) -> dict[str, Any]:
    """Return the values of a message by name. Raises ProtocolError if it does not follow the protocol.

    Args:
        header, body: the two parts of the message.
        take: maps each handle to the value that replaces it (default: the handle itself).
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
        raise ProtocolError("more bytes than its arrays need")
    return values


class _Reader:
    """Builds values from JSON and the bytes of arrays."""

    def __init__(self, body: bytes, take: Callable[[Handle], Any]) -> None:
        self.body, self.take, self.position, self.values = body, take, 0, 0

    def read(self, value: Any, depth: int) -> Any:
        """Return the value that this JSON describes."""
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
        except ValueError:  # one size is 0, and the product of the others is too large
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
            raise ProtocolError("fewer bytes than its arrays need")
        self.position += count
        return self.body[self.position - count : self.position]


def _int(digits: str) -> int:
    """Convert an integer of JSON. Long integers are refused, because old versions of Python convert them slowly."""
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
    """Return a numeric dtype. Raises ProtocolError for other dtypes."""
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
