"""Hundreds of layers: 1-d and 2-d, both directions, groups, dilation, unequal strides, asymmetric padding, crops."""

from __future__ import annotations

import random
from typing import Any

from rot180.errors import ShapeError
from rot180.explain import trace

COUNT = 160  # per operation


def _of_axes(rng: random.Random, axes: int, low: int, high: int) -> tuple[int, ...]:
    return tuple(rng.randint(low, high) for _ in range(axes))


def _drawn(rng: random.Random, op: str) -> dict[str, Any]:
    axes, transposed = int(op[-2]), "transpose" in op
    groups = rng.choice((1, 1, 1, 2))
    stride, dilation = _of_axes(rng, axes, 1, 3), _of_axes(rng, axes, 1, 2)
    kind = rng.randrange(4)
    padding: Any = ("same", _of_axes(rng, axes, 0, 2), rng.randint(0, 3), None)[kind]
    if padding is None:
        padding = tuple((rng.randint(0, 3), rng.randint(0, 3)) for _ in range(axes))
    settings = {
        "input": _of_axes(rng, axes, 2, 6),
        "kernel_size": _of_axes(rng, axes, 1, 3),
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


def layers(op: str) -> list[dict[str, Any]]:
    """Settings that the layer takes."""
    rng, fitting = random.Random(op), []
    for _ in range(10 * COUNT):
        settings = _drawn(rng, op)
        try:
            trace(op, **settings)
        except ShapeError:
            continue
        fitting.append(settings)
        if len(fitting) == COUNT:
            break
    assert len(fitting) == COUNT, f"only {len(fitting)} of {10 * COUNT} random settings fit {op}"
    return fitting


CONVOLUTIONS = ("conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d")
