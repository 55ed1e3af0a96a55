"""Timings of rot180 alone, on the engine and the number of threads that are active during the call."""

from __future__ import annotations

from typing import NamedTuple

from . import layers, steps, timing
from .library import rot180_library
from .shapes import Layer


class LayerTiming(NamedTuple):
    """One layer; medians over the rounds.

    Attributes:
        forward_ms, backward_ms: milliseconds of one call.
        forward_gflops, backward_gflops: 10^9 operations per second. A multiply-add counts as two, and products with
            padding are included.
        algorithms: those of the forward, the input gradient and the weight gradient.
    """

    name: str
    forward_ms: float
    backward_ms: float
    forward_gflops: float
    backward_gflops: float
    algorithms: tuple[str, str, str]


class StepTiming(NamedTuple):
    """One training step: the median over the rounds, and the number of steps per second."""

    name: str
    ms: float
    per_second: float


def layer_timing(layer: Layer, rounds: int, seconds: float) -> LayerTiming:
    """Time a layer. A round lasts about `seconds`, at least one call."""
    contestant = timing.two_parts(*layers.forward_backward(layer))
    seconds_taken = timing.take_turns({"rot180": contestant}, rounds, seconds)["rot180"]
    forward, backward = (timing.median(seconds_taken, part) for part in (0, 1))
    work = 2e-9 * layer.multiply_adds
    return LayerTiming(
        layer.name, forward * 1e3, backward * 1e3, work / forward, 2 * work / backward, layers.algorithms(layer)
    )


def step_timing(name: str, rounds: int, seconds: float) -> StepTiming:
    """Time a training step of `steps.STEPS`. A round lasts about `seconds`, at least one step."""
    step = timing.one_part(steps.STEPS[name](rot180_library()))
    seconds_per_step = timing.median(timing.take_turns({"rot180": step}, rounds, seconds)["rot180"])
    return StepTiming(name, seconds_per_step * 1e3, 1 / seconds_per_step)
