"""`layer`: somebody's forward and backward, tried on many small problems, judged and diagnosed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import operations
from .adapter.implementation import Implementation
from .judging.collector import CONVENTIONS
from .judging.judge import Judge
from .operations.settings import fixed
from .report import LayerReport
from .running.runner import Runner


def layer(
    forward: Callable[..., Any], backward: Callable[..., Any] | None = None, op: str = "conv2d", *,
    convention: str = "correlation", layout: str = "channels_first", forward_arguments: Sequence[str] | None = None,
    backward_arguments: Sequence[str] | None = None, returns: Sequence[str] | None = None, seed: int = 0,
    **settings: Any,
) -> LayerReport:  # fmt: skip
    """Try a forward and a backward on arrays, and report whether they are right and, if not, which mistake it is.

    Args:
        forward: forward(x, w, b) returning y or (y, cache); settings as keywords or in a dict such as conv_param.
            A loss is forward(x, t), with labels t.
        backward: backward(dy, cache) or backward(dy, x, w, b), returning (dx, dw, db), or a dict of them; of a loss
            also backward(x, t) or backward(cache), or None where the forward returns (loss, dx).
        op: conv1d to conv3d, conv_transpose1d to conv_transpose3d, linear, max_pool1d to max_pool3d, avg_pool1d to
            avg_pool3d, batch_norm (with the statistics of the batch), layer_norm, relu, leaky_relu, sigmoid, tanh,
            softmax, softmax_cross_entropy, mse_loss, half_squared_error.
        convention: "correlation", or "convolution" where the kernel is meant to be rotated by the layer.
        layout: "channels_first", "channels_last" or "bare" (one matrix each, "hw"); how the functions take arrays.
        forward_arguments, backward_arguments: the meanings of their parameters in order, where names do not say them.
        returns: which gradients the backward returns, in order, where it is not all of x, w, b.
        seed: of the numbers.
        settings: stride, padding, dilation, groups, output_padding, kernel_size, eps, negative_slope, reduction,
            normalized_shape, as the operation has them and where they are fixed; they are passed on to functions that
            have such a parameter. Settings that are not given are varied, if the functions can be told them.

    Raises GradientError where the functions refuse every case, TypeError (CallingError) where it cannot be seen how to
    call them.
    """
    definition = operations.find(op)
    if convention not in CONVENTIONS:
        raise ValueError(f"check.layer: convention must be 'correlation' or 'convolution'; got {convention!r}")
    told = fixed(definition, settings)
    gradients = definition.gradients_of
    if returns is not None and (len(set(returns)) < len(returns) or not set(returns) <= set(gradients)):
        raise ValueError(
            f"check.layer: returns names {', '.join(map(repr, returns))}; {op} has gradients of "
            f"{', '.join(gradients)}, each at most once"
        )
    implementation = Implementation(
        forward, backward, definition, layout, forward_arguments, backward_arguments, returns
    )
    written = implementation.settings_adapter.written(told)
    runner = Runner(implementation, definition, convention, {**written, **told}, seed)
    runner.remarks += implementation.settings_adapter.remarks(told)
    with np.errstate(all="ignore"):  # where the code gives what is not finite
        return Judge(runner).report()
