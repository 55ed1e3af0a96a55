"""A summary of a network's layers for one input: output shape, parameters, multiply-adds.

The network runs once. Hooks record which module is running, and an observer records which products are computed, so
custom modules are counted like the modules of the library. A multiply-add is one product and its addition.
Convolutions, linear layers and matrix products are counted, including products with the zeros of the padding; other
operations are not.

Running times are not part of the summary.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import nn
from ..functional.conv import PLAIN, TRANSPOSED
from ..tape import Tensor, no_grad, observe
from ..tape.operands import raw
from .evaluation import evaluation_mode

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Row:
    """One call of one module.

    Attributes:
        name: the module's dotted name, "" for the network itself.  kind: its class.  settings: as in its repr.
        output_shape: without the batch axis, or None if the module was not called or did not return a Tensor.
        parameters: the number of its own parameter values; shared parameters are counted at their first occurrence.
        multiply_adds: for one input, without those of its submodules.
    """

    name: str
    kind: str
    settings: str
    output_shape: tuple[int, ...] | None
    parameters: int
    multiply_adds: int


@dataclass
class Call:
    """One call of one module during `trace`."""

    name: str
    module: nn.Module
    output: Any = None  # the module's return value
    multiply_adds: int = 0


def summary(model: nn.Module, input_shape: Sequence[int]) -> list[Row]:
    """Return one row per module call, in the order of the calls, followed by the modules that were not called.

    Args:
        model: runs once on zeros, in evaluation mode and without recording; its modes are restored afterwards.
        input_shape: the shape of one input, without the batch axis.

    A module that only calls its submodules has no row, unless it has parameters or computes products itself. Errors
    that the model raises for this shape are not caught.
    """
    floats = (p.data.dtype for p in model.parameters())
    with evaluation_mode(model), no_grad():
        _, calls = trace(model, np.zeros((1, *input_shape), next(floats, np.dtype(np.float32))))
    called_ids = {id(call.module) for call in calls}
    calls += [Call(name, module) for name, module in model.named_modules() if id(module) not in called_ids]
    counted: set[int] = set()
    rows = []
    for call in calls:
        own_parameters = [p for p in call.module.parameters(recurse=False) if id(p) not in counted]
        counted.update(map(id, own_parameters))
        if own_parameters or call.multiply_adds or is_leaf(call.module):
            shape = call.output.shape[1:] if isinstance(call.output, Tensor) else None
            settings = " ".join(call.module.extra_repr().split())
            parameters = sum(p.data.size for p in own_parameters)
            rows.append(Row(call.name, type(call.module).__name__, settings, shape, parameters, call.multiply_adds))
    return rows


def trace(model: nn.Module, x: Any) -> tuple[Any, list[Call]]:
    """Run the model on `x`; return its output and all module calls in the order in which they started."""
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
    """True if the module has no submodules."""
    return next(module.children(), None) is None


def _multiply_adds(op: str, inputs: tuple[Any, ...], output: Any) -> int:
    if op == "matmul":  # (..., n, k) @ (..., k, m)
        return int(raw(output).size * raw(inputs[0]).shape[-1])
    if op not in PLAIN and op not in TRANSPOSED:
        return 0
    w = raw(inputs[1])  # (O, C/G, *kernel): each cell of y is a sum over C/G * prod(kernel) cells of x
    y = raw(output if op in PLAIN else inputs[0])
    return int(y.size * (w.size // len(w))) if len(w) else 0
