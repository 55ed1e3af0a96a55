"""The growth of the time of a layer (forward and backward) with the batch, the channels and the pixels."""

from functools import partial

import numpy as np

from rot180.bench import layers, timing
from rot180.bench.shapes import Layer

from .task import Task, layer_seconds, turns_seconds

# Each function makes a layer from the number of images, the channels and the side of an image. One of these sizes
# grows; the others stay at 16 images, 64 channels and 32x32 pixels.
KINDS = {
    "3x3": lambda n, c, side: Layer("", False, n, c, side, c, 3, padding=1),
    "4x4, stride 2": lambda n, c, side: Layer("", False, n, c, side, c, 4, stride=2, padding=1),
    "transposed 4x4, stride 2": lambda n, c, side: Layer("", True, n, c, side, c, 4, stride=2, padding=1),
    "depthwise 3x3": lambda n, c, side: Layer("", False, n, c, side, c, 3, padding=1, groups=c),
}
GROWING = {
    "batch": [(n, 64, 32) for n in (1, 2, 4, 8, 16, 32, 64)],
    "channels": [(16, c, 32) for c in (16, 32, 64, 128, 256)],
    "pixels": [(16, 64, side) for side in (8, 16, 32, 64, 96)],
}
SHOWN = {"batch": "{0}", "channels": "{1}", "pixels": "{2}x{2}"}


def tasks(options):
    """Yield a task for each kind of layer and each growing size."""
    for what, sizes in GROWING.items():
        for kind, make in KINDS.items():
            grown = {SHOWN[what].format(*size): make(*size) for size in sizes}
            seconds = sum(turns_seconds(layer_seconds(layer, options.threads), options) for layer in grown.values())
            yield Task(f"{kind} over {what}", seconds, partial(measure, what, kind, grown, options))


def measure(what, kind, grown, options):
    """Measure all sizes in turns; returns the seconds, and the slope of log(seconds) over log(multiply-adds)."""
    contestants = {size: timing.two_parts(*layers.forward_backward(layer)) for size, layer in grown.items()}
    times = timing.take_turns(contestants, options.rounds, options.seconds)
    seconds = [timing.median(times[size]) for size in grown]
    work = [3 * layer.multiply_adds for layer in grown.values()]
    return {
        "grows": what,
        "kind": kind,
        "sizes": list(grown),
        "multiply_adds": work,
        "seconds": seconds,
        "slope": float(np.polyfit(np.log(work), np.log(seconds), 1)[0]),
    }


def summary(row):
    """The result of a measurement in a few words, for the progress line."""
    return f"slope {row['slope']:.2f}"
