"""The checked function of Tensors or Module, as a function from float64 arrays to float64 arrays.

`FirstOrder` is the function itself. `SecondOrder` maps the variables and the cotangents to the gradients of the
function. It computes its outputs with an ordinary backward pass, and its gradients with a backward pass through the
graph that `create_graph` records. A fault in either pass makes the two disagree.

Internal to check/. Numerical derivatives are in differences.py.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...errors import DtypeError, GradientError
from ...nn import Module
from ...random import generator_for, get_rng_state, set_rng_state
from ...tape import Tensor, enable_grad, grad
from .differences import Array


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Set rot180's random state from `seed`, so that dropout repeats, and restore it afterwards."""
    state = get_rng_state()
    set_rng_state(dict(generator_for(seed).bit_generator.state))
    try:
        yield
    finally:
        set_rng_state(state)


class FirstOrder:
    """fn as a function from the arrays of its variables to the arrays of its outputs.

    Attributes:
        names, values: the names and the float64 values of the variables: float inputs, then the parameters of a Module
            that require a gradient.
        op: the name of fn in reports.
    """

    def __init__(self, fn: Any, inputs: Sequence[Any], seed: int) -> None:
        self.op = getattr(fn, "__name__", type(fn).__name__)
        self._seed = seed
        self._fn: Any = copy.deepcopy(fn).double() if isinstance(fn, Module) else fn
        self._inputs = list(inputs)
        self._positions = [i for i, x in enumerate(inputs) if _is_variable(x, i)]
        labels = _labels(fn.forward if isinstance(fn, Module) else fn, len(inputs))
        self.names = [labels[i] for i in self._positions]
        self.values = [np.array(_raw(inputs[i]), np.float64) for i in self._positions]
        self._parameters: list[Tensor] = []
        if isinstance(fn, Module):
            for name, parameter in self._fn.named_parameters():
                if parameter.requires_grad:
                    self.names.append(name if name not in labels else f"parameter {name}")
                    self.values.append(np.array(parameter.data))
                    self._parameters.append(parameter)
        if not self.values:
            raise ValueError(
                f"gradients: {self.op} has nothing to check; pass at least one float array or Tensor (numbers and "
                "integers are not checked), or a Module with parameters"
            )

    def outputs(self, values: Sequence[Array]) -> list[Array]:
        """The values of all outputs."""
        return [y.data for y in self.run(values)[1]]

    def gradients(self, values: Sequence[Array], v: Sequence[Array]) -> list[Array | None]:
        """The gradients of sum <output, v>; None for a variable on which the outputs do not depend."""
        leaves, outputs = self.run(values)
        return [None if g is None else g.data for g in sweep(outputs, leaves, list(v))]

    def run(self, values: Sequence[Array]) -> tuple[list[Tensor], list[Tensor]]:
        """Call fn with new leaf Tensors that hold copies of `values`. Returns the leaves and the float outputs."""
        count = len(self._positions)
        leaves = [Tensor(value.copy(), requires_grad=True) for value in values[:count]]
        arguments = list(self._inputs)
        for position, leaf in zip(self._positions, leaves, strict=True):
            arguments[position] = leaf
        for parameter, value in zip(self._parameters, values[count:], strict=True):
            parameter.data = value.copy()
        leaves += self._parameters
        with seeded(self._seed), enable_grad(), np.errstate(all="ignore"):
            outputs = _floats(self.op, self._fn(*arguments))
        for name, leaf, value in zip(self.names, leaves, values, strict=True):
            if not np.array_equal(leaf.data, value, equal_nan=True):
                raise GradientError(f"gradients: {self.op} changes its argument {name} in place; work on a copy")
        return leaves, outputs


class SecondOrder:
    """The gradients of fn as a function of its variables and of the cotangents."""

    def __init__(self, first: FirstOrder, v: Sequence[Array]) -> None:
        self._first = first
        self._count = len(first.values)
        self.op = first.op
        cotangents = ["cotangent"] if len(v) == 1 else [f"cotangent {i}" for i in range(len(v))]
        self.names = [*first.names, *cotangents]
        self.values = [*first.values, *v]

    def outputs(self, values: Sequence[Array]) -> list[Array]:
        """The gradients of first order, by an ordinary backward pass."""
        found = self._first.gradients(values[: self._count], values[self._count :])
        return [np.zeros_like(x) if g is None else g for g, x in zip(found, values, strict=False)]

    def gradients(self, values: Sequence[Array], v: Sequence[Array]) -> list[Array | None]:
        """The gradients of sum <gradient of first order, v>, by differentiating the recorded backward pass."""
        leaves, outputs = self._first.run(values[: self._count])
        cotangents = [Tensor(value.copy(), requires_grad=True) for value in values[self._count :]]
        with enable_grad(), np.errstate(all="ignore"):
            firsts = sweep(outputs, leaves, cotangents, create_graph=True)
        pairs = [(g, w) for g, w in zip(firsts, v, strict=True) if g is not None]
        found = sweep([g for g, _ in pairs], [*leaves, *cotangents], [w for _, w in pairs])
        return [None if g is None else g.data for g in found]


def sweep(
    outputs: Sequence[Tensor], leaves: Sequence[Tensor], v: Sequence[Any], create_graph: bool = False
) -> Sequence[Tensor | None]:
    """Run the backward pass from the outputs that depend on a variable. The gradient of an unused leaf is None."""
    tops = [(y, w) for y, w in zip(outputs, v, strict=True) if y.requires_grad]
    if not tops:
        return [None] * len(leaves)
    with np.errstate(all="ignore"):
        return grad([y for y, _ in tops], list(leaves), [w for _, w in tops], None, create_graph, allow_unused=True)


def _raw(x: Any) -> Any:
    return x.data if isinstance(x, Tensor) else x


def _is_variable(x: Any, position: int) -> bool:
    """True for arguments that are differentiated: float arrays and Tensors. Other arguments are passed to fn
    unchanged.
    """
    if isinstance(x, list | tuple) and any(isinstance(item, list | float | Tensor | np.ndarray) for item in x):
        raise DtypeError(
            f"gradients: argument {position} is a {type(x).__name__}; pass arrays or Tensors as separate arguments, "
            "with a lambda that combines them"
        )
    a = _raw(x)
    if not isinstance(a, np.ndarray) or a.dtype.kind in "iub":
        return False
    if a.dtype not in (np.float32, np.float64):
        raise DtypeError(
            f"gradients: argument {position} is {a.dtype}; pass float32 or float64 (the check runs in float64)"
        )
    if not np.isfinite(a).all():
        raise GradientError(
            f"gradients: argument {position} contains NaN or infinity, where no derivative exists; pass finite numbers"
        )
    return True


def _labels(fn: Callable[..., Any], count: int) -> list[str]:
    """The names of the positional parameters of fn; "input 0" etc. for parameters without a name."""
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        names = [p.name for p in inspect.signature(fn).parameters.values() if p.kind in plain]
    except (TypeError, ValueError):
        names = []
    return [names[i] if i < len(names) else f"input {i}" for i in range(count)]


def _floats(op: str, result: Any) -> list[Tensor]:
    """The float outputs of a call. Raises GradientError if they cannot be checked."""
    outputs = list(result) if isinstance(result, list | tuple) else [result]
    for y in outputs:
        if not isinstance(y, Tensor):
            raise GradientError(
                f"gradients: {op} returned {type(y).__name__} for Tensors; it must return a Tensor or a tuple of "
                "Tensors, computed with rot180's ops"
            )
        if y.dtype == np.float32:
            raise GradientError(
                f"gradients: {op} returned float32 for float64 inputs; remove the cast to float32, or use float64 "
                "constants"
            )
    floats = [y for y in outputs if y.dtype == np.float64]
    if not floats:
        raise GradientError(f"gradients: {op} returned no float Tensor, so there is nothing to differentiate")
    return floats
