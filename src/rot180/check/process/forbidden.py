"""The packages that a submission may not use while it is graded, because they can compute gradients."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence

PACKAGES = (
    "rot180", "torch", "torchvision", "jax", "jaxlib", "tensorflow", "keras", "autograd", "mxnet", "chainer", "theano",
    "aesara", "pytensor", "paddle", "tinygrad", "mlx", "flax", "haiku", "casadi", "sympy", "onnxruntime", "cv2",
)  # fmt: skip
PROCESSES = "/proc"  # contains the memory of other processes


def hidden_paths(names: Sequence[str]) -> Iterator[str]:
    """The paths that graded code must not read: the installed files of these packages, and /proc."""
    if names and os.path.isdir(PROCESSES):
        yield PROCESSES
    for name in names:
        try:
            spec = importlib.util.find_spec(name) if name.isidentifier() else None
        except (ImportError, ValueError):
            continue
        if spec is None:
            continue
        if spec.submodule_search_locations:
            yield from spec.submodule_search_locations
        elif spec.has_location and spec.origin:
            yield from filter(None, (spec.origin, spec.cached))
