"""The problems on which the gallery's layers are compared with PyTorch: arrays in PyTorch's layout, and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.class_gallery.gallery import Entry

SAMPLES = {"stride": 2, "padding": 1, "dilation": 2, "groups": 2, "output_padding": 1}


@dataclass(frozen=True)
class Problem:
    """Arrays of one call; `settings` are passed to the layer and to PyTorch alike."""

    x: np.ndarray
    parameters: tuple[np.ndarray, ...]
    target: np.ndarray | None
    settings: Mapping[str, Any]


def settings_of(entry: Entry) -> Iterator[dict[str, Any]]:
    """The defaults, each setting by itself, and all of them together."""
    if entry.op.endswith("pool2d"):
        yield from pool_settings(entry)
        return
    if entry.op in ("batch_norm", "layer_norm"):
        yield {"eps": 1e-5, **entry.said}
        return
    if "negative_slope" in entry.takes:
        yield from ({"negative_slope": 0.01}, {"negative_slope": 0.2})
        return
    given = {name: SAMPLES[name] for name in entry.takes if name in SAMPLES}
    if "output_padding" in given:  # it must be smaller than the stride
        given.pop("output_padding")
        yield {"stride": 2, "output_padding": 1}
        yield {"stride": 2, "padding": 1, "output_padding": 1}
    yield {}
    for name, value in given.items():
        yield {name: value}
    yield given
    if "same" in entry.takes:
        yield {"padding": "same"}


def pool_settings(entry: Entry) -> Iterator[dict[str, Any]]:
    if entry.said:
        yield dict(entry.said)
    elif "stride" not in entry.takes:
        yield from ({"kernel_size": 2, "stride": 2}, {"kernel_size": 3, "stride": 3})
    else:
        yield from ({"kernel_size": 2, "stride": 2}, {"kernel_size": 3, "stride": 2}, {"kernel_size": 2, "stride": 1})
        if "padding" in entry.takes:
            yield {"kernel_size": 3, "stride": 2, "padding": 1}


def problems(entry: Entry) -> Iterator[Problem]:
    for seed, settings in enumerate(settings_of(entry)):
        yield problem(entry, settings, np.random.default_rng(seed))


def problem(entry: Entry, settings: dict[str, Any], rng: np.random.Generator) -> Problem:
    samples = 1 if entry.layout in ("column", "one_image", "one_image_channels_last", "grey_image") else 3
    samples = 1 if entry.style == "column_vectors" else samples
    op = entry.op
    parameters: tuple[np.ndarray, ...] = ()
    target = None
    if op.startswith("conv"):
        x, parameters = convolution_arrays(entry, settings, rng, samples)
    elif op == "linear":
        x = rng.normal(size=(samples, 5))
        parameters = (rng.normal(size=(4, 5)), rng.normal(size=4))
    elif op.endswith("pool2d"):
        x = rng.normal(size=(samples, 3, 7, 8))
    elif op.endswith("norm"):
        image = entry.layout == "channels_last" or entry.target.__name__.endswith("2d")
        x = rng.normal(size=(6, 4, 3, 2) if image else (6, 4))
        parameters = (rng.normal(size=4), rng.normal(size=4))
    else:
        x = rng.normal(size=(samples, 5))
    if op == "cross_entropy":
        target = rng.integers(0, 5, samples)
    elif op == "mse_loss":
        target = rng.normal(size=x.shape)
    if entry.target.__name__ == "MatMul":
        parameters = parameters[:1]
    return Problem(x, parameters, target, settings)


def convolution_arrays(
    entry: Entry, settings: dict[str, Any], rng: np.random.Generator, samples: int
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    groups = settings.get("groups", 1)
    into, out = (1, 4) if entry.layout == "grey_image" else (2 * groups, 3 * groups)
    axes = 1 if entry.op == "conv1d" else 2
    tiled = entry.style == "cached_tuples"
    x = rng.normal(size=(samples, into, *((9, 11) if tiled else (9, 8))[:axes]))
    kernel = (3,) * axes
    shape = (into, out) if entry.op == "conv_transpose2d" else (out, into // groups)
    w, b = rng.normal(size=(*shape, *kernel)), rng.normal(size=out)
    biased = entry.layout != "grey_image" and entry.style != "tensor_ops"
    return x, (w, b) if biased else (w,)
