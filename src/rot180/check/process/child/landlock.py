"""Linux's Landlock: forbid this process to signal processes outside, to connect, and to use files that it need not.

The rules also hold for all processes that it starts, and cannot be taken back. On older kernels and other systems
nothing happens. https://docs.kernel.org/userspace-api/landlock.html
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
REFER, TRUNCATE = 1 << 13, 1 << 14  # since versions 2 and 3
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1  # since version 4
SCOPE_ABSTRACT_SOCKET, SCOPE_SIGNAL = 1 << 0, 1 << 1  # since version 6


def restrict(folder: str | None, hidden: Sequence[str] = ()) -> bool:
    """Restrict this process; returns False if the kernel cannot.

    Args:
        folder: the only folder in which files may be written; the network is refused too. None to restrict only
            signals.
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
    """The files and folders below a folder that together hold everything except the hidden folders.

    Symbolic links are left out: their targets are listed where they are.
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
    """The rights of files, network and scope that this version of Landlock can take away."""
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
