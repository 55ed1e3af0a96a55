"""Read from a pipe with a time limit."""

from __future__ import annotations

import contextlib
import os
import queue
import select
import threading
from typing import Protocol

BLOCK = 1 << 16  # bytes
MAX_WAITING = 4  # the number of blocks that a thread reads ahead
PERIOD = 0.1  # the seconds after which the thread checks whether it should end


class Reader(Protocol):
    """The reading end of a pipe."""

    def read(self, seconds: float) -> bytes | None:
        """Return the next bytes, b"" at the end, or None if nothing comes in time."""

    @property
    def has_bytes(self) -> bool:
        """True if `read` would return at once: bytes have arrived, or the pipe has ended."""

    def close(self) -> None:
        """Stop reading."""


class PollReader:
    """A reader for systems that can poll pipes."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._poll = descriptor, select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def read(self, seconds: float) -> bytes | None:
        """Return the next bytes, b"" at the end, or None if nothing comes in time."""
        if not self._poll.poll(max(0.0, seconds) * 1000):
            return None
        try:
            return os.read(self._descriptor, BLOCK)
        except OSError:
            return b""

    @property
    def has_bytes(self) -> bool:
        """True if `read` would return at once: bytes have arrived, or the pipe has ended."""
        return bool(self._poll.poll(0))

    def close(self) -> None:
        """Do nothing: the descriptor belongs to the process."""


class ThreadReader:
    """A reader for Windows, which cannot poll pipes, so a thread reads ahead."""

    def __init__(self, descriptor: int) -> None:
        self._blocks: queue.Queue[bytes] = queue.Queue(MAX_WAITING)
        self._closed = False
        self._thread = threading.Thread(target=self._run, args=(descriptor,), daemon=True)
        self._thread.start()

    def _run(self, descriptor: int) -> None:
        """Put blocks into the queue until the end of the pipe."""
        block = b"x"
        while block and not self._closed:
            try:
                block = os.read(descriptor, BLOCK)
            except OSError:
                block = b""
            while not self._closed:
                with contextlib.suppress(queue.Full):
                    self._blocks.put(block, timeout=PERIOD)
                    break

    def read(self, seconds: float) -> bytes | None:
        """Return the next bytes, b"" at the end, or None if nothing comes in time."""
        try:
            return self._blocks.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return None

    @property
    def has_bytes(self) -> bool:
        """True if `read` would return at once: bytes have arrived, or the pipe has ended."""
        return not self._blocks.empty()

    def close(self) -> None:
        """Stop the thread."""
        self._closed = True
        self._thread.join(2 * PERIOD)


def reader_of(descriptor: int) -> Reader:
    """Return the reader for this system."""
    return PollReader(descriptor) if hasattr(select, "poll") else ThreadReader(descriptor)
