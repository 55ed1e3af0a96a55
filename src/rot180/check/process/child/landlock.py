"""Linux's Landlock: prevent this process from signalling other processes, connecting, and using unrelated files.

The rules also apply to all processes that it starts, and cannot be removed. Older kernels and other systems have no
Landlock, so this module does nothing there. https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
from collections.abc import Iterator, Sequence

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on all architectures since Linux 5.1
VERSION_FLAG, PATH_BENEATH = 1, 1
PR_SET_NO_NEW_PRIVS = 38

WRITE_FILE, READ_FILE, REMOVE_DIR, REMOVE_FILE = 1 << 1, 1 << 2, 1 << 4, 1 << 5
MAKE = sum(1 << bit for bit in range(6, 13))  # devices, folders, files, sockets, pipes, links
REFER, TRUNCATE = 1 << 13, 1 << 14  # since Landlock versions 2 and 3
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1  # since Landlock version 4
SCOPE_ABSTRACT_SOCKET, SCOPE_SIGNAL = 1 << 0, 1 << 1  # since Landlock version 6


def restrict(folder: str | None, hidden: Sequence[str] = ()) -> bool:
    """Restrict this process. Returns False if the kernel does not support it.

    Args:
        folder: the only folder in which files may be written. TCP is refused too. None restricts only signals.
        hidden: files and folders that must not be read.
    """
    if sys.platform != "linux":
        return False
    try:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
    except (ImportError, OSError):
        return False
    version = libc.syscall(CREATE_RULESET, None, 0, VERSION_FLAG)
    files, network, scope = handled(version, writes=folder is not None)
    if not (files or network or scope):
        return False
    files |= READ_FILE if files and hidden else 0
    attributes = struct.pack("<QQQ", files, network, scope)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(CREATE_RULESET, attributes, size, 0)
    if ruleset < 0:
        return False
    try:
        if folder is not None:
            _allow(libc, ruleset, folder, files)
            _allow(libc, ruleset, os.devnull, files & (READ_FILE | WRITE_FILE | TRUNCATE))
        if files & READ_FILE:
            for path in readable("/", frozenset(map(os.path.realpath, hidden))):
                _allow(libc, ruleset, path, READ_FILE)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return bool(libc.syscall(RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def readable(folder: str, hidden: frozenset[str]) -> Iterator[str]:
    """Yield files and folders that together contain everything below a folder except the hidden paths.

    Symbolic links are left out, because their targets are yielded at their own paths.
    """
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.path in hidden or entry.is_symlink():
            continue
        if any(path.startswith(entry.path + os.sep) for path in hidden):
            yield from readable(entry.path, hidden)
        else:
            yield entry.path


def handled(version: int, *, writes: bool) -> tuple[int, int, int]:
    """The access rights to files and network, and the scopes, that this version of Landlock can restrict."""
    files = network = 0
    if writes and version >= 1:
        files = WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE
        files |= REFER if version >= 2 else 0
        files |= TRUNCATE if version >= 3 else 0
        network = BIND_TCP | CONNECT_TCP if version >= 4 else 0
    return files, network, SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL if version >= 6 else 0


def _allow(libc: object, ruleset: int, path: str, rights: int) -> None:
    """Allow rights below a folder, or on one file."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
        try:
            rule = struct.pack("<Qi", rights, descriptor)
            libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, rule, 0)  # type: ignore[attr-defined]
        finally:
            os.close(descriptor)
