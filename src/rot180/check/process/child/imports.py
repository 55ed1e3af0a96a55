"""Refuse imports and other ways out of the process while code is graded.

The hook is an audit hook: Python has no way to remove one. It is written so that the user's code finds no object with
which it could change what the hook does: the values that it needs are its own local variables.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Any

REFUSED_EVENTS = frozenset(
    {
        "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.fork",
        "os.forkpty", "pty.spawn", "os.kill", "os.killpg", "signal.pthread_kill", "socket.__new__", "socket.connect",
        "ctypes.dlopen", "ctypes.dlsym", "ctypes.dlsym/handle", "ctypes.call_function", "ctypes.cdata",
        "ctypes.cdata/buffer", "ctypes.string_at", "ctypes.wstring_at", "ctypes.addressof", "gc.get_objects",
        "gc.get_referrers", "gc.get_referents", "sys.settrace", "sys.setprofile", "sys._current_frames",
    }
)  # fmt: skip


def forbid(names: Sequence[str], hidden: Sequence[str], folder: str) -> None:
    """Refuse imports of packages from now on, and the events of REFUSED_EVENTS.

    Args:
        names: of the packages.
        hidden: folders whose files must not be read.
        folder: the folder in which files may be written.
    """
    with contextlib.suppress(ImportError):  # the one way to start a program that has no event
        import _posixsubprocess

        _posixsubprocess.fork_exec = _refuse_program  # type: ignore[assignment]
    sys.addaudithook(_hook(frozenset(names), tuple(os.path.realpath(path) + os.sep for path in hidden)))


def _refuse_program(*arguments: Any) -> None:
    raise PermissionError("starting a program is refused while code is graded (--forbid)")


def _hook(names: frozenset[str], hidden: tuple[str, ...]) -> Any:
    """Return the hook. It calls no function that the user's code could replace."""
    text, refusal, denial = str, ImportError, PermissionError
    refused_events = REFUSED_EVENTS
    partition, startswith, real_path, kind_of = str.partition, str.startswith, os.path.realpath, type

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "import":
            name = arguments[0]
            if kind_of(name) is not text:
                raise refusal("the name of a module must be a str")
            package = partition(name, ".")[0]
            if package in names:
                raise refusal(f"the import of {package} is refused while code is graded (--forbid)")
        elif event in refused_events:
            raise denial(f"{event} is refused while code is graded (--forbid)")
        elif event == "open":
            path = arguments[0]
            if kind_of(path) is text and startswith(real_path(path), hidden):
                raise denial(f"{path} is refused while code is graded (--forbid)")

    return refuse
