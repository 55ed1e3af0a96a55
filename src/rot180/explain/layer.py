"""Trace a layer of a trained classifier for one image: its input, its weights and the gradient of the class score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import nn
from ..tape import Tensor, grad
from ..tape.modes import enable_grad
from .errors import ExplainError
from .operations import OPERATIONS, Array
from .record import Trace
from .request import request_from_keywords
from .tracing import build

MOST_OUTPUTS = 8  # a page cannot show more output channels at a readable size

_KINDS: dict[str, tuple[type[nn.Module], str]] = {
    "conv1d": (nn.Conv1d, "stride padding dilation groups"),
    "conv2d": (nn.Conv2d, "stride padding dilation groups"),
    "conv_transpose1d": (nn.ConvTranspose1d, "stride padding output_padding groups dilation"),
    "conv_transpose2d": (nn.ConvTranspose2d, "stride padding output_padding groups dilation"),
    "max_pool1d": (nn.MaxPool1d, "kernel_size stride padding dilation ceil_mode"),
    "max_pool2d": (nn.MaxPool2d, "kernel_size stride padding dilation ceil_mode"),
    "avg_pool1d": (nn.AvgPool1d, "kernel_size stride padding ceil_mode count_include_pad"),
    "avg_pool2d": (nn.AvgPool2d, "kernel_size stride padding ceil_mode count_include_pad"),
}


def trace_layer(
    model: nn.Module, name: str, image: Array, *, selection: Any = None, source: Mapping[str, Any] | None = None
) -> tuple[Trace, int]:
    """Trace the layer `name` of a classifier while it classifies one image.

    Args:
        model: a module that returns one score per class.
        name: a name of `named_modules`, or a kind and a number, for example "conv1" for the first convolution.
        image: shape (C, H, W).
        selection: as for `trace` (default: if there are more than 8 output channels, the one with the largest
            gradient).
        source: where the model and the image come from, stored in the trace.

    Returns:
        The trace, whose dy is the gradient of the predicted class's score, and the index of that class.
    """
    module = find_layer(model, name)
    op = _operation_name(module, name)
    inputs: list[Any] = []
    outputs: list[Any] = []

    def record(_: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        inputs.append(args[0])
        outputs.append(output)

    with module.register_forward_hook(record), enable_grad():
        scores = model(Tensor(image[None], requires_grad=True))
        if not outputs:
            raise ExplainError(f"explain: the model did not use its layer {name!r} for this image")
        best = int(scores.data[0].argmax())
        (dy,) = grad(scores[0, best], outputs[0], allow_unused=True)
    x = np.asarray(getattr(inputs[0], "data", inputs[0]), np.float64)
    settings = {key: getattr(module, key) for key in _KINDS[op][1].split()}
    arrays = {"x": x, "dy": np.zeros(outputs[0].shape) if dy is None else dy.data}
    if isinstance(module, nn.Conv1d | nn.Conv2d | nn.ConvTranspose1d | nn.ConvTranspose2d):
        arrays["w"] = module.weight.data
        if module.bias is not None:
            arrays["b"] = module.bias.data
    request = request_from_keywords(op, {**settings, **arrays, "selection": selection or _one_channel(arrays["dy"])})
    return build(request, {**(source or {}), "layer": name}), best


def _one_channel(dy: Array) -> dict[str, list[int]] | None:
    """The output channel with the largest gradient, or None if all channels can be shown."""
    if dy.shape[1] <= MOST_OUTPUTS:
        return None
    return {"o": [int(np.abs(dy).sum(axis=(0, *range(2, dy.ndim))).argmax())]}


def find_layer(model: nn.Module, name: str) -> nn.Module:
    """The layer with this name. "conv2" is also the second convolution and "pool1" the first pooling layer.

    Raises ExplainError if there is no such layer.
    """
    named = dict(model.named_modules())
    if named.get(name) is not None and name:
        return named[name]
    kinds: dict[str, list[nn.Module]] = {"conv": [], "pool": []}
    known = []
    for path, module in named.items():
        op = next((op for op, (kind, _) in _KINDS.items() if type(module) is kind), None)
        if op is not None:
            kinds["pool" if OPERATIONS[op].pools else "conv"].append(module)
            known.append(f"{path} ({type(module).__name__})")
    for kind, modules in kinds.items():
        number = name.removeprefix(kind)
        if name.startswith(kind) and number.isdecimal() and 1 <= int(number) <= len(modules):
            return modules[int(number) - 1]
    raise ExplainError(
        f"explain: the model has no layer {name!r:.80}; the layers that can be shown are "
        f"{', '.join(known) or 'none'}; a kind and a number also work, for example conv1"
    )


def _operation_name(module: nn.Module, name: str) -> str:
    op = next((op for op, (kind, _) in _KINDS.items() if isinstance(module, kind)), None)
    if op is None:
        raise ExplainError(
            f"explain: the layer {name!r:.80} is a {type(module).__name__}; only convolutions and pooling can be shown"
        )
    if getattr(module, "padding_mode", "zeros") != "zeros" or getattr(module, "divisor_override", None) is not None:
        raise ExplainError(
            f"explain: the layer {name!r:.80} has a padding_mode or divisor_override, which cannot be shown yet"
        )
    return op
