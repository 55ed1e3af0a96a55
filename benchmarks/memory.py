"""Peak resident memory of training steps, each library in its own process.

`python -m benchmarks.memory LIBRARY STEP THREADS STEPS` measures one library. It prints its memory after the imports
and its peak memory as JSON, in bytes.
"""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

from rot180.bench import shapes, steps

from .task import Task

STEPS = 20
SECONDS = {"LeNet-5": 8, "ResNet-20": 20, "DCGAN": 25, "autoencoder": 8, "toy": 8}  # estimates for both processes


def tasks(options):
    """Yield a task for each step."""
    for name in steps.STEPS:
        if shapes.matches(name, options.only):
            yield Task(name, SECONDS[name], partial(measure, name, options))


def measure(name, options):
    """MiB of both libraries, after the imports and at the peak."""
    peaks = {library: measure_process(library, name, options.threads) for library in ("rot180", "PyTorch")}
    return {"name": name, **peaks}


def measure_process(library, name, threads):
    """{"imported", "peak"} of one library, in MiB."""
    command = [sys.executable, "-m", "benchmarks.memory", library, name, str(threads), str(STEPS)]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return {when: size / 2**20 for when, size in json.loads(run.stdout).items()}


def peak():
    """The peak memory of this process in bytes.

    On Linux it is read from /proc, because getrusage includes the memory of the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    import resource

    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


def main(library, name, threads, count):
    """Import the library, run the steps, and print the memory after the imports and the peak."""
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


def summary(row):
    """The result of a measurement in a few words, for the progress line."""
    return f"{row['rot180']['peak']:.0f} MiB, PyTorch {row['PyTorch']['peak']:.0f} MiB"


if __name__ == "__main__":
    main(*sys.argv[1:])
