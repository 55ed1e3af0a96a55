"""The main program of the child process: start the worker and supervise it.

    python -I -B main.py CONFIG         CONFIG is JSON; child_config in program.py writes it

Requests arrive on standard input, and replies go to standard output. Both are moved to other descriptors before the
user's code is loaded. The standard input of the user's code is then empty, and its output goes to standard error.

If the system can fork, this process becomes the supervisor, and forks the worker, which runs the user's code. Otherwise
this process is the worker.

The package is not imported, so that the memory of the worker does not contain the definitions and the kernels. The few
modules that the worker needs are loaded under the name `_rot180_worker`.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from types import ModuleType
from typing import Any

ALIAS = "_rot180_worker"
FOLDER = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(FOLDER)))  # .../rot180
EMPTY_PACKAGES = (
    "",
    "check",
    "check.adapter",
    "check.operations",
    "check.process",
)  # loaded without running their __init__.py


def main() -> None:
    """Move the pipes, then run the supervisor or the worker."""
    config = json.loads(sys.argv[1])
    requests, replies = move_channel()
    make_aliases()
    sys.argv[:] = [config["path"]]
    if hasattr(os, "fork"):
        worker = os.fork()
        with contextlib.suppress(OSError):  # parent and child both call it, because either may run first
            os.setpgid(worker, worker)
        if worker:
            os.close(replies)
            from _rot180_worker.check.process.child.supervisor import supervise  # type: ignore[import-not-found]

            supervise(worker, requests, config)
        os.close(config["status"])
    run_worker(requests, replies, config)


def move_channel() -> tuple[int, int]:
    """Move requests and replies to new descriptors, and redirect the standard ones. Returns the new descriptors."""
    requests, replies = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    if os.name == "nt":
        import msvcrt

        for descriptor in (requests, replies):
            msvcrt.setmode(descriptor, os.O_BINARY)  # type: ignore[attr-defined]
    return requests, replies


def make_aliases() -> None:
    """Make the package importable under the alias, without running its __init__.py files."""
    for name in EMPTY_PACKAGES:
        alias = ModuleType(f"{ALIAS}.{name}" if name else ALIAS)
        alias.__path__ = [os.path.join(PACKAGE, *name.split("."))]
        sys.modules[alias.__name__] = alias
        owner, _, last = alias.__name__.rpartition(".")
        if owner:
            setattr(sys.modules[owner], last, alias)


def forget_aliases() -> None:
    """Remove the modules under the alias, so that the user's code cannot import other modules through it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == ALIAS]:
        with contextlib.suppress(AttributeError):
            sys.modules[name].__path__ = []
        del sys.modules[name]


def run_worker(requests: int, replies: int, config: dict[str, Any]) -> None:
    """Limit this process, then answer requests until the pipe is closed."""
    os.chdir(config["folder"])
    sys.path.extend(config["paths"])
    from _rot180_worker.check.process.child import limits, operation  # type: ignore[import-not-found]

    operations = sys.modules[f"{ALIAS}.check.operations"]
    vars(operations).update(Definition=operation.Definition, Convolution=operation.Convolution)
    from _rot180_worker.check.process.child.worker import Worker  # type: ignore[import-not-found]

    worker = Worker(config)
    forget_aliases()
    limits.apply(config)  # last, because afterwards the files of the package may be hidden
    worker.run(requests, replies)
    os._exit(0)  # do not wait for threads that the code started


if __name__ == "__main__":
    main()
