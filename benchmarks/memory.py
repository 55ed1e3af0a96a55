"""Peak resident memory of training steps, each library in a process of its own.

`python -m benchmarks.memory LIBRARY STEP THREADS STEPS` is that process: it prints what it held after the imports and
at most, as JSON, in bytes.
"""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

from rot180.bench import shapes, steps

from .task import Task

STEPS = 20
SECONDS = {"LeNet-5": 8, "ResNet-20": 20, "DCGAN": 25, "autoencoder": 8, "toy": 8}  # of both children, roughly


def tasks(options):
    """One for each step."""
    for name in steps.STEPS:
        if shapes.matches(name, options.only):
            yield Task(name, SECONDS[name], partial(measure, name, options))


def measure(name, options):
    """MiB of both after the imports and at most."""
    return {"name": name, **{library: of(library, name, options.threads) for library in ("rot180", "PyTorch")}}


def of(library, name, threads):
    """{"imported", "peak"} of one library, in MiB."""
    command = [sys.executable, "-m", "benchmarks.memory", library, name, str(threads), str(STEPS)]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return {when: held / 2**20 for when, held in json.loads(run.stdout).items()}


def peak():
    """The most bytes that this process has held at once.

    Not by getrusage where there is /proc: what that says begins with what the process that started this one held.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def main(library, name, threads, count):
    """Import, say what that holds, take the steps, say what was held at most."""
    if library == "rot180":
        from rot180 import set_num_threads
        from rot180.bench.library import rot180_library

        lib = rot180_library()
    else:
        from .peer import library as peer_library
        from .peer import set_num_threads

        lib = peer_library()
    set_num_threads(int(threads))
    imported = peak()
    step = steps.STEPS[name](lib)
    for _ in range(int(count)):
        step()
    print(json.dumps({"imported": imported, "peak": peak()}))


def say(row):
    """What is told while it runs."""
    return f"{row['rot180']['peak']:.0f} MiB, PyTorch {row['PyTorch']['peak']:.0f} MiB"


if __name__ == "__main__":
    main(*sys.argv[1:])
