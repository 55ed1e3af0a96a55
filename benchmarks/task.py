"""One thing to measure, and how long that takes."""

from collections.abc import Callable
from typing import Any, NamedTuple

RATE = 8e10  # operations a second of one core in float32, roughly; estimates of time only


class Task(NamedTuple):
    """`run` returns a row; `seconds` is an estimate."""

    name: str
    seconds: float
    run: Callable[[], Any]


def layer_seconds(layer, threads: int) -> float:
    """Forward and backward of a layer, roughly."""
    return 6 * layer.multiply_adds / (RATE * threads) + 1e-4


def turns_seconds(once: float, options) -> float:
    """What `timing.take_turns` needs for one contestant whose call takes `once`."""
    return 2 * once + options.rounds * max(once, options.seconds)
