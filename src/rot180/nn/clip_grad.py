"""Gradient clipping, by norm or by value, between `backward` and the optimiser's step.

    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()

The norm is that of all gradients concatenated into one vector.

Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks" (2013), algorithm 1.
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
    """Scale all gradients in place by one factor so that their norm is at most max_norm.

    Args:
        parameters: one Tensor or several; those without a gradient are skipped.
        max_norm: the largest norm allowed, at least 0.
        norm_type: the p of the p-norm; inf is the largest absolute value.
        error_if_nonfinite: raise GradientError if the norm is infinite or NaN, instead of scaling by it.

    Returns the norm before clipping, a 0-d Tensor. Raises TypeError for anything but Tensors, ValueError for a negative
    max_norm. A gradient that is part of a graph (create_graph=True) is replaced by a new Tensor, because the graph
    still needs its array.
    """
    name = "clip_grad_norm_"
    tensors = _as_list(name, parameters)
    norm = _total_norm(name, [p.grad.data for p in tensors if p.grad is not None], norm_type, error_if_nonfinite)
    _scale_gradients(name, tensors, max_norm, norm)
    return norm


def clip_grad_value_(parameters: Tensors, clip_value: float) -> None:
    """Clip every cell of the gradients in place to [-clip_value, clip_value].

    Raises TypeError for anything but Tensors, ValueError for a negative clip_value.
    """
    bound = _nonnegative("clip_grad_value_", "clip_value", clip_value)
    _update_gradients(_as_list("clip_grad_value_", parameters), lambda g, out: np.clip(g, -bound, bound, out=out))


def get_total_norm(tensors: Tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False) -> Tensor:
    """The norm of the Tensors themselves (not of their gradients), concatenated into one vector.

    Args and errors are those of `clip_grad_norm_`. Returns a 0-d Tensor; 0 if there are no Tensors.
    """
    arrays = [t.data for t in _as_list("get_total_norm", tensors)]
    return _total_norm("get_total_norm", arrays, norm_type, error_if_nonfinite)


def clip_grads_with_norm_(parameters: Tensors, max_norm: float, total_norm: Tensor) -> None:
    """Scale all gradients in place by max_norm / total_norm if this factor is below 1; see `clip_grad_norm_`.

    Raises TypeError for anything but Tensors, ValueError for a negative max_norm.
    """
    _scale_gradients("clip_grads_with_norm_", _as_list("clip_grads_with_norm_", parameters), max_norm, total_norm)


def _as_list(name: str, tensors: Any) -> list[Tensor]:
    if isinstance(tensors, Tensor):
        return [tensors]
    if not isinstance(tensors, Iterable):
        hint = "; pass its parameters()" if hasattr(tensors, "parameters") else ""
        raise TypeError(f"{name}: takes a Tensor or an iterable of Tensors; got {type(tensors).__name__}{hint}")
    result = list(tensors)
    for i, t in enumerate(result):
        if not isinstance(t, Tensor):
            raise TypeError(f"{name}: entry {i} is a {type(t).__name__}; a Tensor is needed")
    if not result and isinstance(tensors, GeneratorType):
        warnings.warn(f"{name}: got an empty generator; it may have been used up before", UserWarning, stacklevel=3)
    return result


def _nonnegative(name: str, argument: str, value: Any) -> float:
    number = real(name, argument, value)
    if not number >= 0:
        raise ValueError(f"{name}: {argument} must be at least 0; got {value!r}")
    return number


def _total_norm(name: str, arrays: list[Array], norm_type: float, error_if_nonfinite: bool) -> Tensor:
    order = math.inf if str(norm_type) == "inf" else real(name, "norm_type", norm_type)
    if math.isnan(order):
        raise ValueError(f"{name}: norm_type must be a number or inf; got {norm_type!r}")
    norms = [np.asarray(_norm(a, order)) for a in arrays if a.size]
    if not norms:
        return Tensor(np.zeros((), arrays[0].dtype if arrays else np.float32))
    total = np.asarray(_norm(np.stack(norms), order))  # float64 if any of the norms is
    if error_if_nonfinite and not np.isfinite(total):
        raise GradientError(
            f"{name}: the norm of order {order} is {total}; pass error_if_nonfinite=False to clip by this norm anyway"
        )
    return Tensor(total)


def _norm(a: Array, order: float) -> Any:
    """The p-norm of all cells, in the array's dtype."""
    flat = a.ravel(order="K")
    if order != 2:
        with np.errstate(divide="ignore"):  # 0 to a negative power
            return np.linalg.norm(flat, order)
    with np.errstate(over="ignore", under="ignore"):
        square = np.dot(flat, flat)
    if np.finfo(a.dtype).smallest_normal < square < np.inf:
        return np.sqrt(square)
    # The square overflowed or underflowed, but the norm itself may be representable: factor out the largest value.
    largest = np.abs(flat).max()
    if largest == 0 or not np.isfinite(largest):
        return largest
    flat = flat / largest
    return largest * np.sqrt(np.dot(flat, flat))


def _scale_gradients(name: str, parameters: list[Tensor], max_norm: float, total_norm: Any) -> None:
    norm = total_norm.data if isinstance(total_norm, Tensor) else np.float64(total_norm)
    factor = _nonnegative(name, "max_norm", max_norm) / (norm + 1e-6)
    if not factor >= 1:  # a NaN propagates into the gradients, as in PyTorch
        _update_gradients(parameters, lambda g, out: np.multiply(g, factor.astype(g.dtype), out=out))


def _update_gradients(parameters: list[Tensor], rule: Callable[[Array, Array | None], Array]) -> None:
    """Apply a rule to all gradients, in place unless the gradient is part of a graph."""
    for p in parameters:
        g = p.grad
        if g is None:
            continue
        if g.requires_grad:
            p.grad = Tensor(rule(g.data, None))
        else:
            rule(g.data, g.data)
