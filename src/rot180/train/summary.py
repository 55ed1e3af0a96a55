"""What each layer of a network makes of one input: output shape, parameters, multiply-adds.

The network is run once. Hooks say which module is at work, the tape's observer which products it computes, so that a
module of one's own is counted like the library's. A multiply-add is one product and its addition: of convolutions,
linear layers and matrix products, the zeros of the padding included; everything else counts as none.

Deliberately absent: time. A profile is another thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import nn
from ..tape import Tensor, no_grad, observe
from ..tape.operands import raw
from .measure import evaluation_mode

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Row:
    """One call of one module.

    Attributes:
        name: the module's dotted name, "" for the network itself.  kind: its class.  settings: as its repr shows them.
        output_shape: without the batch; None if the module was not called, or returned no Tensor.
        parameters: how many numbers it holds itself, counted where they first come up.
        multiply_adds: for one input, without those of the modules inside it.
    """

    name: str
    kind: str
    settings: str
    output_shape: tuple[int, ...] | None
    parameters: int
    multiply_adds: int


@dataclass
class Call:
    """One call of one module while `trace` ran."""

    name: str
    module: nn.Module
    output: Any = None  # what it returned
    multiply_adds: int = 0


def summary(model: nn.Module, input_shape: Sequence[int]) -> list[Row]:
    """One row for every call of a module that does something itself, in their order; then those that were not called.

    Args:
        model: run once on zeros, in evaluation mode, without recording; returned to the modes that it was in.
        input_shape: of one input, without the batch.

    A module that only hands on to others has no row, unless it holds parameters or multiplies itself. Whatever the
    model raises for this shape passes through.
    """
    floats = (p.data.dtype for p in model.parameters())
    with evaluation_mode(model), no_grad():
        _, calls = trace(model, np.zeros((1, *input_shape), next(floats, np.dtype(np.float32))))
    called = {id(call.module) for call in calls}
    calls += [Call(name, module) for name, module in model.named_modules() if id(module) not in called]
    seen: set[int] = set()
    rows = []
    for call in calls:
        own = [p for p in call.module.parameters(recurse=False) if id(p) not in seen]
        seen.update(map(id, own))
        if own or call.multiply_adds or is_leaf(call.module):
            shape = call.output.shape[1:] if isinstance(call.output, Tensor) else None
            settings = " ".join(call.module.extra_repr().split())
            parameters = sum(p.data.size for p in own)
            rows.append(Row(call.name, type(call.module).__name__, settings, shape, parameters, call.multiply_adds))
    return rows


def trace(model: nn.Module, x: Any) -> tuple[Any, list[Call]]:
    """What the model returns for `x`, and every call of a module on the way, in the order in which they began."""
    calls: list[Call] = []
    running: list[Call] = []

    def before(module: nn.Module, inputs: Any) -> None:
        running.append(Call(names[id(module)], module))
        calls.append(running[-1])

    def after(module: nn.Module, inputs: Any, output: Any) -> None:
        running.pop().output = output

    def count(op: Any, inputs: tuple[Any, ...], settings: Any, output: Any) -> None:
        if running:
            running[-1].multiply_adds += _multiply_adds(op.name, inputs, output)

    names = {id(module): name for name, module in model.named_modules()}
    with ExitStack() as hooks:
        for module in model.modules():
            hooks.enter_context(module.register_forward_pre_hook(before, prepend=True))
            hooks.enter_context(module.register_forward_hook(after))
        hooks.enter_context(observe(count))
        return model(x), calls


def is_leaf(module: nn.Module) -> bool:
    """Whether there are no modules inside it."""
    return next(module.children(), None) is None


def _multiply_adds(op: str, inputs: tuple[Any, ...], output: Any) -> int:
    if op == "matmul":  # (..., n, k) @ (..., k, m)
        return int(raw(output).size * raw(inputs[0]).shape[-1])
    if op not in ("conv_y", "conv_x"):
        return 0
    w = raw(inputs[1])  # (O, C/G, *kernel): every cell of y meets C/G * prod(kernel) cells of x
    y = raw(output if op == "conv_y" else inputs[0])
    return int(y.size * (w.size // len(w))) if len(w) else 0
