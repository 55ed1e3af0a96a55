"""`backward` and `grad`: check the arguments, run the sweep, return or accumulate the gradients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np

from ..errors import DtypeError, GradientError, ShapeError
from .primitives import wrap
from .record import Node, Variable
from .sweep import own_gradient, sweep
from .types import Constant

if TYPE_CHECKING:
    from .tensor import Tensor

    Tensors: TypeAlias = Tensor | Sequence[Tensor]
    Cotangents: TypeAlias = Constant | Sequence[Constant | None] | None

_ONE = {np.dtype(kind): np.ones((), kind) for kind in (np.float32, np.float64)}  # np.ones_like takes a microsecond
for _one in _ONE.values():
    _one.flags.writeable = False


def zero_grad(leaves: Iterable[Variable], set_to_none: bool = True) -> None:
    """Delete the gradients of leaves, or set them to zeros."""
    for leaf in leaves:
        node = leaf.node
        if node is not None and node.grad is not None:
            node.grad = None if set_to_none else wrap(np.zeros_like(leaf.data))


def backward(
    output: Variable, gradient: Constant | None = None, *, retain_graph: bool | None = None, create_graph: bool = False
) -> None:
    """Accumulate the gradients of `output`, weighted by `gradient`, in the .grad of the leaves it depends on.

    The arguments are those of `Tensor.backward`.
    """
    if output.node is None:
        raise GradientError("backward: this tensor does not depend on anything that requires a gradient")
    g = _cotangent("backward", output, gradient, create_graph)
    sweep({output.node: g}, create_graph=create_graph, retain=create_graph if retain_graph is None else retain_graph)


@overload
def grad(
    outputs: Tensors, inputs: Tensors, grad_outputs: Cotangents = None, retain_graph: bool | None = None,
    create_graph: bool = False, allow_unused: Literal[False] = False,
) -> tuple[Tensor, ...]: ...  # fmt: skip


@overload
def grad(
    outputs: Tensors, inputs: Tensors, grad_outputs: Cotangents = None, retain_graph: bool | None = None,
    create_graph: bool = False, *, allow_unused: bool,
) -> tuple[Tensor | None, ...]: ...  # fmt: skip


def grad(
    outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Any, ...]:  # fmt: skip
    """Compute the gradients of `outputs` with respect to `inputs`, without changing .grad.

    Args:
        outputs, inputs: a Tensor or a sequence of Tensors. The gradients of several outputs are added.
        grad_outputs: the cotangents, one for each output. The default, None, means 1 and requires an output of one
            element.
        retain_graph: keep the graph for another sweep (default: the value of create_graph).
        create_graph: record the sweep, so that the gradients can be differentiated again.
        allow_unused: return None for an input that the outputs do not depend on (default: raise GradientError).

    Returns a tuple with one Tensor per input.

    Raises GradientError if an input does not require a gradient, if an output does not depend on a leaf that requires
    one, if an output of several elements has no cotangent, or if the graph was freed. Raises ShapeError or DtypeError
    if a cotangent does not fit its output.
    """
    output_list = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    input_list = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    cotangents = list(grad_outputs) if isinstance(grad_outputs, list | tuple) else [grad_outputs] * len(output_list)
    if len(cotangents) != len(output_list):
        raise ShapeError(f"grad: {len(output_list)} outputs but {len(cotangents)} grad_outputs; pass one for each")
    for i, x in enumerate(input_list):
        if not isinstance(x, Variable) or x.node is None:
            raise GradientError(f"grad: input {i} does not require a gradient; call requires_grad_() on it first")
    roots: dict[Node, Any] = {}
    for i, (output, cotangent) in enumerate(zip(output_list, cotangents, strict=True)):
        if not isinstance(output, Variable) or output.node is None:
            raise GradientError(f"grad: output {i} does not depend on anything that requires a gradient")
        g = _cotangent("grad", output, cotangent, create_graph)
        roots[output.node] = g if output.node not in roots else roots[output.node] + g
    gradients: dict[Node, Any] = {x.node: None for x in input_list}
    retain = create_graph if retain_graph is None else retain_graph
    sweep(roots, create_graph=create_graph, retain=retain, targets=gradients)
    first = {x.node: i for i, x in reversed(list(enumerate(input_list)))}  # a repeated input gets a copy
    return tuple(
        _as_result(gradients[x.node] if first[x.node] == i else own_gradient(gradients[x.node]), i, allow_unused)
        for i, x in enumerate(input_list)
    )


def _as_result(g: Any, position: int, allow_unused: bool) -> Any:
    """The gradient of the input at this position as a Tensor, or None for an unused input."""
    if g is None:
        if allow_unused:
            return None
        raise GradientError(f"grad: the outputs do not depend on input {position}; pass allow_unused=True to get None")
    return g if isinstance(g, Variable) else wrap(np.ascontiguousarray(g) if np.ndim(g) else np.asarray(g))


def _cotangent(op: str, output: Variable, gradient: Any, create_graph: bool) -> Any:
    """`gradient` with the shape and dtype of `output`; ones if it is None and `output` has one element."""
    if gradient is None:
        if output.data.size != 1:
            raise GradientError(
                f"{op}: the output has shape {output.data.shape}; pass a gradient of this shape, or reduce the output "
                "to one element first"
            )
        g: Any = _ONE[output.data.dtype] if not output.data.ndim else np.ones_like(output.data)
    else:
        array = gradient.data if isinstance(gradient, Variable) else np.asarray(gradient)
        if array.shape != output.data.shape:
            raise ShapeError(
                f"{op}: gradient has shape {array.shape} but the output has {output.data.shape}; they must be equal"
            )
        if array.dtype != output.data.dtype and isinstance(gradient, Variable):
            raise DtypeError(
                f"{op}: gradient is {array.dtype} but the output is {output.data.dtype}; convert one with .astype"
            )
        g = gradient if create_graph and isinstance(gradient, Variable) else array.astype(output.data.dtype, copy=False)
    return wrap(g) if create_graph and not isinstance(g, Variable) else g
