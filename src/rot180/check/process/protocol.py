"""The format of the messages between the checker and the child process.

A message is a prefix of 12 bytes (the sizes of the two parts), a header in JSON, and the bytes of all arrays. No pickle
is used. Reading a message creates only numbers, texts, arrays, containers of them and `Handle`s, and all sizes are
limited. So a forged message can only contain wrong numbers or raise a ProtocolError.

Values in the header:

    null, true, 1, 1.5, "text"              themselves
    ["array", "<f8", [2, 3]]                an array; its bytes follow in the body, in the order of the arrays
    ["scalar", "<f4"]                       a NumPy scalar
    ["tuple", ...], ["list", ...]           containers
    ["dict", key, value, key, value ...]    a dict whose keys are texts, numbers, True, False or None
    ["fields", "Cache", name, value ...]    an object with named fields, for example a dataclass
    ["handle", 12, "Layer", value]          an object that stays in the child, with a copy of its value; null if it
                                            cannot be sent

`message_writer.py` writes messages and `message_reader.py` reads them. Both processes use these modules. The child
process loads them without the rest of the package, so they may import only NumPy.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = struct.Struct("<IQ")  # the sizes of the header and the body in bytes
MAX_HEADER = 1 << 20
MAX_BODY = 1 << 25  # 32 MiB; the arrays of a check have some kilobytes
MAX_VALUES = 20_000  # the maximum number of values in a header
MAX_DEPTH = 24  # the maximum depth of nested containers; with handles, the message can be twice as deep
MAX_TEXT = 4000  # characters
MAX_AXES = 32
MAX_INT = 1 << 256
KINDS = "fiubc"  # the allowed kinds of dtypes: float, int, uint, bool, complex


class ProtocolError(Exception):
    """A message that does not follow the protocol, or a value that is too large for it."""


@dataclass(frozen=True)
class Handle:
    """An object that stays in the other process.

    Attributes:
        number: the number that identifies it there.
        kind: the name of its type.
        value: a copy of the object; None if its type cannot be sent.
    """

    number: int
    kind: str
    value: Any = None


@dataclass(frozen=True)
class Fields:
    """A copy of an object with named fields, for example a dataclass."""

    kind: str
    fields: Mapping[str, Any]


HandleOf = Callable[[Any], Handle | None]


def sizes(prefix: bytes) -> tuple[int, int]:
    """Return the sizes of the header and the body. Raises ProtocolError if they are too large."""
    header, body = PREFIX.unpack(prefix)
    if header > MAX_HEADER or body > MAX_BODY:
        raise ProtocolError("a message that is too large")
    return header, body
