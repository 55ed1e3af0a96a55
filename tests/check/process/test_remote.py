"""What the process says is checked before it is used."""

from __future__ import annotations

import dataclasses
import inspect
import random
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rot180.check.adapter.classes.pair import Pair
from rot180.check.process import protocol
from rot180.check.process.failure import ChildFailure, CouldNotCheckError
from rot180.check.process.protocol import Fields, Handle
from rot180.check.process.remote import (
    RemoteError,
    RemoteObject,
    Session,
    error_type,
    read_function,
    type_name,
    with_fields,
)
from rot180.check.process.search import read_contents


def function(**given: Any) -> dict[str, Any]:
    return {"function": 0, "name": "f", "plain": True, "parameters": [["x", 1, False, None]], **given}


def test_a_function_is_described() -> None:
    parts = [["x", 0, False, None], ["stride", 1, True, (1, 2)], ["rest", 2, False, None], ["mode", 3, True, "a\nb"]]
    found = read_function(function(parameters=parts))
    assert str(found.signature) == "(x, /, stride=(1, 2), *rest, mode='a\\\\nb')" and found.plain
    assert read_function(function(parameters=None)).signature is None
    assert read_function(function(name="a\n\x1b")).name == "a\\n\\x1b"


@pytest.mark.parametrize(
    "given",
    [
        {"function": "0"}, {"function": None}, {"name": 1}, {"parameters": [["x", 7, False, None]]},
        {"parameters": [["x"]]}, {"parameters": ["x"]}, {"parameters": [["a b", 1, False, None]]},
        {"parameters": [["x", 1, True, 1], ["y", 1, False, None]]}, {"parameters": [["x", 1, False, None]] * 2},
        {"parameters": [["x" * 200, 1, False, None]]}, {"parameters": [["x", "1", False, None]]},
    ],
)  # fmt: skip
def test_a_function_that_cannot_be_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ChildFailure, match="sent a message that cannot be read"):
        read_function(function(**given))


def test_names_of_types() -> None:
    assert type_name("KeyError", "Exception") == "KeyError"
    for name in ("a b", "class", "", "x" * 100, "a\n", 5, None):
        assert type_name(name, "Exception") == "Exception"
    assert error_type({"kind": "KeyError"}).__name__ == "KeyError" and error_type(None).__name__ == "Exception"


def test_fields_become_a_dataclass_or_a_dict() -> None:
    found = with_fields(Fields("Cache", {"x": 1, "w": 2}))
    assert dataclasses.is_dataclass(found) and type(found).__name__ == "Cache" and found.w == 2
    assert with_fields(Fields("Cache", {"a b": 1})) == {"a b": 1}
    assert with_fields(Fields("Cache", {"__class__": 1})) == {"__class__": 1}


def session(**arrays: Any) -> Session:
    """A session that has sent a call with these arrays, with ticket 1, but no process."""
    found = Session(None, Path("mine.py"))  # type: ignore[arg-type]
    found.sent = deque([(1, arrays)])
    return found


def test_arrays_are_changed_as_the_process_says() -> None:
    x, ints = np.zeros(3), np.zeros(2, int)
    session(x=x, t=ints)._change([[1, "x", np.ones(3)], [1, "t", np.array([1.5, 2])]])
    assert x.tolist() == [1, 1, 1] and ints.tolist() == [1, 2]
    session(x=x)._change([[1, "x", np.ones(5)]])  # it was resized
    assert x.tolist() == [2, 2, 2]


@pytest.mark.parametrize("changed", [[1], [[1, "x"]], [[2, "x", np.ones(3)]], [[1, "w", np.ones(3)]], [[1, "x", 5]]])
def test_changes_of_what_was_not_sent_are_refused(changed: Any) -> None:
    with pytest.raises(ChildFailure, match="sent a message that cannot be read"):
        session(x=np.zeros(3))._change(changed)


def test_objects_are_sent_back_by_their_number() -> None:
    found = session()
    found.ids_of_call.append([])
    cache, other = found._take(Handle(7, "Cache")), found._take(Handle(8, "list", [1]))
    assert isinstance(cache, RemoteObject) and type(cache).__name__ == "Cache"
    assert found._handle_of(cache) == Handle(7, "") and found._handle_of(other) == Handle(8, "")
    assert found._handle_of([1]) is None


def test_a_proxy_has_the_signature_of_the_function() -> None:
    plain, method = (session().proxy(read_function(function(plain=plain))) for plain in (True, False))
    assert inspect.isfunction(plain) and not inspect.isfunction(method)
    assert str(inspect.signature(plain)) == str(inspect.signature(method)) == "(x)"
    unknown = session().proxy(read_function(function(parameters=None)))
    with pytest.raises((TypeError, ValueError)):
        inspect.signature(unknown)


class ForgedProgram:
    """A program that answers each request with the next content, with the right ticket unless it has one."""

    def __init__(self, contents: list[dict[str, Any]]) -> None:
        self.contents, self.bytes = contents, b""

    def require_silence(self) -> None:
        """There is never a message too many."""

    def send(self, message: bytes) -> None:
        header, _ = protocol.sizes(message[: protocol.PREFIX.size])
        rest = message[protocol.PREFIX.size :]
        ticket = protocol.unpack(rest[:header], rest[header:])["ticket"]
        self.bytes = protocol.pack({"ticket": ticket, **self.contents.pop(0)})

    def read(self, count: int, deadline: float) -> bytes:
        found, self.bytes = self.bytes[:count], self.bytes[count:]
        return found


def forged_value(draw: random.Random, depth: int = 0) -> Any:
    simple = [
        None,
        True,
        0,
        -1,
        1 << 60,
        1.5,
        float("nan"),
        "x",
        "f",
        "\x1b\n",
        np.zeros(2),
        np.float32(1),
        1j * np.ones(3),
    ]
    if depth > 2 or draw.random() < 0.6:
        return draw.choice(simple)
    parts = [forged_value(draw, depth + 1) for _ in range(draw.randrange(4))]
    return draw.choice([parts, tuple(parts), {f"k{i}": part for i, part in enumerate(parts)}])


def test_no_forged_reply_does_more_than_end_the_check() -> None:
    draw = random.Random(0)
    names = ["ticket", "contents", "error", "exit", "function", "name", "plain", "parameters", "backward", "returns",
             "remarks", "one_sample", "result", "changed", "too_large"]  # fmt: skip
    for _ in range(3000):
        right: list[dict[str, Any]] = [
            {"contents": [{"name": "f", "kind": "function", "own": True, "methods": []}]},
            {**function(), "backward": function(), "returns": ["x"], "remarks": []},
            {"result": 1.0, "changed": []},
        ]
        spoilt = draw.choice(right)
        for name in draw.sample(names, draw.randint(1, 3)):
            spoilt[name] = forged_value(draw)
        talk = Session(ForgedProgram(right), Path("mine.py"))  # type: ignore[arg-type]
        try:
            talk.post_load()
            read_contents(talk.read_contents())
            found = talk.find("f", {"gradients_of": ("x",)})
            if found is not None:
                (found.forward if isinstance(found, Pair) else found)(np.ones(2))
        except (ChildFailure, CouldNotCheckError, RemoteError) as error:
            assert str(error).isprintable()
