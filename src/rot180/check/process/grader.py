"""A process that checks one file after another. Several such processes grade files in parallel.

grading.py starts it. It reads requests and writes results, each as one line of JSON. If the parent process ends or
closes the pipe of requests, this process stops, even during a check.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from collections.abc import Mapping
from typing import Any

from .failure import CouldNotCheckError
from .file_check import check_file
from .program import Limits


def main() -> None:
    """Answer requests until there are no more."""
    requests: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(requests,), daemon=True).start()
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # send prints to stderr, so that they cannot mix with the results
    while True:
        results.write(json.dumps(grade(json.loads(requests.get()))) + "\n")
        results.flush()


def _read(requests: queue.Queue[str]) -> None:
    """Put requests into the queue. If the pipe is closed, stop at once; the supervisors then end the submissions."""
    for line in sys.stdin:
        requests.put(line)
    os._exit(0)


def grade(request: Mapping[str, Any]) -> dict[str, Any]:
    """Check one file. Returns a dict with `ok`, `report` and `error`."""
    options = {name: tuple(v) if isinstance(v, list) else v for name, v in request["options"].items()}
    given = request["limits"]
    limits = Limits(given["seconds"], tuple(given["forbidden"]), tuple(given["hidden"]))
    try:
        verdict = check_file(request["path"], request["names"], options, limits)
    except CouldNotCheckError as error:
        return {"ok": None, "report": None, "error": str(error).removeprefix("check: ")}
    except Exception as error:  # a fault of the checker must not end the grading of the other files
        return {"ok": None, "report": None, "error": f"internal error: {type(error).__name__}: {error}"}
    return {"ok": verdict.report.ok, "report": verdict.report.as_dict(), "error": None}
