"""Install rot180 in place and show the progress of compiling the native engine.

`make` runs this file. pip hides the compiler's output, or shows pages of other messages with it; this script shows
ninja's `[k/n]` lines and, if a file does not compile, the compiler's errors. The complete output goes to a log.

If compilation fails, pip still installs a package that runs on the NumPy engine, unless ROT180_REQUIRE_EXT=1 is set.
"""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

LOG = Path("build/install.log")
CPU_SECONDS = 110  # to compile all files, measured on one core of an AMD EPYC server; see docs/decisions/0010
CONFIGURE_SECONDS = 10
PROGRESS = re.compile(r"\s*(\[\d+/\d+\]) (.*)")
FAILURE = re.compile(r"\s*(FAILED: |CMake Error|ninja: error)")
FAILURE_END = re.compile(r"\s*(\[\d+/\d+\] |ninja: build stopped|-- Configuring incomplete)")


def estimate(cores: int) -> str:
    """The time that a complete compilation takes, for example "about 70 s on 2 cores"."""
    seconds = CONFIGURE_SECONDS + CPU_SECONDS / cores
    return f"about {math.ceil(seconds / 10) * 10} s on {cores} core{'s' if cores > 1 else ''}"


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def errors(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a build log that report a failure: from FAILED or CMake Error to the next progress line."""
    inside = False
    for line in lines:
        if FAILURE.match(line):
            inside = True
        elif FAILURE_END.match(line):
            inside = False
        if inside and "/bin/c++ " not in line:  # ninja repeats the command, which is long
            yield line


def show(line: str, terminal: bool) -> None:
    """Print ninja's progress: on a terminal in one line that is overwritten, otherwise one line per file."""
    match = PROGRESS.match(line)
    if not match:
        return
    counter, action = match.groups()
    name = action.rsplit(".dir/", 1)[-1].rsplit("site-packages/", 1)[-1].removesuffix(".o")
    print(f"\r\033[K{counter} {name}" if terminal else f"{counter} {name}", end="" if terminal else "\n", flush=True)


def main() -> int:
    """Run pip and return its exit status."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-v", "--no-build-isolation"]
    compiled_before = any(Path("build").glob("*-editable/build.ninja"))
    todo = "the changed files of the native engine, at most" if compiled_before else "the native engine:"
    print(f"compiling {todo} {estimate(cores())}", flush=True)
    start, terminal = time.monotonic(), sys.stdout.isatty()
    LOG.parent.mkdir(exist_ok=True)
    lines = []
    with (
        LOG.open("w") as log,
        subprocess.Popen(
            [*command, "--editable", "."], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as pip,
    ):
        for line in pip.stdout or ():
            log.write(line)
            lines.append(line.rstrip())
            show(line, terminal)
    if terminal:
        print("\r\033[K", end="")
    failed = list(errors(lines))
    print(*failed, sep="\n", end="\n" if failed else "", file=sys.stderr)
    if pip.returncode:
        if not failed:
            print(*lines[-30:], sep="\n", file=sys.stderr)
        print(f"error: the installation failed; the complete output is in {LOG}", file=sys.stderr)
    elif failed:
        print(f"warning: the native engine was not compiled; the complete output is in {LOG}", file=sys.stderr)
    else:
        print(f"installed rot180 in {time.monotonic() - start:.0f} s")
    return pip.returncode


if __name__ == "__main__":
    sys.exit(main())
