"""`python -m benchmarks.checkers.verdict_times`: print the slowest checks, in process and from the command line.

The code of the galleries and of junk.py is checked once. For each slow check, the elapsed time and the CPU time are
printed in seconds. The CPU time depends less on the load of the machine.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rot180 import check
from rot180.errors import Rot180Error

from .junk import ENTRIES
from .subjects import ClassSubject, subjects

ROOT = Path(__file__).parents[2]
HEAD = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
VERDICTS = {0: "right", 1: "WRONG", 2: "not checked"}  # by exit status


@dataclass(frozen=True)
class Task:
    """Code to check: two functions, or a class and None, and the text of a file with them ("" if there is none)."""

    name: str
    targets: tuple
    op: str
    options: dict
    text: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Seconds:
    """The time of one verdict."""

    name: str
    verdict: str
    elapsed: float
    processor: float


def main(words=None):
    """Measure the times and print the slowest checks."""
    options = arguments().parse_args(words)
    chosen = [task for task in tasks() if not options.only or any(word in task.name for word in options.only)]
    with tempfile.TemporaryDirectory() as folder:
        for title, measure in (("in process", in_process), ("from the command line", from_command_line(Path(folder)))):
            found = [seconds for task in chosen if (seconds := measure(task)) is not None]
            found.sort(key=lambda seconds: -seconds.processor)
            print(f"\n{title}: {len(found)} verdicts, the slowest:\n  elapsed  processors")
            for seconds in found[: options.count]:
                print(f"  {seconds.elapsed:6.2f} s    {seconds.processor:6.2f} s  {seconds.verdict:11} {seconds.name}")
    return 0


def arguments():
    """Create the argument parser."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checkers.verdict_times", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="only code whose name contains a TEXT")
    parser.add_argument("--count", type=int, default=20, help="number of verdicts to print (default: %(default)s)")
    return parser


def tasks():
    """The code of the galleries, and the junk."""
    for subject in subjects():
        of_class = isinstance(subject, ClassSubject)
        targets = (subject.target, None) if of_class else (subject.forward, subject.backward)
        names = (subject.target.__name__,) if of_class else ("forward", "backward")[: 2 if subject.backward else 1]
        lines = [import_of(target, name) for target, name in zip(targets, names, strict=False)]
        text = HEAD + "".join(lines) if all(lines) else ""
        yield Task(subject.name, targets, subject.op, subject.options, text, names)
    for name, (op, text) in ENTRIES.items():
        module = {}
        exec(text, module)
        yield Task(f"junk: {name}", (module["forward"], module["backward"]), op, {}, text, ("forward", "backward"))


def import_of(target, name):
    """The import statement for a function under another name; "" if the function is not in a module."""
    module, path = getattr(target, "__module__", ""), getattr(target, "__qualname__", "")
    found = getattr(sys.modules.get(module), path, None)
    return f"from {module} import {path} as {name}\n" if found is target else ""


def in_process(task):
    """The time of `check.layer`."""
    start, processor = time.perf_counter(), time.process_time()
    try:
        verdict = word_of(check.layer(*task.targets, op=task.op, **task.options))
    except (Rot180Error, TypeError) as error:
        verdict = type(error).__name__
    return Seconds(task.name, verdict, time.perf_counter() - start, time.process_time() - processor)


def from_command_line(folder):
    """Return the function that measures the time of `rot180 check` on a file."""
    command = str(Path(sys.executable).with_name("rot180"))

    def measure(task):
        if not task.text or not all(isinstance(value, str | int) for value in task.options.values()):
            return None
        file = folder / "mine.py"
        file.write_text(task.text)
        options = [f"--{name.replace('_', '-')}={value}" for name, value in task.options.items()]
        target = f"{file}:{','.join(task.names)}"
        start, used = time.perf_counter(), os.times()
        ended = subprocess.run([command, "check", target, "--op", task.op, *options], capture_output=True, text=True)
        elapsed, now = time.perf_counter() - start, os.times()
        processors = now.children_user + now.children_system - used.children_user - used.children_system
        return Seconds(task.name, VERDICTS.get(ended.returncode, "?"), elapsed, processors)

    return measure


def word_of(report):
    """The verdict as one word."""
    return "right" if report.ok else "WRONG"


if __name__ == "__main__":
    sys.exit(main())
