"""Random layers: 1-d and 2-d, both directions, groups, dilation, unequal strides, asymmetric padding, crops."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any

import pytest

from rot180.errors import ShapeError
from rot180.explain.request import request_from_keywords

SOME, ALL = 40, 160  # layers per operation
some_or_all = pytest.mark.parametrize("count", [SOME, pytest.param(ALL, marks=pytest.mark.slow)])


def _per_axis(rng: random.Random, axes: int, low: int, high: int) -> tuple[int, ...]:
    return tuple(rng.randint(low, high) for _ in range(axes))


def _draw(rng: random.Random, op: str) -> dict[str, Any]:
    axes, transposed = int(op[-2]), "transpose" in op
    groups = rng.choice((1, 1, 1, 2))
    stride, dilation = _per_axis(rng, axes, 1, 3), _per_axis(rng, axes, 1, 2)
    kind = rng.randrange(4)
    padding: Any = ("same", _per_axis(rng, axes, 0, 2), rng.randint(0, 3), None)[kind]
    if padding is None:
        padding = tuple((rng.randint(0, 3), rng.randint(0, 3)) for _ in range(axes))
    settings = {
        "input": _per_axis(rng, axes, 2, 6),
        "kernel_size": _per_axis(rng, axes, 1, 3),
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
        "groups": groups,
        "channels": groups * rng.randint(1, 2),
        "outputs": groups * rng.randint(1, 2),
        "images": rng.randint(1, 2),
        "bias": rng.random() < 0.5,
        "seed": rng.randrange(1000),
    }
    if transposed and padding != "same" and rng.random() < 0.6:
        settings["output_padding"] = tuple(rng.randrange(max(s, d)) for s, d in zip(stride, dilation, strict=True))
    return settings


@lru_cache
def layers(op: str, count: int = SOME) -> list[dict[str, Any]]:
    """The settings of `count` valid layers. A larger count adds layers to those of a smaller one."""
    rng, fitting = random.Random(op), []
    for _ in range(10 * count):
        settings = _draw(rng, op)
        try:
            request_from_keywords(op, settings)
        except ShapeError:
            continue
        fitting.append(settings)
        if len(fitting) == count:
            break
    assert len(fitting) == count, f"only {len(fitting)} of {10 * count} random settings fit {op}"
    return fitting


CONVOLUTIONS = ("conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d")
