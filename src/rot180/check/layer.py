"""`check.layer`: runs a forward and a backward on many small problems, judges and diagnoses them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import operations
from .adapter.classes.pair import is_class, pair_of
from .adapter.implementation import Implementation
from .judging.collector import CONVENTIONS
from .judging.judge import Judge
from .operations.settings import validate
from .report import LayerReport
from .running.runner import Runner


def layer(
    forward: Callable[..., Any], backward: Callable[..., Any] | None = None, op: str = "conv2d", *,
    convention: str = "correlation", layout: str = "channels_first", forward_arguments: Sequence[str] | None = None,
    backward_arguments: Sequence[str] | None = None, returns: Sequence[str] | None = None, seed: int = 0,
    **settings: Any,
) -> LayerReport:  # fmt: skip
    """Check a forward and a backward on small problems: report if they are right and, if not, which mistake it is.

    Args:
        forward: forward(x, w, b), returning y or (y, cache); settings as keywords or in a dict such as conv_param. A
            loss is forward(x, t) with labels t. Or a class, or a function that makes a layer, without a backward:
            its constructor, methods, parameters and gradients are found by their names and by trying it.
        backward: backward(dy, cache) or backward(dy, x, w, b), returning (dx, dw, db) or a dict of them. The backward
            of a loss can also be backward(x, t) or backward(cache), or None if the forward returns (loss, dx).
        op: conv1d to conv3d, conv_transpose1d to conv_transpose3d, linear, max_pool1d to max_pool3d, avg_pool1d to
            avg_pool3d, batch_norm (with the statistics of the batch), layer_norm, relu, leaky_relu, sigmoid, tanh,
            softmax, softmax_cross_entropy, mse_loss, half_squared_error (default: conv2d).
        convention: "correlation" (default), or "convolution" if the layer is meant to rotate the kernel.
        layout: of the arrays of the functions: "channels_first" (default), "channels_last", or "bare" (also "hw"): one
            matrix each.
        forward_arguments, backward_arguments: the meanings of the parameters in order, if their names do not say them.
        returns: the arguments whose gradients the backward returns, in order (default: x, w, b).
        seed: of the random numbers (default: 0).
        settings: stride, padding, dilation, groups, output_padding, kernel_size, eps, negative_slope, reduction,
            normalized_shape, if the operation has them and their values are fixed. They are passed to functions that
            have such a parameter. Other settings are varied, if they can be passed to the functions.

    Returns a LayerReport.

    Raises GradientError if the functions refuse every case, TypeError (CallingError) if their signatures do not say how
    to call them.
    """
    definition = operations.find(op)
    if convention not in CONVENTIONS:
        raise ValueError(f"check.layer: convention must be 'correlation' or 'convolution'; got {convention!r}")
    given = validate(definition, settings)
    gradients = definition.gradients_of
    if returns is not None and (len(set(returns)) < len(returns) or not set(returns) <= set(gradients)):
        raise ValueError(
            f"check.layer: returns is {', '.join(map(repr, returns))}; {op} has gradients of {', '.join(gradients)}, "
            "each at most once"
        )
    pair = pair_of(forward, definition, given) if is_class(forward, backward, definition) else None
    if pair is not None:
        forward, backward, returns = pair.forward, pair.backward, returns or pair.returns
    implementation = Implementation(
        forward, backward, definition, layout, forward_arguments, backward_arguments, returns
    )
    if pair is not None:
        implementation.one_sample, implementation.one_channel = pair.one_sample, pair.one_channel
    code_settings = implementation.settings_adapter.code_settings(given)
    runner = Runner(implementation, definition, convention, {**code_settings, **given}, seed)
    runner.remarks += list(pair.remarks) if pair is not None else []
    runner.remarks += implementation.settings_adapter.remarks(given)
    with np.errstate(all="ignore"):  # the user's code may return NaN or infinity
        return Judge(runner).report()
