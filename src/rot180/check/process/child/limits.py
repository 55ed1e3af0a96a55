"""The limits that the system sets for the worker: memory, processors, files, and what it may signal or write.

A limit that the system does not have is left out; docs/grading.md says what holds where.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping
from typing import Any

from . import landlock

MAX_FILE = 64 << 20  # bytes of one file
MAX_DESCRIPTORS = 256
PR_SET_PDEATHSIG = 1


def apply(config: Mapping[str, Any]) -> None:
    """Limit this process and all that it starts."""
    end_with_supervisor()
    limit_resources(config["memory"], config["seconds"])
    landlock.restrict(config["folder"] if config["grading"] else None, config["hidden"])


def end_with_supervisor() -> None:
    """Ask Linux to kill this process when its parent ends."""
    parent = os.getppid()
    with contextlib.suppress(Exception):
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if hasattr(os, "fork") and os.getppid() != parent:  # it ended in the meantime
        os._exit(1)


def limit_resources(memory: int, seconds: float) -> None:
    """Set the limits of the process where the system has them."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = {
        "RLIMIT_DATA": memory,  # private memory; address space would count shared libraries
        "RLIMIT_CPU": int(seconds) + 2,
        "RLIMIT_FSIZE": MAX_FILE,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": MAX_DESCRIPTORS,
        "RLIMIT_MEMLOCK": 0,
    }
    for name, value in limits.items():
        with contextlib.suppress(ValueError, OSError, AttributeError):
            kind = getattr(resource, name)
            _, most = resource.getrlimit(kind)
            value = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(kind, (value, value))
