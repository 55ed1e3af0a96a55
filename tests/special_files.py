"""Device nodes, named pipes and sockets made for a test, in its own folder: never the machine's own nodes."""

from __future__ import annotations

import os
import socket
import stat
import threading
from pathlib import Path

import pytest

NULL = (1, 3)  # Linux's device numbers: /dev/null swallows everything
FULL = (1, 7)  # every write to /dev/full is ENOSPC
WAIT = 2  # seconds after which a pipe that nobody opened fails the test instead of hanging it


def make_device(path: Path, numbers: tuple[int, int]) -> Path:
    """A character device, or a skip where the system does not allow one."""
    if os.uname().sysname != "Linux":
        pytest.skip("the device numbers are Linux's")
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(*numbers))
        os.close(os.open(path, os.O_WRONLY))  # refused on a file system that is mounted with nodev
    except PermissionError:
        path.unlink(missing_ok=True)
        pytest.skip("device nodes need root and a file system that allows them")
    return path


def is_device(path: Path, numbers: tuple[int, int]) -> bool:
    """True if `path` is still this character device."""
    found = path.stat()
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == os.makedev(*numbers)


class Pipe:
    """A named pipe, and a thread that reads it to the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._data = b""
        self._thread.start()

    def _read(self) -> None:
        self._data = self.path.read_bytes()

    def read(self) -> bytes:
        """The bytes that were written, after the writer has closed the pipe, which is still a pipe."""
        self._thread.join(WAIT)
        assert not self._thread.is_alive(), f"nothing was written to the pipe {self.path}"
        assert self.path.is_fifo()
        return self._data


def make_socket(path: Path) -> socket.socket:
    """A listening socket; its path must be short, so it is bound from within its folder."""
    server = socket.socket(socket.AF_UNIX)
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        server.bind(path.name)
    finally:
        os.chdir(before)
    return server
