"""Start and end the child process that runs the user's functions, and manage its pipes and its output."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import site
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..adapter.descriptions import one_line
from .failure import ChildFailure
from .reading import BLOCK, reader_of

MAX_OUTPUT, MAX_QUOTED = 2000, 200  # bytes of output to keep, and characters to quote in an error
MAX_FLOOD = 64 << 20  # the maximum output in bytes; beyond it, the code is stopped
GRACE = 2.0  # seconds that the supervisor gets to end all processes
LINGERING = 0.2  # the seconds to wait for the rest of the output
MEMORY = 2 << 30  # bytes
MAX_PROCESSES = 64
MAIN = Path(__file__).with_name("child") / "main.py"
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
UNEXPECTED = "sent a message that the checker did not ask for, so its results cannot be trusted"
LIMIT_TEXTS = {
    "memory": f"used more than {MEMORY >> 30} GB of memory",
    "processes": f"started more than {MAX_PROCESSES} processes",
}


@dataclass(frozen=True)
class Limits:
    """The limits of the user's code.

    Attributes:
        seconds: the time limit of the whole check.
        forbidden: packages that the code may not import. If this is not empty, the code is graded: it may also not
            write outside its folder, start programs or open connections.
        hidden: files and folders that graded code may not read.
    """

    seconds: float = 60.0
    forbidden: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


class Program:
    """A running child process.

    Attributes:
        deadline: the time at which the process is stopped.
        limits: the limits of the user's code.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self.limits, self.deadline = limits, time.monotonic() + limits.seconds
        self.folder = tempfile.mkdtemp(prefix="rot180-check-")
        self._flooded = False
        self._ending: dict[str, Any] | None = None
        self._output = bytearray()
        self._rest = b""
        status, child_status = os.pipe() if os.name != "nt" else (-1, -1)
        config = {
            "path": str(path), "folder": self.folder, "status": child_status, "memory": MEMORY,
            "processes": MAX_PROCESSES, "seconds": limits.seconds, "grading": bool(limits.forbidden),
            "forbidden": limits.forbidden, "hidden": limits.hidden, "paths": extra_paths(),
        }  # fmt: skip
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-B", "-u", str(MAIN), json.dumps(config)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                start_new_session=os.name != "nt", pass_fds=() if os.name == "nt" else (child_status,),
                env=environment(self.folder), cwd=self.folder,
            )  # fmt: skip
        except BaseException:
            self._remove_folder()
            raise
        finally:
            if child_status >= 0:
                os.close(child_status)
        self._status = status
        assert self.process.stdout is not None
        self._reader = reader_of(self.process.stdout.fileno())
        self._drainer = threading.Thread(target=self._drain, daemon=True)
        self._drainer.start()

    # ---- messages ----

    def send(self, message: bytes) -> None:
        """Send a request. Raises ChildFailure if the process has ended."""
        assert self.process.stdin is not None
        try:
            view = memoryview(message)
            while view:
                view = view[os.write(self.process.stdin.fileno(), view) :]
        except OSError:
            raise self._failure() from None

    def require_silence(self) -> None:
        """Raise ChildFailure if the process has sent a message without a request, or has ended."""
        if self._rest:
            raise ChildFailure(UNEXPECTED)
        if self._reader.has_bytes:
            raise ChildFailure(UNEXPECTED) if self._reader.read(0) else self._failure()

    def read(self, count: int, deadline: float) -> bytes:
        """Read `count` bytes of a reply.

        Raises TimeoutError if they do not arrive before `deadline`. Raises ChildFailure if the process has ended or the
        time limit of the whole check is over.
        """
        parts = [self._rest]
        missing = count - len(self._rest)
        while missing > 0:
            block = self._reader.read(min(deadline, self.deadline) - time.monotonic())
            if block is None:
                raise self._late()
            if not block:
                raise self._failure()
            parts.append(block)
            missing -= len(block)
        data = b"".join(parts)
        self._rest = data[count:]
        return data[:count]

    # ---- output ----

    def _drain(self) -> None:
        """Read all output, so that the process never blocks, and keep the beginning."""
        assert self.process.stderr is not None
        total = 0
        with contextlib.suppress(OSError, ValueError):
            while block := os.read(self.process.stderr.fileno(), BLOCK):
                self._output += block[: MAX_OUTPUT - len(self._output)]
                total += len(block)
                if total > MAX_FLOOD and not self._flooded:
                    self._flooded = True
                    self._close_requests()

    def printed(self) -> str:
        """The beginning of the output, without control characters except line ends and tabs."""
        text = bytes(self._output).decode(errors="replace").strip()
        return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text)

    # ---- the end ----

    def end(self) -> dict[str, Any]:
        """End the process and all processes that it started. Returns its status, for example {"exit": 0}."""
        if self._ending is not None:
            return self._ending
        self._close_requests()
        try:
            self.process.wait(GRACE if os.name != "nt" else 0)
        except subprocess.TimeoutExpired:
            self._kill()
        self._drainer.join(LINGERING)
        self._ending = self._read_status()
        self._reader.close()
        self.process.stdout.close()  # type: ignore[union-attr]
        if not self._drainer.is_alive():  # if it is alive, a surviving process still holds the other end open
            self.process.stderr.close()  # type: ignore[union-attr]
        self._remove_folder()
        return self._ending

    def _kill(self) -> None:
        if os.name != "nt":
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def _close_requests(self) -> None:
        """Close the pipe of requests, which tells the supervisor to end all processes."""
        with contextlib.suppress(OSError):
            self.process.stdin.close()  # type: ignore[union-attr]

    def _read_status(self) -> dict[str, Any]:
        """The status that the supervisor wrote, or else the exit status of the process."""
        if self._status >= 0:
            descriptor, self._status = self._status, -1
            try:
                os.set_blocking(descriptor, False)
                with contextlib.suppress(OSError, ValueError):
                    status = json.loads(os.read(descriptor, 4096))
                    return status if isinstance(status, dict) else {}
            finally:
                os.close(descriptor)
        code = self.process.returncode
        return {"exit": code} if code is not None and code >= 0 else {"signal": -(code or 0)}

    def _remove_folder(self) -> None:
        import shutil

        shutil.rmtree(self.folder, ignore_errors=True)

    def _late(self) -> BaseException:
        """The error for a process that did not answer in time."""
        if time.monotonic() < self.deadline:
            return TimeoutError()
        self.end()
        seconds = self.limits.seconds
        return self._quoting(f"did not finish within {seconds:g} seconds; increase --timeout if it does not hang")

    def _failure(self) -> ChildFailure:
        """The error for a process that ended."""
        status = self.end()
        if self._flooded:
            return self._quoting(f"printed more than {MAX_FLOOD >> 20} MB, and was stopped")
        if "limit" in status:
            return self._quoting(f"{LIMIT_TEXTS.get(str(status['limit']), 'exceeded a limit')}, and was stopped")
        if "signal" in status:
            name = f"signal {status['signal']}"
            with contextlib.suppress(ValueError):
                name = signal.Signals(status["signal"]).name
            how = f"killed by {name}"
        else:
            how = f"exit status {status['exit']}" if "exit" in status else "it closed the pipe to the checker"
        return self._quoting(f"ended the process ({how}) before the check was complete")

    def _quoting(self, text: str) -> ChildFailure:
        printed = self.printed()
        return ChildFailure(f"{text}; it printed: {one_line(printed, MAX_QUOTED)}" if printed else text)


@contextlib.contextmanager
def running(path: Path, limits: Limits) -> Iterator[Program]:
    """Start the process for a file. At the end of the block, end it and all processes that it started."""
    program = Program(path, limits)
    try:
        yield program
    finally:
        program.end()


def environment(folder: str) -> dict[str, str]:
    """The environment variables of the process: each library gets one thread, and temporary files go to `folder`."""
    return {
        **os.environ,
        **dict.fromkeys(ONE_THREAD, "1"),
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR", "NUMBA_CACHE_DIR"), folder),
        "PYTHONIOENCODING": "utf-8:backslashreplace",
    }


def extra_paths() -> Sequence[str]:
    """The folders of packages that `python -I` ignores: PYTHONPATH and the user's site-packages."""
    here = os.path.realpath(os.getcwd())
    candidates = [*os.environ.get("PYTHONPATH", "").split(os.pathsep), site.getusersitepackages()]
    return [
        path
        for path in candidates
        if os.path.isabs(path) and os.path.isdir(path) and os.path.realpath(path) != here and path in sys.path
    ]
