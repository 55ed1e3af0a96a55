"""Gradients kept within bounds, between backward and the optimiser's step; `nn.utils`, as PyTorch calls it, is this.

    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()

The norm is that of all gradients as one vector. Source: Pascanu, Mikolov and Bengio, "On the difficulty of training
recurrent neural networks" (2013), algorithm 1.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from types import GeneratorType
from typing import Any

import numpy as np

from ..errors import GradientError
from ..tape import Tensor
from ..tape.operands import real
from ..tape.record import Array

Tensors = Tensor | Iterable[Tensor]


def clip_grad_norm_(
    parameters: Tensors, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Scale all gradients by one factor so that their norm is at most max_norm, in place.

    Args:
        parameters: one Tensor or several; those without a gradient are passed over.
        max_norm: the norm that is allowed, at least 0.
        norm_type: the p of the p-norm; inf is the largest absolute value.
        error_if_nonfinite: raise GradientError where the norm is infinite or NaN, instead of scaling by it.

    Returns the norm before, a 0-d Tensor. Raises TypeError for anything but Tensors, ValueError for a negative
    max_norm. A gradient that was itself recorded (create_graph) is replaced, since the graph still needs its array.
    """
    name = "clip_grad_norm_"
    some = _several(name, parameters)
    total = _total_norm(name, _gradients(some), norm_type, error_if_nonfinite)
    _scale(name, some, max_norm, total)
    return total


def clip_grad_value_(parameters: Tensors, clip_value: float) -> None:
    """Clip every cell of the gradients to [-clip_value, clip_value], in place.

    Raises TypeError for anything but Tensors, ValueError for a negative clip_value.
    """
    bound = _bound("clip_grad_value_", "clip_value", clip_value)
    _rewrite(_several("clip_grad_value_", parameters), lambda g, out: np.clip(g, -bound, bound, out=out))


def get_total_norm(tensors: Tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False) -> Tensor:
    """The norm of all cells of some Tensors (not of their gradients) as one vector, a 0-d Tensor; 0 of none.

    Args and errors as for `clip_grad_norm_`.
    """
    some = _several("get_total_norm", tensors)
    return _total_norm("get_total_norm", [t.data for t in some], norm_type, error_if_nonfinite)


def clip_grads_with_norm_(parameters: Tensors, max_norm: float, total_norm: Tensor) -> None:
    """Scale all gradients by max_norm / total_norm if that is below 1, in place; see `clip_grad_norm_`.

    Raises TypeError for anything but Tensors, ValueError for a negative max_norm.
    """
    _scale("clip_grads_with_norm_", _several("clip_grads_with_norm_", parameters), max_norm, total_norm)


def _several(name: str, given: Any) -> list[Tensor]:
    if isinstance(given, Tensor):
        return [given]
    if not isinstance(given, Iterable):
        hint = "; give its parameters()" if hasattr(given, "parameters") else ""
        raise TypeError(f"{name}: takes a Tensor or several; got {type(given).__name__}{hint}")
    some = list(given)
    for i, t in enumerate(some):
        if not isinstance(t, Tensor):
            raise TypeError(f"{name}: entry {i} is a {type(t).__name__}; a Tensor is needed")
    if not some and isinstance(given, GeneratorType):
        warnings.warn(f"{name}: got an empty generator, perhaps one that was used up before", UserWarning, stacklevel=3)
    return some


def _bound(name: str, argument: str, value: Any) -> float:
    bound = real(name, argument, value)
    if not bound >= 0:
        raise ValueError(f"{name}: {argument} must be at least 0; got {value!r}")
    return bound


def _gradients(parameters: list[Tensor]) -> list[Array]:
    return [p.grad.data for p in parameters if p.grad is not None]


def _total_norm(name: str, arrays: list[Array], norm_type: float, error_if_nonfinite: bool) -> Tensor:
    order = math.inf if str(norm_type) == "inf" else real(name, "norm_type", norm_type)
    if math.isnan(order):
        raise ValueError(f"{name}: norm_type must be a number or inf; got {norm_type!r}")
    norms = [np.asarray(_norm(a, order)) for a in arrays if a.size]
    if not norms:
        return Tensor(np.zeros((), arrays[0].dtype if arrays else np.float32))
    total = np.asarray(_norm(np.stack(norms), order))  # float64 if any of them is
    if error_if_nonfinite and not np.isfinite(total):
        raise GradientError(
            f"{name}: the norm of order {order} is {total}; error_if_nonfinite=False clips by it anyway"
        )
    return Tensor(total)


def _norm(a: Array, order: float) -> Any:
    """The p-norm of all cells, in the array's dtype."""
    flat = a.ravel(order="K")
    if order != 2:
        with np.errstate(divide="ignore"):  # a negative order of a 0
            return np.linalg.norm(flat, order)
    with np.errstate(over="ignore", under="ignore"):
        square = np.dot(flat, flat)
    if np.finfo(a.dtype).smallest_normal < square < np.inf:
        return np.sqrt(square)
    most = np.abs(flat).max()  # the square left the range of the dtype: the norm itself may lie in it
    if most == 0 or not np.isfinite(most):
        return most
    flat = flat / most
    return most * np.sqrt(np.dot(flat, flat))


def _scale(name: str, parameters: list[Tensor], max_norm: float, total: Any) -> None:
    norm = total.data if isinstance(total, Tensor) else np.float64(total)
    share = _bound(name, "max_norm", max_norm) / (norm + 1e-6)
    if not share >= 1:  # NaN goes on into the gradients, as in PyTorch
        _rewrite(parameters, lambda g, out: np.multiply(g, share.astype(g.dtype), out=out))


def _rewrite(parameters: list[Tensor], rule: Callable[[Array, Array | None], Array]) -> None:
    """Apply a rule to all gradients, in place unless the gradient is part of a graph."""
    for p in parameters:
        g = p.grad
        if g is None:
            continue
        if g.requires_grad:
            p.grad = Tensor(rule(g.data, None))
        else:
            rule(g.data, g.data)
