"""The overhead of the tape: the toy step with Tensors, by hand on arrays, with SciPy, with PyTorch; one thread."""

import numpy as np

import rot180.functional as F
from rot180.bench import steps, timing
from rot180.bench.library import rot180_library

from . import peer
from .task import Task


def tasks(options):
    """Yield one task."""
    yield Task("toy step", 4 * (options.rounds + 1) * options.seconds, lambda: measure(options))


def measure(options):
    """Microseconds of a step in each implementation, and the ratios of PyTorch's time to them."""
    contestants = {
        "rot180, Tensors": steps.toy(rot180_library()),
        "rot180, by hand": by_hand(),
        "SciPy, by hand": by_hand_with_scipy(),
        "PyTorch": steps.toy(peer.library()),
    }
    with peer.one_thread(options.threads):
        timed = {name: timing.one_part(step) for name, step in contestants.items()}
        times = timing.take_turns(timed, options.rounds, options.seconds)
    return {
        "us": {name: timing.median(rounds) * 1e6 for name, rounds in times.items()},
        "ratios": {name: timing.ratio(times["PyTorch"], rounds) for name, rounds in times.items()},
    }


def by_hand():
    """The step on arrays with `F.conv2d` and `F.conv2d_backward`, without a tape."""
    x, t, k, w = steps.toy_numbers()

    def step():
        nonlocal k, w
        hidden = np.tanh(F.conv2d(x, k)).reshape(1, 4)
        out = F.sigmoid(hidden @ w.T)
        delta = 2 * (out - t) * (out - out * out)
        back = (delta @ w) * (1 - hidden * hidden)
        k = k - steps.TOY_RATE * F.conv2d_backward(back.reshape(1, 1, 2, 2), x, k).dw
        w = w - steps.TOY_RATE * (delta.T @ hidden)

    return step


def by_hand_with_scipy():
    """The step on 2-d arrays with scipy.signal."""
    from scipy.signal import correlate2d
    from scipy.special import expit

    x, t, k, w = steps.toy_numbers()
    x, k = x[0, 0], k[0, 0]

    def step():
        nonlocal k, w
        hidden = np.tanh(correlate2d(x, k, "valid")).reshape(1, 4)
        out = expit(hidden @ w.T)
        delta = 2 * (out - t) * (out - out * out)
        back = (delta @ w) * (1 - hidden * hidden)
        k = k - steps.TOY_RATE * correlate2d(x, back.reshape(2, 2), "valid")
        w = w - steps.TOY_RATE * (delta.T @ hidden)

    return step


def summary(row):
    """The result of a measurement in a few words, for the progress line."""
    return ", ".join(f"{name} {us:.1f} us" for name, us in row["us"].items())
