"""The settings of an operation with the names that courses use, and the kernel size of a weight.

The process that runs the user's code loads this module without the definitions, so this module imports nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def kernel_of_weight(w: tuple[int, ...]) -> Any:
    """The kernel_size of a weight: one number if all axes have the same size."""
    sizes = w[2:]
    return sizes[0] if len(set(sizes)) == 1 else sizes


def convolution_dictionary(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with "pad", as in CS231n's conv_param."""
    return {"stride": 1, "pad": settings.get("padding", 0), "padding": 0, "dilation": 1, "groups": 1, **settings}


def pooling_dictionary(settings: Mapping[str, Any], axes: int) -> dict[str, Any]:
    """The settings with the names of CS231n's pool_param, and with "f", as in Coursera's hparameters."""
    kernel = settings["kernel_size"]
    sides = kernel if isinstance(kernel, tuple) else (kernel,) * max(axes, 2)
    names = ("pool_depth", "pool_height", "pool_width")[-len(sides) :]
    return {**settings, "pool_size": kernel, "f": kernel, **dict(zip(names, sides, strict=True))}


def norm_dictionary(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as CS231n's bn_param in training mode."""
    return {"mode": "train", "eps": 1e-5, **settings}
