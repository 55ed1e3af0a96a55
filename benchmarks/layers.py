"""Layers against PyTorch: each does what a training step does with a layer, and the errors of both against float64."""

from functools import partial

import numpy as np

from rot180.bench import layers, shapes, timing

from . import peer
from .task import Task, layer_seconds, turns_seconds

EXACT = 2.5  # a float64 run of the numpy engine, over a float32 run of the native one, roughly


def tasks(options):
    """One for each layer."""
    for layer in shapes.all_layers():
        if shapes.matches(layer.name, options.only):
            once = layer_seconds(layer, options.threads)
            yield Task(layer.name, 2 * turns_seconds(once, options) + EXACT * once, partial(measure, layer, options))


def measure(layer, options):
    """Milliseconds forward and backward, ratios of PyTorch's time over ours (forward, backward, both), errors."""
    halves = {"rot180": layers.forward_backward(layer), "PyTorch": peer.forward_backward(layer)}
    contestants = {name: timing.two_parts(*both) for name, both in halves.items()}
    taken = timing.take_turns(contestants, options.rounds, options.seconds)
    exact = layers.exact_results(layer)
    return {
        "name": layer.name,
        "ms": {name: [timing.median(rounds, part) * 1e3 for part in (0, 1)] for name, rounds in taken.items()},
        "ratios": [timing.ratio(taken["PyTorch"], taken["rot180"], part) for part in (0, 1, None)],
        "algorithms": layers.algorithms(layer),
        "errors": {name: error(both, exact) for name, both in halves.items()},
    }


def error(both, exact):
    """The largest deviation over the standard deviation, over the result and the three gradients."""
    forward, backward = both
    y = forward()
    first = np.asarray(y.detach() if hasattr(y, "detach") else y)
    return layers.largest_error([first, *backward(y)], exact)


def say(row):
    """What is told while it runs."""
    return f"{row['ratios'][2]:.2f} times as fast as PyTorch"
