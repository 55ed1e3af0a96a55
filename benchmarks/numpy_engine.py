"""The numpy engine against im2col on the whole batch (`im2col.py`), layer by layer.

Engine and im2col run the three contractions of a layer on the same contiguous NCHW arrays.
"""

from functools import partial

import numpy as np

import rot180
from rot180 import kernels
from rot180.bench import layers, shapes, timing

from . import im2col
from .task import Task, layer_seconds, turns_seconds

SLOWER = 3  # rough time, relative to the native engine


def tasks(options):
    """Yield a task for each layer of `shapes.LAYERS`."""
    for layer in shapes.LAYERS:
        once = SLOWER * layer_seconds(layer, options.threads)
        yield Task(layer.name, 2 * turns_seconds(once, options), partial(measure, layer, options))


def measure(layer, options):
    """Milliseconds forward and backward of both, and the ratios of im2col's time over the engine's."""
    with rot180.engine("numpy"):
        contestants = {name: timing.two_parts(*pair) for name, pair in functions(layer).items()}
        times = timing.take_turns(contestants, options.rounds, options.seconds)
    return {
        "name": layer.name,
        "ms": {name: [timing.median(rounds, part) * 1e3 for part in (0, 1)] for name, rounds in times.items()},
        "ratios": [timing.ratio(times["im2col"], times["engine"], part) for part in (0, 1, None)],
    }


def functions(layer):
    """{name: (forward, backward)} of the engine and of im2col, on the same arrays; checks that they agree."""
    window = layer.window
    source, w, _, dy = layers.arrays(layer)
    x, y = (dy, source) if layer.transposed else (source, dy)
    settings = (window.stride, window.padding, window.dilation, window.groups)
    contractions = {
        "engine": {
            "y": lambda: kernels.conv_y(x, w, window),
            "x": lambda: kernels.conv_x(y, w, window),
            "w": lambda: kernels.conv_w(x, y, window),
        },
        "im2col": {
            "y": lambda: im2col.forward(x, w, *settings),
            "x": lambda: im2col.input_gradient(y, w, window.x_size, *settings),
            "w": lambda: im2col.weight_gradient(y, x, window.kernel, *settings),
        },
    }
    for ours, theirs in zip(*(three.values() for three in contractions.values()), strict=True):
        np.testing.assert_allclose(ours(), theirs(), rtol=1e-3, atol=1e-2)
    forward, data = ("x", "y") if layer.transposed else ("y", "x")
    return {
        name: (three[forward], lambda _, three=three: [three[data](), three["w"]()])
        for name, three in contractions.items()
    }


def summary(row):
    """The result of a measurement in a few words, for the progress line."""
    return f"{row['ratios'][2]:.2f} times as fast as im2col"
