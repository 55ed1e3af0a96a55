"""Refuse imports, programs, connections and files while code is graded.

An audit hook refuses them, because Python has no function that removes an audit hook. The user's code runs in the same
interpreter. So the hook calls no functions that the code could replace, and keeps its data in local variables. The code
cannot read these, because the hook also refuses the events of functions that could show them.

Machine code in the process can still disable the hook. docs/grading.md describes the limits of this protection.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

REFUSED_EVENTS = frozenset(
    {
        "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.fork",
        "os.forkpty", "pty.spawn", "os.kill", "os.killpg", "os.link", "os.symlink", "signal.pthread_kill",
        "socket.__new__", "socket.connect", "ctypes.dlopen", "ctypes.dlsym", "ctypes.dlsym/handle",
        "ctypes.call_function", "ctypes.cdata", "ctypes.string_at", "ctypes.wstring_at", "gc.get_objects",
        "gc.get_referrers", "gc.get_referents", "sys.settrace", "sys.setprofile", "sys._current_frames",
        "sqlite3.connect", "resource.prlimit",
    }
)  # fmt: skip
CHANGES = {  # events that change files, with the positions of the paths among their arguments
    "os.remove": (0,), "os.rename": (0, 1), "os.rmdir": (0,), "os.mkdir": (0,), "os.truncate": (0,), "os.chmod": (0,),
    "os.chown": (0,), "os.chflags": (0,), "os.utime": (0,), "os.setxattr": (0,), "os.removexattr": (0,),
}  # fmt: skip
WITHOUT_EVENTS = {  # functions without an audit event that start a program, or act on other processes or files
    "_posixsubprocess": ("fork_exec",),
    "posix": (
        "setpriority", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "pidfd_open", "mkfifo", "mknod",
        "chroot", "unshare", "setns",
    ),
    "_signal": ("pidfd_send_signal",),
}  # fmt: skip
REFUSAL = "is refused while code is graded (--forbid)"


def forbid(names: Sequence[str], hidden: Sequence[str], folder: str) -> None:
    """From now on, refuse imports of packages, the events of REFUSED_EVENTS, and access to files.

    Args:
        names: the names of the packages.
        hidden: files and folders that must not be read.
        folder: the only folder in which files may be written.
    """
    refuse_functions()
    folders = tuple(os.path.realpath(path) + os.sep for path in hidden)
    sys.meta_path.insert(0, _Finder(frozenset(names)))
    sys.addaudithook(_hook(frozenset(names), _file_rule(folders, os.path.realpath(folder) + os.sep)))


def refuse_functions() -> None:
    """Replace the functions of WITHOUT_EVENTS, also in the modules that re-export them."""
    for module, names in WITHOUT_EVENTS.items():
        with contextlib.suppress(ImportError):
            owner = importlib.import_module(module)
            for name in names:
                for other in (owner, os, signal):
                    if hasattr(owner, name) and hasattr(other, name):
                        setattr(other, name, _refusal_of(name))


def _refusal_of(name: str) -> Callable[..., None]:
    def refused(*arguments: Any, **keywords: Any) -> None:
        raise PermissionError(f"{name} {REFUSAL}")

    return refused


class _Finder:
    """Refuses imports by importlib.import_module, which has no audit event."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Raise ImportError for a forbidden package; leave other modules to the other finders."""
        if name.partition(".")[0] in self.names:
            raise ImportError(f"the import of {name} {REFUSAL}")


def _hook(names: frozenset[str], file_refusal: Callable[[Any, Any], str]) -> Callable[[str, tuple[Any, ...]], None]:
    """Return the hook.

    The hook keeps its data in defaults of parameters and deletes them before it raises. Otherwise the code could read
    them in the frame of the hook, which it gets with the exception.
    """

    def refuse(
        event: str, arguments: tuple[Any, ...], *, names: Any = names, file_refusal: Any = file_refusal,
        events: Any = REFUSED_EVENTS, changes: Any = CHANGES, denial: str = REFUSAL, partition: Any = str.partition,
        text: Any = str,
        kind_of: Any = type, importing: Any = ImportError, permission: Any = PermissionError,
    ) -> None:  # fmt: skip
        reason, error = "", permission
        if event == "import":
            name, file = arguments[0], arguments[1]
            if kind_of(name) is not text or partition(name, ".")[0] in names:
                reason, error = f"the import of {name} {denial}" if kind_of(name) is text else denial, importing
            elif file is not None:
                reason = file_refusal(file, 0)
        elif event == "open":
            reason = file_refusal(arguments[0], arguments[2])
        elif event in changes:
            for position in changes[event]:
                reason = reason or file_refusal(arguments[position], None)
        elif event in events:
            reason = f"{event} {denial}"
        if reason:
            del names, file_refusal, events, changes, partition, text, kind_of, importing, permission
            raise error(reason)

    return refuse


def _file_rule(hidden: tuple[str, ...], folder: str) -> Callable[[Any, Any], str]:
    """Return a function of a path and flags. It returns the reason why the file must not be opened, or "".

    Flags of None mean that the file is changed without opening it, for example renamed. This is refused for open files
    and for files outside `folder`.
    """
    text, raw, number, kind_of, denial, anything = str, bytes, int, type, REFUSAL, BaseException
    private = _private_copy(os.path)
    real_path, is_folder = private["realpath"], private["isdir"]
    decode, encoding, startswith, partition = bytes.decode, sys.getfilesystemencoding(), str.startswith, str.partition
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    separator, null = os.sep, os.devnull

    def refusal(path: Any, flags: Any) -> str:
        try:
            kind = kind_of(path)
            changes = flags is None
            if kind is number:
                return f"changing an open file {denial}" if changes else ""
            if kind is raw:
                path = decode(path, encoding, "surrogateescape")
            elif kind is not text:
                return f"a path of this type {denial}"
            real = real_path(path)
            inside = startswith(real + separator, folder)
            if changes and (not inside or partition(path, "..")[1]):  # the folder that ".." refers to is unknown
                return f"changing {path} {denial}"
            if startswith(real + separator, hidden):
                return f"reading {path} {denial}"
            if kind_of(flags) is number and flags & writing and not inside and real != null:
                return f"writing {path} {denial}"
            # With the descriptor of a folder, the code could open other files relative to this folder.
            if not inside and flags and is_folder(real):
                return f"opening the folder {path} {denial}"
            return ""
        except anything:
            return f"this path {denial}"

    return refusal


def _private_copy(module: ModuleType) -> dict[str, Any]:
    """Copies of a module's functions that call copies of `os` and of the built-in functions.

    Assignments of the user's code to attributes of os.path, os or builtins do not affect the copies.
    """
    names: dict[str, Any] = {**vars(module), "__builtins__": dict(vars(builtins)), "os": SimpleNamespace(**vars(os))}
    for name, value in vars(module).items():
        if isinstance(value, FunctionType):
            copy = FunctionType(value.__code__, names, name, value.__defaults__, value.__closure__)
            copy.__kwdefaults__ = value.__kwdefaults__
            names[name] = copy
    names["os"].path = SimpleNamespace(**names)
    return names
