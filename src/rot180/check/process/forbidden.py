"""The packages that a submission may not use while it is graded, because they compute gradients by themselves."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence

PACKAGES = (
    "rot180", "torch", "torchvision", "jax", "jaxlib", "tensorflow", "keras", "autograd", "mxnet", "chainer", "theano",
    "aesara", "pytensor", "paddle", "tinygrad", "mlx", "flax", "haiku", "casadi", "sympy", "onnxruntime", "cv2",
)  # fmt: skip


def hidden_paths(names: Sequence[str]) -> Iterator[str]:
    """The folders and files of those packages that are installed, so that nothing can be read from them either."""
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
