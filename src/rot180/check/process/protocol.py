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

`message_writer.py` makes the bytes of a message and `message_reader.py` its values. Both sides use these modules. The
child process loads them without the rest of the package: they may import only NumPy.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = struct.Struct("<IQ")  # bytes of the header, bytes of the body
MAX_HEADER = 1 << 20
MAX_BODY = 1 << 25  # 32 MiB; the arrays of a check have some kilobytes
MAX_VALUES = 20_000  # of a header
MAX_DEPTH = 24  # of containers; a handle around each of them doubles the depth of the message
MAX_TEXT = 4000  # characters
MAX_AXES = 32
MAX_INT = 1 << 256
KINDS = "fiubc"  # of dtypes: float, int, uint, bool, complex


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


def sizes(prefix: bytes) -> tuple[int, int]:
    """Return the sizes of the header and the body. Raises ProtocolError if they are too large."""
    header, body = PREFIX.unpack(prefix)
    if header > MAX_HEADER or body > MAX_BODY:
        raise ProtocolError("a message that is too large")
    return header, body
