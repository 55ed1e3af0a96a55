"""The speed-up of more threads over one thread on large layers, forward and backward."""

from functools import partial

import rot180
from rot180.bench import layers, shapes, timing

from .task import Task, layer_seconds, turns_seconds

LARGE = 5e8  # multiply-adds of a forward
OTHERS = (  # a large layer of each network, in addition to the layers of many kinds
    "VGG-16 64-64 224x224 k3", "VGG-16 512-512 28x28 k3", "ResNet-50 1024-2048 14x14 k1 s2", "DCGAN 64-128 32x32 k4 s2",
)  # fmt: skip


def counts(cores):
    """The numbers of threads: 1, 2, 4 and so on, and all cores."""
    powers = [2**i for i in range(cores.bit_length()) if 2**i < cores]
    return [*powers, cores] if cores > 1 else [1, 2]


def tasks(options):
    """Yield a task for each large layer."""
    selected = [layer for layer in shapes.LAYERS if layer.multiply_adds >= LARGE]
    selected += [layer for layer in shapes.all_layers() if layer.name in OTHERS]
    for layer in selected:
        seconds = sum(turns_seconds(layer_seconds(layer, n), options) for n in counts(options.cores))
        yield Task(layer.name, seconds, partial(measure, layer, options))


def measure(layer, options):
    """Milliseconds on each number of threads, and the speed-ups over one thread."""
    run = timing.two_parts(*layers.forward_backward(layer))
    numbers = counts(options.cores)
    try:
        times = timing.take_turns(dict.fromkeys(numbers, run), options.rounds, options.seconds, rot180.set_num_threads)
    finally:
        rot180.set_num_threads(options.threads)
    return {
        "name": layer.name,
        "ms": {str(n): timing.median(times[n]) * 1e3 for n in numbers},
        "ratios": {str(n): timing.ratio(times[1], times[n]) for n in numbers[1:]},
    }


def summary(row):
    """The result of a measurement in a few words, for the progress line."""
    return ", ".join(f"{ratio:.2f} times on {n} threads" for n, ratio in row["ratios"].items())
