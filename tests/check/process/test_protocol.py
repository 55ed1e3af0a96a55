"""Messages: every value comes back as it was sent, and no bytes do harm."""

from __future__ import annotations

import dataclasses
import json
import random
from typing import Any

import numpy as np
import pytest

from rot180.check.process import protocol
from rot180.check.process.message_reader import unpack
from rot180.check.process.message_writer import pack
from rot180.check.process.protocol import PREFIX, Fields, Handle, ProtocolError


def sent(**content: Any) -> dict[str, Any]:
    """Pack and unpack a content."""
    return parsed(pack(content))


def parsed(message: bytes) -> dict[str, Any]:
    header, body = protocol.sizes(message[: PREFIX.size])
    rest = message[PREFIX.size :]
    assert len(rest) == header + body
    return unpack(rest[:header], rest[header:])


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -(1 << 200), "9" * 300, 1.5, float("inf"), "text", "\x1b\n\ud800", (), [], {},
     (1, [2.5, None], ("a",)), {"stride": 1, 2: (3,), None: True}],
)  # fmt: skip
def test_plain_values_and_containers_come_back(value: Any) -> None:
    found = sent(value=value)["value"]
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    "array",
    [np.arange(6.0).reshape(2, 3).T, np.zeros((0, 3)), np.array(5), np.ones(3, np.float16)[::2], np.array([True]),
     np.array([1 + 2j]), np.arange(3, dtype=">i4"), np.array([np.nan, -0.0, np.inf], np.float32), np.longdouble(1) / 3],
)  # fmt: skip
def test_arrays_and_scalars_come_back_bit_for_bit(array: Any) -> None:
    found = sent(value=array)["value"]
    assert type(found) is type(array) and found.dtype == array.dtype and found.shape == array.shape
    assert found.tobytes() == array.tobytes()
    assert not isinstance(found, np.ndarray) or (found.flags.writeable and found.flags.owndata)


def test_an_object_that_stays_is_sent_with_its_value() -> None:
    @dataclasses.dataclass
    class Cache:
        x: Any
        owner: Any

    cache, numbers = Cache(np.ones(2), object()), {}

    def handle_of(value: Any) -> Handle:
        numbers[id(value)] = len(numbers)
        known = isinstance(value, tuple | np.ndarray | Cache)
        return Handle(len(numbers) - 1, type(value).__name__, value if known else None)

    found = parsed(pack({"result": (1, cache)}, {"result": handle_of}))["result"]
    assert isinstance(found, Handle) and found.kind == "tuple" and found.value[0] == 1
    fields = found.value[1].value
    assert isinstance(fields, Fields) and fields.kind == "Cache"
    assert fields.fields["x"].kind == "ndarray" and fields.fields["x"].value.tolist() == [1, 1]
    assert fields.fields["owner"] == Handle(numbers[id(cache.owner)], "object")


def test_a_part_that_cannot_be_copied_is_only_a_handle() -> None:
    circle: list[Any] = []
    circle.append(circle)
    found = parsed(pack({"result": (2.0, circle)}, {"result": lambda value: Handle(1, "list", value)}))
    assert found["result"].value[0] == 2.0 and isinstance(found["result"].value[1], Handle)


@pytest.mark.parametrize(
    "value",
    [object(), np.array([object()]), np.array(["text"]), 1 << 300, np.zeros(protocol.MAX_BODY + 1, np.int8),
     [0] * (protocol.MAX_VALUES + 1), "x".join], ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_a_value_that_cannot_be_sent_is_refused(value: Any) -> None:
    with pytest.raises(ProtocolError):
        pack({"value": value})


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"[" * 100_000, "not JSON"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not JSON|nested too deeply"),
        (b'{"ok": "yes"', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "not an object"),
        (b'{"a": {"b": 1}}', "unknown form"),
        (b'{"a": []}', "unknown form"),
        (b'{"a": ["code", "print()"]}', "unknown form"),
        (b'{"a": ["array", "O", [1]]}', "does not hold numbers"),
        (b'{"a": ["array", "V8", [1]]}', "does not hold numbers"),
        (b'{"a": ["array", "f8,f8", [1]]}', "does not hold numbers"),
        (b'{"a": ["array", "<f8", [1]]}', "fewer bytes"),
        (b'{"a": ["array", "<f8", [-1]]}', "impossible shape"),
        (b'{"a": ["array", "<f8", [true]]}', "impossible shape"),
        (b'{"a": ["array", "<f8", [1e3]]}', "impossible shape"),
        (b'{"a": ["array", "<f8", [0, 33554432, 33554432, 33554432]]}', "impossible shape"),
        (b'{"a": ["array", "<f8", ' + json.dumps([1] * 40).encode() + b"]}", "without a dtype and a shape"),
        (b'{"a": ["scalar", "<f8", 1]}', "without a dtype"),
        (b'{"a": ["dict", 1]}', "a key and no value"),
        (b'{"a": ["dict", ["list"], 1]}', "a key that is not"),
        (b'{"a": ["fields"]}', "without names"),
        (b'{"a": ["handle", -1, "x", null]}', "impossible number"),
        (b'{"a": ["handle", "1", "x", null]}', "without a number"),
        (b'{"a": ' + b"9" * 500_000 + b"}", "more than 256 bits"),
        (b'{"a": ["list"' + b", 1" * 30_000 + b"]}", "too many parts"),
    ],
)
def test_a_forged_header_is_refused(header: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        unpack(header, b"")


def test_bytes_that_belong_to_no_array_are_refused() -> None:
    with pytest.raises(ProtocolError, match="more bytes than its arrays need"):
        unpack(b"{}", b"x")


@pytest.mark.parametrize("sizes", [(protocol.MAX_HEADER + 1, 0), (2, protocol.MAX_BODY + 1), (2**32 - 1, 2**64 - 1)])
def test_a_size_above_the_limit_is_refused_before_anything_is_read(sizes: tuple[int, int]) -> None:
    with pytest.raises(ProtocolError, match="too large"):
        protocol.sizes(PREFIX.pack(*sizes))


def test_random_changes_of_a_message_are_read_or_refused() -> None:
    draw = random.Random(0)
    message = pack({"a": np.ones((2, 3)), "b": {"c": (1, "x", [2.5])}, "ticket": 12})
    header, _ = protocol.sizes(message[: PREFIX.size])
    for _ in range(3000):
        content = bytearray(message[PREFIX.size :])
        for _ in range(draw.randint(1, 4)):
            content[draw.randrange(len(content))] = draw.randrange(256)
        try:
            found = unpack(bytes(content[:header]), bytes(content[header:]))
        except ProtocolError:
            continue
        assert isinstance(found, dict)
