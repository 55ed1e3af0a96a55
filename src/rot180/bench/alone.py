"""The figures of rot180 alone, on the engine and the threads that are chosen when it is asked."""

from __future__ import annotations

from typing import NamedTuple

from . import layers, steps, timing
from .library import rot180_library
from .shapes import Layer


class LayerFigures(NamedTuple):
    """One layer: medians over the rounds.

    Attributes:
        forward_ms, backward_ms: of one call.  forward_gflops, backward_gflops: 10^9 operations per second, where a
            multiply-add is two and zeros of the padding count.
        algorithms: of the forward, the gradient of the input and that of the weight.
    """

    name: str
    forward_ms: float
    backward_ms: float
    forward_gflops: float
    backward_gflops: float
    algorithms: tuple[str, str, str]


class StepFigures(NamedTuple):
    """One training step: the median of the rounds, and how many such steps a second has."""

    name: str
    ms: float
    per_second: float


def layer_figures(layer: Layer, rounds: int, seconds: float) -> LayerFigures:
    """Time a layer; a round goes on for `seconds`, one call at least."""
    contestant = timing.halves(*layers.halves(layer))
    taken = timing.take_turns({"rot180": contestant}, rounds, seconds)["rot180"]
    forward, backward = (timing.median(taken, part) for part in (0, 1))
    work = 2e-9 * layer.multiply_adds
    return LayerFigures(
        layer.name, forward * 1e3, backward * 1e3, work / forward, 2 * work / backward, layers.algorithms(layer)
    )


def step_figures(name: str, rounds: int, seconds: float) -> StepFigures:
    """Time a training step of `steps.STEPS`, likewise."""
    step = timing.whole(steps.STEPS[name](rot180_library()))
    taken = timing.median(timing.take_turns({"rot180": step}, rounds, seconds)["rot180"])
    return StepFigures(name, taken * 1e3, 1 / taken)
