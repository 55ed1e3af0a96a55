"""Layers against PyTorch, forward and backward as in a training step, and the errors of both against float64."""

from functools import partial

import numpy as np

from rot180.bench import layers, shapes, timing

from . import peer
from .task import Task, layer_seconds, turns_seconds

EXACT = 2.5  # rough time of the numpy engine in float64, relative to the native engine in float32


def tasks(options):
    """Yield a task for each layer."""
    for layer in shapes.all_layers():
        if shapes.matches(layer.name, options.only):
            once = layer_seconds(layer, options.threads)
            yield Task(layer.name, 2 * turns_seconds(once, options) + EXACT * once, partial(measure, layer, options))


def measure(layer, options):
    """Milliseconds forward and backward, ratios of PyTorch's time over ours (forward, backward, both), errors."""
    functions = {"rot180": layers.forward_backward(layer), "PyTorch": peer.forward_backward(layer)}
    contestants = {name: timing.two_parts(*pair) for name, pair in functions.items()}
    times = timing.take_turns(contestants, options.rounds, options.seconds)
    exact = layers.exact_results(layer)
    return {
        "name": layer.name,
        "ms": {name: [timing.median(rounds, part) * 1e3 for part in (0, 1)] for name, rounds in times.items()},
        "ratios": [timing.ratio(times["PyTorch"], times["rot180"], part) for part in (0, 1, None)],
        "algorithms": layers.algorithms(layer),
        "errors": {name: largest_error(*pair, exact) for name, pair in functions.items()},
    }


def largest_error(forward, backward, exact):
    """The largest error of the result and the three gradients, relative to their standard deviations."""
    y = forward()
    result = np.asarray(y.detach() if hasattr(y, "detach") else y)
    return layers.largest_error([result, *backward(y)], exact)


def summary(row):
    """The result of a measurement in a few words, for the progress line."""
    return f"{row['ratios'][2]:.2f} times as fast as PyTorch"
