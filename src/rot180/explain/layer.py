"""A layer of a network at an image: its input, its weights and the gradient that reaches it, as a trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import nn
from ..tape import Tensor, grad
from ..tape.modes import enable_grad
from .errors import ExplainError
from .make import make
from .operations import OPERATIONS, Array
from .record import Trace
from .request import ask

MOST_OUTPUTS = 8  # that a page shows at a size that can be read

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
    model: nn.Module, name: str, image: Array, *, pictured: Any = None, source: Mapping[str, Any] | None = None
) -> tuple[Trace, int]:
    """The trace of the layer `name` of a classifier at one image, and the class that the model sees in it.

    Args:
        model: gives one score per class.  name: of a layer, as `named_modules` has it, or "conv1", the first conv.
        image: as the model takes one, (C, H, W).
        pictured: as for `trace`; a layer of many channels shows one output channel, that with the most gradient.
        source: where all this comes from, for the trace.

    dy is the gradient of the class's score: what every cell of y does for it.
    """
    module = find_layer(model, name)
    op = _operation(module, name)
    inputs: list[Any] = []
    outputs: list[Any] = []

    def keep(_: nn.Module, given: tuple[Any, ...], made: Any) -> None:
        inputs.append(given[0])
        outputs.append(made)

    with module.register_forward_hook(keep), enable_grad():
        scores = model(Tensor(image[None], requires_grad=True))
        if not outputs:
            raise ExplainError(f"explain: the model did not call its layer {name!r}")
        best = int(scores.data[0].argmax())
        (dy,) = grad(scores[0, best], outputs[0], allow_unused=True)
    x = np.asarray(getattr(inputs[0], "data", inputs[0]), np.float64)
    settings = {key: getattr(module, key) for key in _KINDS[op][1].split()}
    arrays = {"x": x, "dy": np.zeros(outputs[0].shape) if dy is None else dy.data}
    if isinstance(module, nn.Conv1d | nn.Conv2d | nn.ConvTranspose1d | nn.ConvTranspose2d):
        arrays["w"] = module.weight.data
        if module.bias is not None:
            arrays["b"] = module.bias.data
    request = ask(op, {**settings, **arrays, "pictured": pictured or _one_of_many(arrays["dy"])})
    return make(request, {**(source or {}), "layer": name}), best


def _one_of_many(dy: Array) -> dict[str, list[int]] | None:
    """The output channel to picture where all would be too many to read."""
    if dy.shape[1] <= MOST_OUTPUTS:
        return None
    return {"o": [int(np.abs(dy).sum(axis=(0, *range(2, dy.ndim))).argmax())]}


def find_layer(model: nn.Module, name: str) -> nn.Module:
    """The layer of this name, or the n-th of its kind, as "conv2" or "pool1"; ExplainError that names those there."""
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
        f"explain: the model has no layer {name!r:.80}; there are {', '.join(known) or 'none to explain'}, "
        "also by kind and number as conv1"
    )


def _operation(module: nn.Module, name: str) -> str:
    op = next((op for op, (kind, _) in _KINDS.items() if isinstance(module, kind)), None)
    if op is None:
        raise ExplainError(
            f"explain: the layer {name!r:.80} is a {type(module).__name__}; convolutions and pools are shown"
        )
    if getattr(module, "padding_mode", "zeros") != "zeros" or getattr(module, "divisor_override", None) is not None:
        raise ExplainError(f"explain: the layer {name!r:.80} has a padding_mode or a divisor that no picture shows yet")
    return op
