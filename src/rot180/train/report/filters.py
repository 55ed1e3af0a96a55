"""The weights of a network's first layer, as images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import nn
from ...tape import no_grad
from ..summary import is_leaf, trace
from .feature_maps import title

Array = np.ndarray[Any, np.dtype[Any]]
MAX_FILTERS = 64


@dataclass(frozen=True)
class Filters:
    """The weights of the first layer that has weights, one image per output.

    Attributes:
        layer: its name and class.  weights: (outputs, C, R, S), at most MAX_FILTERS outputs.
        total: the number of outputs of the layer.
        full_size: True if each filter is as large as the image (a linear layer on its cells); False for a convolution.
    """

    layer: str
    weights: Array
    total: int
    full_size: bool


def first_filters(model: nn.Module, input_shape: tuple[int, ...]) -> tuple[Filters | None, str]:
    """The filters of the first layer with weights, or None and the reason why there are none to show."""
    if len(input_shape) != 3:
        return None, f"the inputs have shape {input_shape}; only images (C, H, W) have filters that can be shown."
    floats = [p.data.dtype for p in model.parameters()]
    if not floats:
        return None, "the model has no weights."
    with no_grad():
        _, calls = trace(model, np.zeros((1, *input_shape), floats[0]))
    leaves = [call for call in calls if is_leaf(call.module)]
    first = next((i for i, call in enumerate(leaves) if any(True for _ in call.module.parameters())), None)
    if first is None:
        return None, "no layer with weights was called."
    call, before = leaves[first], leaves[:first]
    layer = title(call)
    if isinstance(call.module, nn.Conv2d):
        weight = call.module.weight.data  # (O, C/G, R, S)
    elif isinstance(call.module, nn.Linear) and all(
        isinstance(b.module, nn.Flatten | nn.Dropout | nn.Identity) for b in before
    ):
        weight = call.module.weight.data.reshape(-1, *input_shape)  # (outputs, C, H, W)
    else:
        return None, f"the first layer with weights is {layer}; only a Conv2d has filters that can be shown."
    return Filters(layer, weight[:MAX_FILTERS], len(weight), isinstance(call.module, nn.Linear)), ""
