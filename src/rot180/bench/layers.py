"""The work of a training step for one layer: a recorded forward, then the gradients of input, weight and bias."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import functional as F
from ..kernels import extension
from ..kernels.dispatch import current_engine, engine
from ..kernels.reference import conv
from ..tape import grad, tensor
from .shapes import Layer

Array = np.ndarray[Any, np.dtype[Any]]
ForwardBackward = tuple[Callable[[], Any], Callable[[Any], list[Array]]]  # backward takes the result of forward


def arrays(layer: Layer, dtype: Any = np.float32) -> list[Array]:
    """Input, weight, bias and upstream gradient, with the same values in every call and every dtype."""
    rng = np.random.default_rng(0)
    x = (layer.images, layer.channels, layer.size, layer.size)
    shapes = (x, layer.weight_shape, (layer.out,), layer.result_shape)
    return [rng.standard_normal(shape, np.float32).astype(dtype, copy=False) for shape in shapes]


def forward(layer: Layer, functional: Any) -> Callable[..., Any]:
    """The layer as a function of input, weight and bias.

    Args:
        functional: rot180.functional or torch.nn.functional.
    """
    if layer.transposed:
        transposed_settings = (layer.stride, layer.padding, 0, layer.groups, layer.dilation)
        return lambda x, w, b: functional.conv_transpose2d(x, w, b, *transposed_settings)
    settings = (layer.stride, layer.padding, layer.dilation, layer.groups)
    return lambda x, w, b: functional.conv2d(x, w, b, *settings)


def forward_backward(layer: Layer, dtype: Any = np.float32) -> ForwardBackward:
    """The functions (forward, backward) of a layer in rot180, which use the engine that is active during the call."""
    x, w, b, dy = (tensor(a) for a in arrays(layer, dtype))
    leaves = [leaf.requires_grad_() for leaf in (x, w, b)]
    run = forward(layer, F)

    def backward(y: Any) -> list[Array]:
        return [g.data for g in grad(y, leaves, dy)]

    return (lambda: run(*leaves)), backward


def algorithms(layer: Layer) -> tuple[str, str, str]:
    """The algorithms of the current engine for the forward, the input gradient and the weight gradient."""
    chosen_algorithm = (conv if current_engine().name == "numpy" else extension).chosen_algorithm
    order = ("x", "y", "w") if layer.transposed else ("y", "x", "w")
    sizes = layer.window, layer.images, layer.wide, layer.narrow, np.float32
    first, second, third = (chosen_algorithm(kernel, *sizes) for kernel in order)
    return first, second, third


def largest_error(results: Sequence[Array], exact: Sequence[Array]) -> float:
    """The largest absolute error divided by the standard deviation of the exact array, over all arrays."""
    return max(float(np.abs(a - b).max() / b.std()) for a, b in zip(results, exact, strict=True))


def exact_results(layer: Layer) -> list[Array]:
    """The result and the three gradients, computed in float64 on the numpy engine."""
    with engine("numpy"):
        run, backward = forward_backward(layer, np.float64)
        y = run()
        return [y.data, *backward(y)]
