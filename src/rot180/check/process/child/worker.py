"""The worker: load the user's file, and call its functions on the arrays that the checker sends.

The worker does not compare results. It may import only NumPy, the standard library, and modules that do the same.
"""

from __future__ import annotations

import copy
import os
from collections import deque
from collections.abc import Iterator, Mapping
from types import GeneratorType
from typing import Any

import numpy as np

from ...adapter.classes.pair import is_class, pair_of
from ...adapter.foreign_arrays import as_numpy
from .. import protocol
from ..message_reader import unpack
from ..message_writer import pack
from ..protocol import Handle
from . import description, imports, library
from .operation import read_operation

MAX_CALLS = 256  # the number of recent calls whose results are kept, because they can be arguments of later calls
WATCHED_CALLS = 4  # recent calls whose arguments are compared, because a backward may change the forward's arguments


class Worker:
    """The user's module, its functions, and the objects that stay in this process."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.library: library.Library | None = None
        self.functions: list[Any] = []
        self.objects: dict[int, Any] = {}
        self.last_of_call: deque[int] = deque()  # by call: the number of objects before it
        self.taken: set[int] = set()  # ids of kept objects among the arguments of the present call
        self.number = 0
        self.watched: deque[tuple[int, dict[str, tuple[Any, bytes]]]] = deque(maxlen=WATCHED_CALLS)

    def run(self, requests: int, replies: int) -> None:
        """Answer requests until the pipe is closed."""
        for request in _read_requests(requests, self._take):
            view = memoryview(self._answer(request))
            while view:
                view = view[os.write(replies, view) :]

    def _answer(self, request: Mapping[str, Any]) -> bytes:
        """The reply to a request. Converting a result can also run the user's code."""
        ticket = {"ticket": request["ticket"]}
        actions = {"load": self._load, "find": self._find, "call": self._call, "call_several": self._call_several}
        action = actions[request["action"]]
        try:
            return pack({**ticket, **action(request)}, {"result": self._handle_of})
        except protocol.ProtocolError as error:
            reply: dict[str, Any] = {"too_large": str(error)}
        except SystemExit as leave:
            reply = {"exit": description.text_of(leave.code)}
        except BaseException as error:
            reply = {"error": description.describe_error(error, self.config["path"])}
        return pack({**ticket, **reply})

    # ---- the requests ----

    def _load(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Load the user's file and describe its contents."""
        if self.config["forbidden"]:
            imports.forbid(self.config["forbidden"], self.config["hidden"], self.config["folder"])
        self.library = library.Library(self.config["path"])
        return {"contents": self.library.contents()}

    def _find(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Find a function or a class by its name. Returns the numbers and signatures of the functions to call."""
        assert self.library is not None
        target = self.library.find(request["name"])
        if target is None:
            return {"function": None}
        if request["operation"] is not None:
            definition: Any = read_operation(request["operation"])  # the only kind of definition in the worker
            if is_class(target, None, definition):
                return self._use_class(target, definition, request["operation"]["given"])
        return self._add(target) if callable(target) else {"function": None}

    def _use_class(self, target: Any, definition: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        """Describe the two functions that call a class."""
        with np.errstate(all="ignore"):
            pair = pair_of(target, definition, given)
        return {
            **self._add(pair.forward), "backward": self._add(pair.backward), "returns": pair.returns,
            "one_sample": pair.one_sample, "one_channel": pair.one_channel, "remarks": pair.remarks,
        }  # fmt: skip

    def _add(self, function: Any) -> dict[str, Any]:
        """Store a function. Returns its number and its description."""
        self.functions.append(function)
        return {"function": len(self.functions) - 1, **description.describe_function(function)}

    def _call(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Call a function. Returns its result and the changed arguments."""
        arguments, keywords = request["arguments"], request["keywords"]
        named = {**{str(i): a for i, a in enumerate(arguments)}, **keywords}
        arrays = {name: a for name, a in named.items() if isinstance(a, np.ndarray) and id(a) not in self.taken}
        self.taken.clear()
        self.watched.append((request["ticket"], {name: (a, a.tobytes()) for name, a in arrays.items()}))
        self._forget()
        with np.errstate(all="ignore"):
            result = self.functions[request["function"]](*arguments, **keywords)
        if isinstance(result, GeneratorType):
            result = list(result)
        return {"result": result, "changed": self._changed()}

    def _call_several(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Call a function for each row of the stacked arguments. Returns the stack of y, the first parts of the
        results.

        The stack is None if these are not arrays with the same shape and dtype. The checker then makes single calls.
        """
        arguments, keywords, stacks = request["arguments"], request["keywords"], request["stacks"]
        self.taken.clear()
        found = []
        for row in zip(*stacks.values(), strict=True):
            named = dict(zip(stacks, row, strict=True))
            positional = [np.copy(named[i]) if i in named else _copy(a) for i, a in enumerate(arguments)]
            by_name = {name: np.copy(named[name]) if name in named else _copy(a) for name, a in keywords.items()}
            with np.errstate(all="ignore"):
                result = self.functions[request["function"]](*positional, **by_name)
            first = result[0] if isinstance(result, tuple) and len(result) > 1 else result
            found.append(np.array(first if isinstance(first, np.ndarray | np.generic | float) else _as_tensor(first)))
        same = len({(array.shape, array.dtype) for array in found}) == 1 and found[0].dtype.kind in "fiub"
        return {"stack": np.stack(found) if same else None}

    def _changed(self) -> list[Any]:
        """The changed arguments of the last calls, each as [ticket, name, present value]."""
        changed = []
        for ticket, arrays in self.watched:
            for name, (array, before) in arrays.items():
                now = array.tobytes()
                if now != before:
                    changed.append([ticket, name, array])
                    arrays[name] = (array, now)
        return changed

    # ---- objects that stay here ----

    def _handle_of(self, value: Any) -> Handle | None:
        """Store an object, so that it can be an argument later. Returns its handle."""
        if isinstance(value, np.generic):
            return None
        self.number += 1
        self.objects[self.number] = value
        return Handle(self.number, type(value).__name__, description.sendable(value))

    def _take(self, handle: Handle) -> Any:
        value = self.objects[handle.number]
        self.taken.add(id(value))
        return value

    def _forget(self) -> None:
        """Drop the objects of old calls."""
        self.last_of_call.append(self.number)
        if len(self.last_of_call) > MAX_CALLS:
            first = self.last_of_call.popleft()
            for number in range(first + 1, self.last_of_call[0] + 1):
                self.objects.pop(number, None)


def _copy(value: Any) -> Any:
    """Copy an argument, so that changes in one call do not affect another call."""
    return value.copy() if isinstance(value, np.ndarray) else copy.copy(value)


def _as_tensor(value: Any) -> Any:
    """Convert an array of another library to NumPy; None for other objects and for lists, which can be several
    results.
    """
    return None if isinstance(value, list) else as_numpy(value)


def _read_requests(descriptor: int, take: Any) -> Iterator[dict[str, Any]]:
    """Yield requests until the checker closes the pipe."""
    while True:
        prefix = _read(descriptor, protocol.PREFIX.size)
        if prefix is None:
            return
        header, body = protocol.sizes(prefix)
        content = _read(descriptor, header + body)
        if content is None:
            return
        yield unpack(content[:header], content[header:], take)


def _read(descriptor: int, count: int) -> bytes | None:
    """Read `count` bytes; None at the end of the pipe."""
    parts = []
    while count:
        part = os.read(descriptor, min(count, 1 << 20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
