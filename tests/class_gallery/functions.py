"""A layer of the gallery as a pair of functions in PyTorch's layout, for checkers that have no notion of a class.

These pairs are built from adapters/, one file for each style, which hold what a user would have to write.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from tests.class_gallery.gallery import Entry

ONE_SAMPLE = ("one_image", "one_image_channels_last", "grey_image", "column")
Function = Callable[..., Any]


def adapter(entry: Entry) -> Function:
    """adapter(target, x, w, b, **settings) returns (forward, backward) of a layer with these parameters."""
    adapters = importlib.import_module(f"tests.class_gallery.adapters.{entry.style}").ADAPTERS
    found = adapters.get(entry.target.__name__) or adapters[entry.op]
    return for_each_sample(found) if entry.layout in ONE_SAMPLE else found


def adapter_lines(entry: Entry) -> int:
    """The number of lines of code of the layer's adapter."""
    lines = inspect.getsource(inspect.unwrap(adapter(entry))).splitlines()
    return sum(bool(line.strip()) and not line.strip().startswith(('"""', "#")) for line in lines)


def for_each_sample(of_one: Function) -> Function:
    """The adapter of a layer of one sample, called for each sample of a batch."""

    @wraps(of_one)
    def of_batch(
        target: Function, x: np.ndarray, *parameters: np.ndarray, **settings: Any
    ) -> tuple[Function, Function]:
        pairs: list[tuple[Function, Function]] = []

        def forward(x: np.ndarray) -> np.ndarray:
            pairs[:] = [of_one(target, sample[None], *parameters, **settings) for sample in x]
            return np.concatenate([forward(sample[None]) for (forward, _), sample in zip(pairs, x, strict=True)])

        def backward(dy: np.ndarray) -> tuple[np.ndarray | None, ...]:
            grads = [backward(sample[None]) for (_, backward), sample in zip(pairs, dy, strict=True)]
            dx, *others = zip(*grads, strict=True)
            joined = None if dx[0] is None else np.concatenate(dx)
            return joined, *(np.sum(of_samples, axis=0) for of_samples in others)

        return forward, backward

    return of_batch


def functions(entry: Entry) -> tuple[Function, Function]:
    """forward(x, w, b, stride=1) and backward(dy, x, w, b, stride=1), with the settings that the layer takes."""
    build = adapter(entry)
    kept = [p for p in list(inspect.signature(build).parameters.values())[1:] if passed(entry, p)]

    def forward(x: np.ndarray, *others: np.ndarray, **settings: Any) -> Any:
        return build(entry.target, x, *others, **settings)[0](x)

    def backward(dy: Any, x: np.ndarray, *others: np.ndarray, **settings: Any) -> Any:
        run, derive = build(entry.target, x, *others, **settings)
        run(x)
        gradients = tuple(gradient for gradient in derive(dy) if gradient is not None)
        return gradients if len(gradients) > 1 else gradients[0]

    upstream = inspect.Parameter("dy", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    forward.__signature__ = inspect.Signature(kept)  # type: ignore[attr-defined]
    backward.__signature__ = inspect.Signature([upstream, *kept])  # type: ignore[attr-defined]
    return forward, backward


def returned(entry: Entry) -> tuple[str, ...] | None:
    """The arguments whose gradients the functions return; None for all of them."""
    return ("w",) if entry.layout == "grey_image" else None


def passed(entry: Entry, parameter: inspect.Parameter) -> bool:
    """True for arrays, and for settings that the layer takes."""
    return parameter.default is parameter.empty or parameter.name in entry.takes
