"""Set the operating system's limits for the worker: memory, CPU time, files, and access to other processes.

Limits that a system does not support are skipped. docs/grading.md lists the limits by system.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping
from typing import Any

from . import landlock, seccomp

MAX_FILE = 64 << 20  # the maximum size of one file in bytes
MAX_DESCRIPTORS = 256
MAX_NEW_THREADS = 512  # a second limit, because the supervisor counts processes only from time to time
PR_SET_PDEATHSIG = 1


def apply(config: Mapping[str, Any]) -> None:
    """Limit this process and all processes that it starts."""
    end_with_supervisor()
    limit_resources(config["memory"], config["seconds"])
    landlock.restrict(config["folder"] if config["grading"] else None, config["hidden"])
    if config["grading"]:
        seccomp.restrict()


def end_with_supervisor() -> None:
    """Ask Linux to kill this process when its parent ends."""
    parent = os.getppid()
    with contextlib.suppress(Exception):
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if hasattr(os, "fork") and os.getppid() != parent:  # the parent ended in the meantime
        os._exit(1)


def limit_resources(memory: int, seconds: float) -> None:
    """Set the resource limits of the process that the system supports."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = {
        "RLIMIT_DATA": memory,  # limits private memory; a limit of the address space would count shared libraries
        "RLIMIT_CPU": int(seconds) + 2,
        "RLIMIT_FSIZE": MAX_FILE,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": MAX_DESCRIPTORS,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_NPROC": threads_of(os.getuid()) + MAX_NEW_THREADS,  # the system counts all threads of the user
    }
    for name, value in limits.items():
        with contextlib.suppress(ValueError, OSError, AttributeError):
            if name == "RLIMIT_NPROC" and not os.path.isdir("/proc/self"):
                continue  # skip the limit, because the current number of threads is unknown
            kind = getattr(resource, name)
            _, most = resource.getrlimit(kind)
            value = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(kind, (value, value))


def threads_of(user: int) -> int:
    """The number of threads of a user; 0 if it is unknown."""
    total = 0
    with contextlib.suppress(OSError):
        for name in filter(str.isdecimal, os.listdir("/proc")):
            with contextlib.suppress(OSError, ValueError, IndexError):
                if os.stat(f"/proc/{name}").st_uid == user:
                    with open(f"/proc/{name}/stat") as file:
                        total += int(file.read().rpartition(")")[2].split()[17])
    return total
