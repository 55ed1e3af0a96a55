"""The supervisor: kill the worker and all processes that it started when the checker ends, and limit their resources.

On Linux, the supervisor is a subreaper: a process whose parent has ended becomes its child, in any session, so the
supervisor finds all of them. On other systems, only the worker's process group is killed.

The supervisor uses only the standard library, and reads no data from the worker.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

PERIOD = 0.05  # the seconds between two checks of the limits
GRACE = 0.05  # the seconds in which the worker may end by itself
PATIENCE = 5.0  # the maximum seconds of killing processes, which may start new ones meanwhile
PR_SET_CHILD_SUBREAPER = 36


def supervise(worker: int, requests: int, config: Mapping[str, Any]) -> NoReturn:
    """Wait until the worker or the checker ends. Then kill all processes, and write how the worker ended.

    Args:
        worker: the process id of the worker.
        requests: the descriptor of the pipe of requests; its other end is closed when the checker ends.
        config: the limits, the descriptor for the status, and the temporary folder.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    become_subreaper()
    status = wait(worker, requests, config)
    end_descendants(worker)
    os.chdir(os.path.dirname(config["folder"]))
    shutil.rmtree(config["folder"], ignore_errors=True)
    with contextlib.suppress(OSError):
        os.write(config["status"], json.dumps(status).encode())
    os._exit(0)


def become_subreaper() -> None:
    """On Linux, adopt descendants whose parents end. Other systems do not support this."""
    with contextlib.suppress(Exception):
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait(worker: int, requests: int, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return how the worker ended: `{"exit": 0}`, `{"signal": 9}`, `{"limit": "memory"}` or `{}`."""
    wake, woken = os.pipe()
    for descriptor in (wake, woken):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    poll = select.poll()
    poll.register(requests, 0)  # event mask 0: poll reports only that the other end was closed
    poll.register(wake, select.POLLIN)
    while True:
        status = reap(worker)
        if status is not None:
            return status
        limit = exceeded(config)
        if limit:
            return {"limit": limit}
        for descriptor, _ in poll.poll(PERIOD * 1000):
            if descriptor == requests:
                return wait_briefly(worker)
            with contextlib.suppress(OSError):
                os.read(wake, 4096)


def wait_briefly(worker: int) -> dict[str, Any]:
    """Return how the worker ended, or {}. Wait for a moment, because a pipe is closed before its process ends."""
    deadline = time.monotonic() + GRACE
    while time.monotonic() < deadline:
        status = reap(worker)
        if status is not None:
            return status
        time.sleep(0.001)
    return {}


def reap(worker: int) -> dict[str, Any] | None:
    """Collect ended children. Return how the worker ended, or None if it still runs."""
    while True:
        try:
            ended, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return {}
        if ended == worker:
            number = os.waitstatus_to_exitcode(status)
            return {"exit": number} if number >= 0 else {"signal": -number}
        if ended == 0:
            return None


def exceeded(config: Mapping[str, Any]) -> str:
    """The limit that the worker and its descendants together exceed, or ""."""
    processes = list(descendants())
    if len(processes) > config["processes"]:
        return "processes"
    if sum(map(resident, processes)) > config["memory"]:
        return "memory"
    return ""


def end_descendants(worker: int) -> None:
    """Stop and kill descendants until none are left."""
    with contextlib.suppress(OSError):
        os.kill(worker, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        left = list(descendants())
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for process in left:
                with contextlib.suppress(OSError):
                    os.kill(process, number)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        if not left:
            break
        time.sleep(0.001)
    if not os.path.exists("/proc/self/task"):  # without /proc, the descendants are unknown
        end_group(worker)


def end_group(worker: int) -> None:
    """Kill the processes that are still in the worker's group."""
    with contextlib.suppress(OSError):
        os.killpg(worker, signal.SIGKILL)


def descendants() -> Iterator[int]:
    """Yield the descendants of this process; none on systems without /proc."""
    found, parents = set[int](), [os.getpid()]
    while parents:
        for child in children(parents.pop()):
            if child not in found:
                found.add(child)
                parents.append(child)
                yield child


def children(process: int) -> list[int]:
    """The children of a process and of its threads."""
    found = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{process}/task"):
            with contextlib.suppress(OSError, ValueError), open(f"/proc/{process}/task/{task}/children") as file:
                found += [int(word) for word in file.read().split()]
    return found


def resident(process: int) -> int:
    """The bytes of memory that a process uses."""
    try:
        with open(f"/proc/{process}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
