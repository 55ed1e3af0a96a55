"""Proxies of the user's functions: each call is sent to the child process.

The replies are not trusted. Results become arrays and containers. Other objects become `RemoteObject`s, which the
checker can only pass back to the child.
"""

from __future__ import annotations

import functools
import secrets
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..adapter.classes.pair import NO_DX, Pair
from ..adapter.descriptions import one_line
from ..operations.case import Array
from . import protocol
from .failure import ChildFailure, CouldNotCheckError
from .message_reader import unpack
from .message_writer import pack
from .program import UNEXPECTED, Program
from .protocol import Fields, Handle, ProtocolError
from .remote_objects import (
    MALFORMED,
    MAX_NAME,
    RemoteError,
    RemoteFunction,
    RemoteMethod,
    RemoteObject,
    error_type,
    read_function,
    texts_of,
    type_name,
    with_fields,
)  # fmt: skip

CALL_SECONDS = 20.0  # the time limit of one call; the problems are small
NO_SIGNATURE = 0  # a value for which inspect.signature raises TypeError
MAX_CALLS = 256  # the number of recent calls whose results can be passed back; as in worker.py
MAX_REMARKS = 10
OURS = "check.layer: "  # the prefix of rot180's own messages; the command writes `check: ` instead
ONE_SAMPLE = "The class takes one sample at a time; larger batches were not checked."
ONE_CHANNEL = "The class takes images of one channel; several channels were not checked."
MAX_ERROR = 400  # characters of an error's text


class Session:
    """The requests to the child process of one file, and its replies."""

    def __init__(self, program: Program, path: Path) -> None:
        self.program, self.path = program, path
        self.known: dict[int, tuple[int, Any]] = {}  # by id of an object: its number in the child, and the object
        self._loading = 0  # the ticket of the request to load the file
        self.ids_of_call: deque[list[int]] = deque()
        self.sent: deque[tuple[int, dict[str, Any]]] = deque(maxlen=MAX_CALLS)  # tickets and arguments

    def post_load(self) -> None:
        """Ask the child to load the file, without waiting for the reply."""
        self._loading = self.post({"action": "load"})

    def read_contents(self) -> Any:
        """Wait until the file is loaded. Returns the child's description of its contents, which is not checked yet."""
        reply = self.receive("the import of the file", self._loading)
        if "error" in reply:
            raise CouldNotCheckError(f"check: {self._error(reply['error'])}")
        return reply.get("contents")

    def find(self, name: str, operation: Mapping[str, Any] | None = None) -> Any:
        """Return the function with this name, the Pair of a class, or None if the file has neither.

        Args:
            operation: the description of the operation, for a class; None for a function.
        """
        reply = self.ask(f"the search for {name}", {"action": "find", "name": name, "operation": operation})
        if "error" in reply:
            raise CouldNotCheckError(f"check: {self._error(reply['error'])}")
        if reply.get("function") is None:
            return None
        forward = read_function(reply)
        if "backward" not in reply or operation is None:
            return self.proxy(forward)
        return self._pair(forward, reply, operation["gradients_of"])

    def _pair(self, forward: RemoteFunction, reply: Mapping[str, Any], gradients_of: Sequence[str]) -> Pair:
        """The two functions that call a class. The child may omit only dx among the gradients of its arguments."""
        if not isinstance(reply["backward"], dict) or forward.signature is None:
            raise ChildFailure(MALFORMED.format(reason="a class without a forward and a backward"))
        backward = self.proxy(read_function(reply["backward"]))
        taken = forward.signature.parameters
        said = texts_of(reply.get("returns"))
        has_dx = "x" in said
        returns = tuple(name for name in gradients_of if name in taken and (name != "x" or has_dx))
        remarks = [one_line(text) for text in texts_of(reply.get("remarks"))][:MAX_REMARKS]
        remarks += [NO_DX] if not has_dx and NO_DX not in remarks else []
        single, grey = reply.get("one_sample") is True, reply.get("one_channel") is True
        remarks += ([ONE_SAMPLE] if single else []) + ([ONE_CHANNEL] if grey else [])
        return Pair(self.proxy(forward), backward, returns, single, grey, tuple(remarks))

    def call(self, function: RemoteFunction, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        """Call a function in the child. Arrays that it changes in place are changed here too. Raises a RemoteError if
        it raises.
        """
        request = {"action": "call", "function": function.number, "arguments": list(arguments), "keywords": keywords}
        ticket = self.post(request)
        self.sent.append((ticket, {**{str(i): a for i, a in enumerate(arguments)}, **keywords}))
        reply = self.receive(function.name, ticket)
        if "error" in reply:
            raise error_type(reply["error"])(*self._error_parts(reply["error"]))
        if "too_large" in reply or "result" not in reply:
            raise RemoteError("the result is too large to be checked", "")
        self._change(reply.get("changed"))
        return reply["result"]

    def call_several(
        self, function: RemoteFunction, arguments: Sequence[Any], keywords: Mapping[str, Any],
        stacks: Mapping[int | str, Array],
    ) -> Array | None:  # fmt: skip
        """Call a function several times, with one message. If a call raises, raise the first error.

        Args:
            arguments, keywords: the arguments that all calls share.
            stacks: arguments that differ between calls, by position or name: a stack with one value for each call.

        Returns the stack of the results, or of their first parts if they are tuples. Returns None if these are not
        arrays of one shape.
        """
        request = {
            "action": "call_several", "function": function.number, "arguments": list(arguments),
            "keywords": dict(keywords), "stacks": dict(stacks),
        }  # fmt: skip
        count = min(len(stack) for stack in stacks.values())
        reply = self.receive(function.name, self.post(request), count)
        if "error" in reply:
            raise error_type(reply["error"])(*self._error_parts(reply["error"]))
        stack = reply.get("stack")
        return stack if isinstance(stack, np.ndarray) and stack.ndim and len(stack) == count else None

    def proxy(self, function: RemoteFunction) -> Any:
        """A function that runs in the child, with the signature of the original.

        Its attribute `several` calls `call_several`.
        """

        def remote(*arguments: Any, **keywords: Any) -> Any:
            return self.call(function, arguments, keywords)

        proxy: Any = remote if function.plain else RemoteMethod(remote)
        proxy.__name__ = function.name
        proxy.several = functools.partial(self.call_several, function)
        proxy.__signature__ = function.signature or NO_SIGNATURE
        return proxy

    # ---- messages ----

    def ask(self, what: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request and return the reply. `what` names the action in errors."""
        return self.receive(what, self.post(request))

    def post(self, request: Mapping[str, Any]) -> int:
        """Send a request. Returns the ticket that the reply must contain."""
        self.program.require_silence()
        ticket = secrets.randbits(62)
        handles = {"arguments": self._handle_of, "keywords": self._handle_of}
        self.program.send(pack({**request, "ticket": ticket}, handles))
        return ticket

    def receive(self, what: str, ticket: int, calls: int = 1) -> dict[str, Any]:
        """Return the reply to the request with this ticket. Raises ChildFailure if it does not arrive in time."""
        seconds = CALL_SECONDS * calls
        deadline = time.monotonic() + seconds
        self.ids_of_call.append([])
        try:
            header, body = protocol.sizes(self.program.read(protocol.PREFIX.size, deadline))
            content = self.program.read(header + body, deadline)
            reply = unpack(content[:header], content[header:], self._take)
        except ProtocolError as error:
            raise ChildFailure(MALFORMED.format(reason=error)) from None
        except TimeoutError:
            raise ChildFailure(f"did not finish {what} within {seconds:g} seconds") from None
        if type(reply.get("ticket")) is not int or reply["ticket"] != ticket:
            raise ChildFailure(UNEXPECTED)
        if "exit" in reply:
            raise ChildFailure(f"called sys.exit({one_line(reply['exit'], MAX_NAME)})")
        self._forget()
        return reply

    def _error_parts(self, error: Any) -> tuple[str, str]:
        """The text of an error, and the line that raised it."""
        text, line = (error.get("text"), error.get("line")) if isinstance(error, dict) else ("", None)
        place = f"line {line} of {one_line(self.path.name, MAX_NAME)}" if type(line) is int else ""
        return one_line(text if isinstance(text, str) else "", MAX_ERROR), place

    def _error(self, error: Any) -> str:
        """Describe an error of the import on one line, with the path of the file."""
        text, place = self._error_parts(error)
        if not place and text.startswith(OURS):  # raised while looking for the parts of a class
            return text.removeprefix(OURS)
        where = f" ({place.partition(' of ')[0]} of {one_line(self.path)})" if place else ""
        return f"{error_type(error).__name__}: {text}{where}"

    # ---- arrays and objects ----

    def _change(self, changed: Any) -> None:
        """Apply the changes that the child made to its copies of the arguments."""
        if not isinstance(changed, list) or not changed:
            return
        calls = dict(self.sent)
        for entry in changed:
            if not isinstance(entry, list) or len(entry) != 3:
                raise ChildFailure(MALFORMED.format(reason="changed arguments of an unknown form"))
            ticket, name, now = entry
            sent = calls.get(ticket, {}).get(name) if isinstance(ticket, int) and isinstance(name, str) else None
            if not isinstance(sent, np.ndarray) or not isinstance(now, np.ndarray):
                raise ChildFailure(MALFORMED.format(reason="an argument was changed that was not sent"))
            if now.shape == sent.shape and now.dtype.kind != "c":
                np.copyto(sent, now, casting="unsafe")
            else:  # the array was resized; store different values, so that the check detects a change
                sent[...] = sent + 1

    def _handle_of(self, value: Any) -> Handle | None:
        """The handle of an object that came from the child, to pass it back."""
        number, known = self.known.get(id(value), (0, None))
        return Handle(number, "") if number and known is value else None

    def _take(self, handle: Handle) -> Any:
        """The value for a handle: the copy of the object, or a RemoteObject if the child could not send a copy."""
        value = handle.value
        if isinstance(value, Fields):
            value = with_fields(value)
        elif value is None:
            value = type(type_name(handle.kind, "object"), (RemoteObject,), {})()
        self.known[id(value)] = (handle.number, value)
        self.ids_of_call[-1].append(id(value))
        return value

    def _forget(self) -> None:
        """Drop the objects of old calls."""
        if len(self.ids_of_call) > MAX_CALLS:
            for identity in self.ids_of_call.popleft():
                self.known.pop(identity, None)
