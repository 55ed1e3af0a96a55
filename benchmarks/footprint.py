"""The overhead of rot180: the size of the wheel, the time of imports and of a call."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

import rot180.functional as F
from rot180.bench import timing
from rot180.kernels import extension
from rot180.window import Window

from . import peer
from .task import Task

ROOT = Path(__file__).parents[1]
STATEMENTS = ("pass", "import numpy", "import rot180", "import rot180, rot180.functional, rot180.nn, rot180.optim")
EXTENSION = (
    "import rot180, time; start = time.perf_counter(); import rot180._native; print(time.perf_counter() - start)"
)
ROUNDS = 15
CALLS = 2000  # calls timed together, because reading the clock takes a twentieth of the time of one call


def tasks(options):
    """Yield three tasks; the wheel is compiled unless it has been compiled before."""
    yield Task("the wheel", 60, wheel)
    yield Task("imports", 8, imports)
    yield Task("a call", 2, partial(call, options))


def wheel():
    """The size of the wheel for this Python in MB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, "."]
        env = {**os.environ, "ROT180_REQUIRE_EXT": "1"}  # a wheel without the engine would not count
        run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
        wheels = list(Path(folder).glob("*.whl"))
        if run.returncode or not wheels:
            raise RuntimeError(f"the wheel could not be made: {run.stderr.strip()}")
        return {"name": "wheel", "file": wheels[0].name, "MB": wheels[0].stat().st_size / 1e6}


def imports():
    """The median milliseconds of each import in a new interpreter, less the start of Python; and of the extension."""
    contestants = {s: timing.one_part(lambda s=s: python(s)) for s in STATEMENTS}
    times = timing.take_turns(contestants, ROUNDS, 0)
    empty = times.pop("pass")
    more = {
        s: [with_it - without for (with_it,), (without,) in zip(rounds, empty, strict=True)]
        for s, rounds in times.items()
    }
    row = {"name": "imports", "ms": {s: statistics.median(seconds) * 1e3 for s, seconds in more.items()}}
    if not extension.unavailable():
        row["extension_ms"] = 1e3 * statistics.median(float(python(EXTENSION)) for _ in range(ROUNDS))
    return row


def python(statement):
    """Run a statement in a new interpreter and return its output."""
    return subprocess.run([sys.executable, "-c", statement], check=True, stdout=subprocess.PIPE).stdout


def call(options):
    """Microseconds of a 2x2 kernel on a 3x3 image, on one thread, at several levels of the library."""
    import torch

    x, w = np.ones((1, 1, 3, 3), np.float32), np.ones((1, 1, 2, 2), np.float32)
    calls = {"F.conv2d on arrays": lambda: F.conv2d(x, w)}
    if not extension.unavailable():
        shape = extension.compiled_window(Window.plain("bench", (3, 3), (2, 2), (1, 1), 0, (1, 1)))
        binding = extension.compiled.conv_y
        calls = {"the binding": lambda: binding(shape, x, w, None, False), **calls}
    peers = torch.tensor(x), torch.tensor(w)
    calls["PyTorch, F.conv2d without gradients"] = lambda: torch.nn.functional.conv2d(*peers)
    times = {name: [] for name in calls}
    with peer.one_thread(options.threads):
        for _ in range(ROUNDS):
            for name, run in calls.items():
                start = time.perf_counter()
                for _ in range(CALLS):
                    run()
                times[name].append((time.perf_counter() - start) / CALLS)
    return {"name": "call", "us": {name: statistics.median(seconds) * 1e6 for name, seconds in times.items()}}


def summary(row):
    """The result of a measurement in a few words, for the progress line."""
    if row["name"] == "wheel":
        return f"{row['MB']:.2f} MB"
    if row["name"] == "imports":
        return ", ".join(f"{statement.split(',')[0]} {ms:.0f} ms" for statement, ms in row["ms"].items())
    return ", ".join(f"{name} {us:.2f} us" for name, us in row["us"].items())
