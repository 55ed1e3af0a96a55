"""A task: something to measure, and an estimate of its time."""

from collections.abc import Callable
from typing import Any, NamedTuple

RATE = 8e10  # float32 operations per second of one core, for rough estimates of time only


class Task(NamedTuple):
    """A measurement: `run` returns a row of the record; `seconds` is an estimate of its time."""

    name: str
    seconds: float
    run: Callable[[], Any]


def layer_seconds(layer, threads: int) -> float:
    """Rough time of the forward and the backward of a layer."""
    return 6 * layer.multiply_adds / (RATE * threads) + 1e-4


def turns_seconds(once: float, options) -> float:
    """Time of `timing.take_turns` for one contestant whose call takes `once` seconds."""
    return 2 * once + options.rounds * max(once, options.seconds)
