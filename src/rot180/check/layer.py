"""`check.layer`: runs a forward and a backward on many small problems, judges them, and explains what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import operations
from .adapter.adapt import adapt
from .judging.backward import judge_backward
from .judging.forward import judge_forward
from .judging.reference import CONVENTIONS
from .operations.settings import validate
from .rendering.explain import explain
from .report import LayerReport
from .running.run import run


def layer(
    forward: Callable[..., Any] | None = None, backward: Callable[..., Any] | None = None, op: str = "conv2d", *,
    convention: str = "correlation", layout: str = "channels_first", forward_arguments: Sequence[str] | None = None,
    backward_arguments: Sequence[str] | None = None, returns: Sequence[str] | None = None, seed: int = 0,
    **settings: Any,
) -> LayerReport:  # fmt: skip
    """Check a forward and a backward on small problems, and name the mistake if they are wrong.

    Args:
        forward: forward(x, w, b), returning y or (y, cache); it takes settings as keywords or in a dict such as
            conv_param. A loss is forward(x, t) with labels t. If there is no backward, forward may be a class, or a
            function that makes a layer; its constructor, methods, parameters and gradients are found by their names
            and by trial calls. If forward is None, backward(dy, x, w, b) is compared with the operation's gradients.
        backward: backward(dy, cache) or backward(dy, x, w, b), returning (dx, dw, db) or a dict of them. The backward
            of a loss can also be backward(x, t) or backward(cache), or None if the forward returns (loss, dx).
        op: conv1d to conv3d, conv_transpose1d to conv_transpose3d, linear, max_pool1d to max_pool3d, avg_pool1d to
            avg_pool3d, batch_norm (with the statistics of the batch), layer_norm, relu, leaky_relu, sigmoid, tanh,
            softmax, softmax_cross_entropy, mse_loss, half_squared_error (default: conv2d).
        convention: "correlation" (default), or "convolution" if the layer is meant to rotate the kernel.
        layout: the layout of the functions' arrays: "channels_first" (default), "channels_last", or "bare" (also "hw")
            for arrays that are single matrices.
        forward_arguments, backward_arguments: the meaning of each parameter, in order, if its name does not tell.
        returns: the arguments whose gradients the backward returns, in order (default: x, w, b).
        seed: the seed of the random numbers (default: 0).
        settings: stride, padding, dilation, groups, output_padding, kernel_size, eps, negative_slope, reduction,
            normalized_shape, if the operation has them and their values are fixed. They are passed to functions that
            have such a parameter. Other settings are varied, if they can be passed to the functions.

    Returns a LayerReport.

    Raises GradientError if the functions raise an error on every case, and TypeError (CallingError) if their signatures
    do not show how to call them.
    """
    definition = operations.find(op)
    if convention not in CONVENTIONS:
        raise ValueError(f"check.layer: convention must be 'correlation' or 'convolution'; got {convention!r}")
    with np.errstate(all="ignore"):  # the user's code may return NaN or infinity
        adapter = adapt(
            forward, backward, definition, validate(definition, settings), layout=layout, returns=returns,
            forward_arguments=forward_arguments, backward_arguments=backward_arguments,
        )  # fmt: skip
        runs = run(adapter, definition, convention, seed)
        judged_forward = judge_forward(runs)
        judged_backward = judge_backward(runs, judged_forward)
        return explain(judged_forward, judged_backward)
