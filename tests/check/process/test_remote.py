"""What the process says is checked before it is used."""

from __future__ import annotations

import inspect
import random
import textwrap
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rot180.check.adapter.classes.pair import Pair
from rot180.check.process import protocol
from rot180.check.process.failure import ChildFailure, CouldNotCheckError
from rot180.check.process.message_reader import unpack
from rot180.check.process.message_writer import pack
from rot180.check.process.program import Limits, running
from rot180.check.process.protocol import Handle
from rot180.check.process.remote import Session
from rot180.check.process.remote_objects import (
    RemoteError,
    RemoteObject,
    read_function,
)
from rot180.check.process.search import read_contents


def function(**given: Any) -> dict[str, Any]:
    return {"function": 0, "name": "f", "plain": True, "parameters": [["x", 1, False, None]], **given}


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
        ticket = unpack(rest[:header], rest[header:])["ticket"]
        self.bytes = pack({"ticket": ticket, **self.contents.pop(0)})

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


# ---- several calls in one message ----

SEVERAL = """
    import numpy as np
    def plain(x, w): return x @ w
    def pair(x, w): return x @ w, (x, w)
    def changes(x, w):
        x += 1; w += 1
        return x @ w
    def keyword(x, *, w): return x @ w
    def number(x, w): return float((x @ w).sum())
    def rows(x, w): return (x @ w).tolist()
    def shapes(x, w): return np.zeros(int(x[0, 0]))
    def texts(x, w): return "y"
    def fails(x, w): return 1 // int(x[0, 0] - 2)
    def leaves(x, w): raise SystemExit(3)
    def large(x, w): return np.zeros(1 << 22)
"""


@pytest.fixture
def calls(tmp_path: Path) -> Iterator[Any]:
    """Return a function that calls one of these functions with x of 0, 1, 2 ... and the same w."""
    path = tmp_path / "mine.py"
    path.write_text(textwrap.dedent(SEVERAL))
    with running(path, Limits(20.0)) as program:
        talk = Session(program, path)
        talk.post_load()
        talk.read_contents()

        def call(name: str, count: int = 4) -> Any:
            function, w = talk.find(name), np.ones((3, 2))
            xs = np.stack([np.full((2, 3), float(n)) for n in range(count)])
            if name == "keyword":
                return function.several([None], {"w": w}, {0: xs})
            return function.several([None, w], {}, {0: xs})

        yield call


@pytest.mark.parametrize("name", ["plain", "pair", "keyword"])
def test_several_calls(calls: Any, name: str) -> None:
    assert calls(name).tolist() == [[[3.0 * n] * 2] * 2 for n in range(4)]


def test_no_call_sees_what_another_has_changed(calls: Any) -> None:
    assert calls("changes").tolist() == [[[6.0 * (n + 1)] * 2] * 2 for n in range(4)]


def test_several_numbers(calls: Any) -> None:
    assert calls("number").tolist() == [0, 12, 24, 36]


@pytest.mark.parametrize("name", ["rows", "shapes", "texts", "large"])
def test_results_that_cannot_be_stacked(calls: Any, name: str) -> None:
    assert calls(name) is None


def test_an_error_in_one_of_several_calls(calls: Any) -> None:
    with pytest.raises(RemoteError, match="integer division or modulo by zero") as error:
        calls("fails")
    assert type(error.value).__name__ == "ZeroDivisionError" and error.value.place.endswith("of mine.py")
    with pytest.raises(ChildFailure, match=r"called sys.exit\(3\)"):
        calls("leaves")


@pytest.mark.parametrize("stack", [None, 1, np.zeros(()), np.zeros(3), "x", [1, 2]])
def test_a_forged_stack_is_not_used(stack: Any) -> None:
    talk = Session(ForgedProgram([{"stack": stack}]), Path("mine.py"))  # type: ignore[arg-type]
    assert talk.call_several(read_function(function()), [None], {}, {0: np.zeros((2, 3))}) is None
